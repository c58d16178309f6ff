// Command bunrouter is the router uptrace/bunrouter on net/http.
package main

import (
	"net/http"
	"os"

	"github.com/uptrace/bunrouter"

	"github.com/joust-bench/joust/servers/fixture"
	"github.com/joust-bench/joust/servers/fixture/stdhttp"
)

func main() { os.Exit(fixture.Main(prepare)) }

func prepare(options fixture.Options) (fixture.App, error) {
	routes, err := stdhttp.Routes(options)
	if err != nil {
		return fixture.App{}, err
	}
	router := bunrouter.New()
	for _, route := range routes {
		router.Handle(route.Method, route.Colon(), func(w http.ResponseWriter, r bunrouter.Request) error {
			route.Serve(w, r.Request, r.Params())
			return nil
		})
	}
	return stdhttp.App(router, options), nil
}
