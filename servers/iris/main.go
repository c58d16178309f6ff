// Command iris is the iris framework on net/http, with its own compression.
package main

import (
	"os"

	"github.com/kataras/iris/v12"

	"github.com/joust-bench/joust/servers/fixture"
	"github.com/joust-bench/joust/servers/fixture/stdhttp"
)

func main() { os.Exit(fixture.Main(prepare)) }

func prepare(options fixture.Options) (fixture.App, error) {
	routes, err := stdhttp.PlainRoutes(options)
	if err != nil {
		return fixture.App{}, err
	}
	app := iris.New()
	app.Logger().SetLevel("disable")
	for _, route := range routes {
		answer := func(ctx iris.Context) { route.Answer(newExchange(ctx)) }
		switch {
		case route.Static:
			app.Handle(route.Method, route.Path, func(ctx iris.Context) {
				route.Serve(ctx.ResponseWriter(), ctx.Request(), params{ctx})
			})
		case route.Compressed:
			app.Handle(route.Method, route.Path, iris.Compression, answer)
		default:
			app.Handle(route.Method, route.Path, answer)
		}
	}
	if err := app.Build(); err != nil {
		return fixture.App{}, err
	}
	return stdhttp.App(app, options), nil
}

// params are the parameters that iris's router has found.
type params struct{ iris.Context }

func (p params) ByName(name string) string { return p.Params().Get(name) }

// exchange is one request and its answer in iris. iris has the writer of net/http, so
// the answers are those of stdhttp: iris's own methods leave the length out, and its
// encoder adds a newline to every object.
type exchange struct {
	stdhttp.Exchange
	ctx iris.Context
}

func newExchange(ctx iris.Context) exchange {
	return exchange{stdhttp.Exchange{ResponseWriter: ctx.ResponseWriter(), Request: ctx.Request()}, ctx}
}

func (e exchange) Param(name string) string         { return e.ctx.Params().Get(name) }
func (e exchange) Query(name string) string         { return e.ctx.URLParam(name) }
func (e exchange) QueryPairs() int                  { return len(e.ctx.URLParams()) }
func (e exchange) FormPairs() (int, error)          { return stdhttp.Pairs(e.ctx.FormValues()), nil }
func (e exchange) RequestHeader(name string) string { return e.ctx.GetHeader(name) }

func (e exchange) Cookies() int {
	cookies := 0
	e.ctx.VisitAllCookies(func(string, string) { cookies++ })
	return cookies
}
