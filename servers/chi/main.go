// Command chi is the chi router on net/http. A chi handler is a plain
// http.HandlerFunc, so it shares them with the server nethttp: what differs is
// the routing.
package main

import (
	"net/http"
	"os"

	"github.com/go-chi/chi/v5"

	"github.com/joust-bench/joust/servers/fixture"
	"github.com/joust-bench/joust/servers/fixture/stdhttp"
)

func main() {
	os.Exit(fixture.Main(stdhttp.Server(routes())))
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
