// Command fiber is the fiber framework on fasthttp, with its own middleware for
// compression and static files.
package main

import (
	"net"
	"os"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/compress"
	"github.com/gofiber/fiber/v3/middleware/static"

	"github.com/joust-bench/joust/servers/fixture"
	"github.com/joust-bench/joust/servers/fixture/fast"
)

func main() { os.Exit(fixture.Main(prepare)) }

func prepare(options fixture.Options) (fixture.App, error) {
	app := fiber.New(fiber.Config{
		BodyLimit: fixture.MaxBody,
		// Uploads are read in pieces by the handler, never held whole.
		StreamRequestBody:      true,
		CompressedFileSuffixes: map[string]string{"br": ".br", "gzip": ".gz"},
		ErrorHandler:           refuse,
	})
	app.Server().MaxRequestsPerConn = options.KeepAliveRequests
	if err := register(app, options); err != nil {
		return fixture.App{}, err
	}
	config := fiber.ListenConfig{DisableStartupMessage: true, EnablePrefork: options.Prefork}
	listen := func(addr string) error { return app.Listen(addr, config) }
	if options.Prefork && !fiber.IsChild() {
		children := new(fast.Children)
		app.Hooks().OnFork(children.Add)
		return children.App(listen), nil
	}
	serve := func(l net.Listener) error { return app.Listener(l, config) }
	return fixture.App{Serve: serve, Listen: listen, Shutdown: app.ShutdownWithContext}, nil
}

func register(app *fiber.App, options fixture.Options) error {
	routes, err := fixture.Routes(options)
	if err != nil {
		return err
	}
	compressing := compress.New()
	for _, route := range routes {
		methods := []string{route.Method}
		answer := func(c fiber.Ctx) error {
			route.Answer(exchange{fast.Exchange{RequestCtx: c.RequestCtx()}, c})
			return nil
		}
		switch {
		case route.Static:
			// The middleware takes its folder's path from the star.
			app.Add(methods, "/static/*", static.New(fixture.StaticDir(options.Data), static.Config{Compress: true}))
		case route.Compressed:
			app.Add(methods, route.Colon(), compressing, answer)
		default:
			app.Add(methods, route.Colon(), answer)
		}
	}
	return fixture.TeachMediaTypes()
}

// exchange is one request and its answer in fiber. What fiber leaves to fasthttp is
// fasthttp's.
type exchange struct {
	fast.Exchange
	ctx fiber.Ctx
}

func (e exchange) Param(name string) string         { return e.ctx.Params(name) }
func (e exchange) Query(name string) string         { return e.ctx.Query(name) }
func (e exchange) RequestHeader(name string) string { return e.ctx.Get(name) }
func (e exchange) SetHeader(name, value string)     { e.ctx.Set(name, value) }
func (e exchange) JSON(value any) error             { return e.ctx.JSON(value, fixture.TypeJSON) }

func (e exchange) Stream(mediaType string, produce func(fixture.FlushWriter) error) {
	e.ctx.Set(fiber.HeaderContentType, mediaType)
	_ = e.ctx.SendStream(fast.Produced(produce)) // it always succeeds
}

// refuse answers unknown paths. It ends the connection, since the unread rest of a
// streamed body would count as the next request.
func refuse(c fiber.Ctx, err error) error {
	c.RequestCtx().SetConnectionClose()
	return fiber.DefaultErrorHandler(c, err)
}
