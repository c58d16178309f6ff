// Command nethttp is Go's standard library alone: net/http with its own
// router.
package main

import (
	"net/http"
	"os"

	"github.com/joust-bench/joust/servers/fixture"
	"github.com/joust-bench/joust/servers/fixture/stdhttp"
)

func main() { os.Exit(fixture.Main(prepare)) }

func prepare(options fixture.Options) (fixture.App, error) {
	routes, err := stdhttp.Routes(options)
	if err != nil {
		return fixture.App{}, err
	}
	mux := http.NewServeMux()
	for _, route := range routes {
		path := route.Path
		if path == "/" {
			path = "/{$}" // the path / alone would stand for all paths below it
		}
		mux.HandleFunc(route.Method+" "+path, route.Handle)
	}
	return stdhttp.App(mux, options), nil
}
