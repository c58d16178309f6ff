// Command hertz is the hertz framework on netpoll, without the recovery of
// server.Default, and with bodies streamed.
package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/app/server"
	"github.com/cloudwego/hertz/pkg/common/compress"
	"github.com/cloudwego/hertz/pkg/common/config"
	"github.com/cloudwego/hertz/pkg/common/hlog"

	"github.com/joust-bench/joust/servers/fixture"
)

func main() { os.Exit(fixture.Main(prepare)) }

func prepare(options fixture.Options) (fixture.App, error) {
	if options.MaxConnections > 0 {
		return fixture.App{}, errors.New("hertz on netpoll cannot limit its connections; leave out --max-connections")
	}
	hlog.SetLevel(hlog.LevelFatal)
	settings := []config.Option{
		server.WithStreamBody(true),
		server.WithMaxRequestBodySize(fixture.MaxBody),
		server.WithDisablePrintRoute(true),
	}
	var before []app.HandlerFunc
	if limit := options.KeepAliveRequests; limit > 0 {
		settings = append(settings, server.WithOnConnect(countRequests))
		before = append(before, limitRequests(limit))
	}
	started := make(chan *server.Hertz, 1)
	routes, err := handlers(options)
	return fixture.App{
		Serve: func(l net.Listener) error {
			h := server.New(append(settings, server.WithListener(l))...)
			h.Use(before...)
			h.NoRoute(func(_ context.Context, c *app.RequestContext) {
				exchange{c}.Refuse(http.StatusNotFound, "not found")
			})
			for _, route := range routes {
				h.Handle(route.Method, route.Colon(), route.chain...)
			}
			started <- h
			return h.Run()
		},
		Shutdown: func(ctx context.Context) error { return (<-started).Shutdown(ctx) },
	}, err
}

// route is a row of the table of routes with its handlers.
type route struct {
	*fixture.Route
	chain []app.HandlerFunc
}

func handlers(options fixture.Options) ([]route, error) {
	table, err := fixture.Routes(options)
	if err != nil {
		return nil, err
	}
	var routes []route
	for _, row := range table {
		chain := []app.HandlerFunc{func(_ context.Context, c *app.RequestContext) { row.Answer(exchange{c}) }}
		switch {
		case row.Static:
			serve, err := files(options.Data)
			if err != nil {
				return nil, err
			}
			chain = []app.HandlerFunc{serve}
		case row.Compressed:
			chain = append([]app.HandlerFunc{compressing}, chain...)
		}
		routes = append(routes, route{row, chain})
	}
	return routes, nil
}

// compressing compresses the answer of the next handler, with hertz's own gzip at its
// default level.
func compressing(ctx context.Context, c *app.RequestContext) {
	c.Next(ctx)
	c.Header("Vary", "Accept-Encoding")
	if c.Response.StatusCode() == http.StatusOK && c.Request.Header.HasAcceptEncodingBytes([]byte("gzip")) {
		body := compress.AppendGzipBytesLevel(nil, c.Response.Body(), compress.CompressDefaultCompression)
		c.Response.SetBodyRaw(body)
		c.Header("Content-Encoding", "gzip")
	}
}

// files serves the static files with hertz's file handler. That handler would
// overwrite the compressed form of a file whose time of change differs, so the form
// is chosen here.
func files(data string) (app.HandlerFunc, error) {
	files, err := fixture.NewFiles(data)
	if err != nil {
		return nil, err
	}
	folder := &app.FS{Root: "/", PathRewrite: func(c *app.RequestContext) []byte {
		return []byte(c.GetString("file"))
	}}
	serve := folder.NewRequestHandler()
	return func(ctx context.Context, c *app.RequestContext) {
		file, ok := files.Find(c.Param("name"), string(c.GetHeader("Accept-Encoding")))
		if !ok {
			exchange{c}.Refuse(http.StatusNotFound, "not found")
			return
		}
		c.Set("file", file.Path)
		serve(ctx, c)
		c.SetContentType(file.MediaType)
		c.Header("Vary", "Accept-Encoding")
		if file.Encoding != "" {
			c.Header("Content-Encoding", file.Encoding)
		}
	}, nil
}
