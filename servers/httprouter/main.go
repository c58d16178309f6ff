// Command httprouter is the router julienschmidt/httprouter on net/http.
package main

import (
	"net/http"
	"os"

	"github.com/julienschmidt/httprouter"

	"github.com/joust-bench/joust/servers/fixture"
	"github.com/joust-bench/joust/servers/fixture/stdhttp"
)

func main() { os.Exit(fixture.Main(prepare)) }

func prepare(options fixture.Options) (fixture.App, error) {
	routes, err := stdhttp.Routes(options)
	if err != nil {
		return fixture.App{}, err
	}
	router := httprouter.New()
	for _, route := range routes {
		router.Handle(route.Method, route.Colon(), func(w http.ResponseWriter, r *http.Request, params httprouter.Params) {
			route.Serve(w, r, params)
		})
	}
	return stdhttp.App(router, options), nil
}
