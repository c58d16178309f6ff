// Command fasthttp is the fasthttp server with a switch over paths for a
// router, as its documentation shows.
package main

import (
	"encoding/json"
	"os"
	"strconv"

	"github.com/valyala/fasthttp"

	"github.com/joust-bench/joust/servers/fixture"
)

func main() {
	a := &answers{large: fixture.Large()}
	server := &fasthttp.Server{
		Handler:            a.route,
		MaxRequestBodySize: fixture.MaxBody,
		// Uploads are read in pieces by the handler, never held whole.
		StreamRequestBody: true,
	}
	os.Exit(fixture.Main(fixture.Server{Serve: server.Serve, Shutdown: server.ShutdownWithContext}))
}

// answers holds what the handlers share.
type answers struct {
	large  []byte
	bodies fixture.Bodies
}

func (a *answers) route(ctx *fasthttp.RequestCtx) {
	get, post := ctx.IsGet(), ctx.IsPost()
	switch path := string(ctx.Path()); {
	case path == "/" && get:
		ctx.SuccessString(fixture.TypeText, fixture.Alive)
	case path == "/json" && get:
		a.json(ctx)
	case path == "/echo" && post:
		// The request's body goes into the answer without a copy; it stays
		// whole until the answer is written.
		ctx.SetContentType(fixture.TypeBytes)
		ctx.Response.SetBodyRaw(ctx.PostBody())
	case path == "/large" && (get || ctx.IsHead()):
		ctx.SetContentType(fixture.TypeText)
		ctx.Response.SetBodyRaw(a.large)
	case path == "/upload" && post:
		a.upload(ctx)
	default:
		refuse(ctx, "not found", fasthttp.StatusNotFound)
	}
}

func (a *answers) json(ctx *fasthttp.RequestCtx) {
	id, err := fixture.ID(string(ctx.QueryArgs().Peek("id")))
	if err != nil {
		refuse(ctx, err.Error(), fasthttp.StatusBadRequest)
		return
	}
	body, err := json.Marshal(fixture.NewObject(id))
	if err != nil {
		refuse(ctx, err.Error(), fasthttp.StatusInternalServerError)
		return
	}
	ctx.SetContentType(fixture.TypeJSON)
	ctx.Response.SetBodyRaw(body)
}

func (a *answers) upload(ctx *fasthttp.RequestCtx) {
	var n int64
	if body := ctx.RequestBodyStream(); body != nil {
		var err error
		// A chunked body has the length -1 here, as Count wants it.
		n, err = a.bodies.Count(body, int64(ctx.Request.Header.ContentLength()))
		if err != nil {
			refuse(ctx, err.Error(), fasthttp.StatusBadRequest)
			return
		}
	}
	ctx.SuccessString(fixture.TypeText, strconv.FormatInt(n, 10))
}

// refuse answers with an error and ends the connection: with streamed bodies,
// what the handler has not read would be taken for the next request.
func refuse(ctx *fasthttp.RequestCtx, message string, status int) {
	ctx.Error(message, status)
	ctx.SetConnectionClose()
}
