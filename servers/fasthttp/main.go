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
	server := &fasthttp.Server{
		Handler:            routes(),
		MaxRequestBodySize: fixture.MaxBody,
		// Uploads are read in pieces by the handler, never held whole.
		StreamRequestBody: true,
	}
	os.Exit(fixture.Main(fixture.App{Serve: server.Serve, Shutdown: server.ShutdownWithContext}))
}

func routes() fasthttp.RequestHandler {
	var bodies fixture.Bodies
	large := fixture.Large()
	return func(ctx *fasthttp.RequestCtx) {
		get, post := ctx.IsGet(), ctx.IsPost()
		switch path := string(ctx.Path()); {
		case path == "/" && get:
			ctx.SuccessString(fixture.TypeText, fixture.Alive)
		case path == "/json" && get:
			object(ctx)
		case path == "/echo" && post:
			// The body stays valid until the answer is written.
			ctx.SetContentType(fixture.TypeBytes)
			ctx.Response.SetBodyRaw(ctx.PostBody())
		case path == "/large" && (get || ctx.IsHead()):
			ctx.SetContentType(fixture.TypeText)
			ctx.Response.SetBodyRaw(large)
		case path == "/upload" && post:
			upload(ctx, &bodies)
		default:
			refuse(ctx, "not found", fasthttp.StatusNotFound)
		}
	}
}

func object(ctx *fasthttp.RequestCtx) {
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

func upload(ctx *fasthttp.RequestCtx, bodies *fixture.Bodies) {
	var n int64
	if body := ctx.RequestBodyStream(); body != nil {
		var err error
		// A chunked body has the length -1 here, as Count wants it.
		n, err = bodies.Count(body, int64(ctx.Request.Header.ContentLength()))
		if err != nil {
			refuse(ctx, err.Error(), fasthttp.StatusBadRequest)
			return
		}
	}
	ctx.SuccessString(fixture.TypeText, strconv.FormatInt(n, 10))
}

// refuse answers with an error and ends the connection, since the unread rest of a
// streamed body would count as the next request.
func refuse(ctx *fasthttp.RequestCtx, message string, status int) {
	ctx.Error(message, status)
	ctx.SetConnectionClose()
}
