// Command fasthttp is the fasthttp server with the router fasthttp/router, its own
// compression and its own file handler.
package main

import (
	"os"

	"github.com/fasthttp/router"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/prefork"

	"github.com/joust-bench/joust/servers/fixture"
	"github.com/joust-bench/joust/servers/fixture/fast"
)

func main() { os.Exit(fixture.Main(prepare)) }

func prepare(options fixture.Options) (fixture.App, error) {
	handler, err := handler(options)
	if err != nil {
		return fixture.App{}, err
	}
	server := &fasthttp.Server{
		Handler:            handler,
		MaxRequestBodySize: fixture.MaxBody,
		MaxRequestsPerConn: options.KeepAliveRequests,
		// Uploads are read in pieces by the handler, never held whole.
		StreamRequestBody: true,
		// It would log each request for an unknown file.
		Logger: silent{},
	}
	if options.Prefork && !prefork.IsChild() {
		return preforked(server), nil
	}
	return fixture.App{
		Serve:    server.Serve,
		Listen:   prefork.New(server).ListenAndServe,
		Shutdown: server.ShutdownWithContext,
	}, nil
}

func handler(options fixture.Options) (fasthttp.RequestHandler, error) {
	routes, err := fixture.Routes(options)
	if err != nil {
		return nil, err
	}
	paths := router.New()
	paths.NotFound = func(ctx *fasthttp.RequestCtx) {
		fast.Exchange{RequestCtx: ctx}.Refuse(fasthttp.StatusNotFound, "not found")
	}
	for _, route := range routes {
		answer := func(ctx *fasthttp.RequestCtx) { route.Answer(fast.Exchange{RequestCtx: ctx}) }
		switch {
		case route.Static:
			answer, err = files(options.Data)
		case route.Compressed:
			answer = fasthttp.CompressHandlerBrotliLevel(answer,
				fasthttp.CompressBrotliDefaultCompression, fasthttp.CompressDefaultCompression)
		}
		if err != nil {
			return nil, err
		}
		paths.Handle(route.Method, route.Path, answer)
	}
	return paths.Handler, nil
}

// files serves the static files, and the compressed form of each that stands next to
// it.
func files(data string) (fasthttp.RequestHandler, error) {
	folder := &fasthttp.FS{
		Root:                   fixture.StaticDir(data),
		PathRewrite:            fasthttp.NewPathSlashesStripper(1),
		Compress:               true,
		CompressBrotli:         true,
		CompressedFileSuffixes: map[string]string{"br": ".br", "gzip": ".gz"},
	}
	return folder.NewRequestHandler(), fixture.TeachMediaTypes()
}

// preforked runs the server in one process a CPU. When one of them ends, all end.
func preforked(server *fasthttp.Server) fixture.App {
	children := new(fast.Children)
	processes := prefork.New(server)
	processes.Logger = silent{}
	processes.RecoverThreshold = 0
	processes.OnChildSpawn = children.Add
	return children.App(processes.ListenAndServe)
}

// silent drops messages: those about unknown files, and about the end of each process.
type silent struct{}

func (silent) Printf(string, ...any) {}
