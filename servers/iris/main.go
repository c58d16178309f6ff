// Command iris is the iris framework on net/http, with its own compression.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/kataras/iris/v12"
	"github.com/kataras/iris/v12/context"

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
// the answers are those of stdhttp: iris's own methods leave the length out, so that
// net/http would send a long body in chunks.
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

// JSON encodes with encoding/json, as iris does, but without the newline that iris adds
// to every object.
func (e exchange) JSON(value any) error {
	if _, compressing := e.ResponseWriter.(*context.CompressResponseWriter); !compressing {
		return e.Exchange.JSON(value)
	}
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encoding the answer: %w", err)
	}
	e.ctx.ContentType(fixture.TypeJSON)
	_, _ = e.ctx.Write(body) // a client that went away needs no answer
	return nil
}

func (e exchange) Cookies() int {
	cookies := 0
	e.ctx.VisitAllCookies(func(string, string) { cookies++ })
	return cookies
}
