// Command chi is the chi router on net/http. Its handlers are those of the server
// nethttp, since a chi handler is a plain http.HandlerFunc.
package main

import (
	"net/http"
	"os"

	"github.com/go-chi/chi/v5"

	"github.com/joust-bench/joust/servers/fixture"
	"github.com/joust-bench/joust/servers/fixture/stdhttp"
)

func main() {
	os.Exit(fixture.Main(stdhttp.App(routes())))
}

func routes() http.Handler {
	answers := stdhttp.New()
	router := chi.NewRouter()
	router.Get("/", answers.Hello)
	router.Get("/json", answers.JSON)
	router.Post("/echo", answers.Echo)
	router.Get("/large", answers.Large)
	router.Head("/large", answers.Large)
	router.Post("/upload", answers.Upload)
	return router
}
