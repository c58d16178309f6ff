// Command nethttp is Go's standard library alone: net/http with its own
// router.
package main

import (
	"net/http"
	"os"

	"github.com/joust-bench/joust/servers/fixture"
	"github.com/joust-bench/joust/servers/fixture/stdhttp"
)

func main() {
	os.Exit(fixture.Main(stdhttp.App(routes())))
}

func routes() http.Handler {
	answers := stdhttp.New()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", answers.Hello)
	mux.HandleFunc("GET /json", answers.JSON)
	mux.HandleFunc("POST /echo", answers.Echo)
	mux.HandleFunc("GET /large", answers.Large) // GET covers HEAD
	mux.HandleFunc("POST /upload", answers.Upload)
	return mux
}
