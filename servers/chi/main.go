// Command chi is the chi router on net/http, with its own handler for compression.
package main

import (
	"compress/gzip"
	"os"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/joust-bench/joust/servers/fixture"
	"github.com/joust-bench/joust/servers/fixture/stdhttp"
)

func main() { os.Exit(fixture.Main(prepare)) }

func prepare(options fixture.Options) (fixture.App, error) {
	routes, err := stdhttp.PlainRoutes(options)
	if err != nil {
		return fixture.App{}, err
	}
	router := chi.NewRouter()
	compressing := router.With(middleware.Compress(gzip.DefaultCompression, fixture.TypeJSON))
	for _, route := range routes {
		if route.Compressed {
			compressing.MethodFunc(route.Method, route.Path, route.Handle)
		} else {
			router.MethodFunc(route.Method, route.Path, route.Handle)
		}
	}
	return stdhttp.App(router, options), nil
}
