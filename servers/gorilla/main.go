// Command gorilla is the router gorilla/mux on net/http.
package main

import (
	"net/http"
	"os"

	"github.com/gorilla/mux"

	"github.com/joust-bench/joust/servers/fixture"
	"github.com/joust-bench/joust/servers/fixture/stdhttp"
)

func main() { os.Exit(fixture.Main(prepare)) }

func prepare(options fixture.Options) (fixture.App, error) {
	routes, err := stdhttp.Routes(options)
	if err != nil {
		return fixture.App{}, err
	}
	router := mux.NewRouter()
	for _, route := range routes {
		router.HandleFunc(route.Path, func(w http.ResponseWriter, r *http.Request) {
			route.Serve(w, r, vars(mux.Vars(r)))
		}).Methods(route.Method)
	}
	return stdhttp.App(router, options), nil
}

// vars are the parameters that the router has found.
type vars map[string]string

func (v vars) ByName(name string) string { return v[name] }
