// Command fiber is the fiber framework on fasthttp, in one process.
package main

import (
	"net"
	"os"
	"strconv"

	"github.com/gofiber/fiber/v3"

	"github.com/joust-bench/joust/servers/fixture"
)

func main() {
	app := routes()
	serve := func(l net.Listener) error {
		return app.Listener(l, fiber.ListenConfig{DisableStartupMessage: true})
	}
	os.Exit(fixture.Main(fixture.App{Serve: serve, Shutdown: app.ShutdownWithContext}))
}

func routes() *fiber.App {
	var bodies fixture.Bodies
	large := fixture.Large()
	app := fiber.New(fiber.Config{
		BodyLimit: fixture.MaxBody,
		// Uploads are read in pieces by the handler, never held whole.
		StreamRequestBody: true,
		ErrorHandler:      refuse,
	})
	app.Get("/", func(c fiber.Ctx) error { return c.SendString(fixture.Alive) })
	app.Get("/json", object)
	app.Post("/echo", echo)
	app.Get("/large", func(c fiber.Ctx) error { return c.Send(large) }) // GET covers HEAD
	app.Post("/upload", func(c fiber.Ctx) error { return upload(c, &bodies) })
	return app
}

func object(c fiber.Ctx) error {
	id, err := fixture.ID(c.Query("id"))
	if err != nil {
		return fiber.NewError(fiber.StatusBadRequest, err.Error())
	}
	return c.JSON(fixture.NewObject(id))
}

func echo(c fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEOctetStream)
	return c.Send(c.BodyRaw())
}

func upload(c fiber.Ctx, bodies *fixture.Bodies) error {
	var n int64
	request := c.Request()
	if body := request.BodyStream(); body != nil {
		var err error
		// A chunked body has the length -1 here, as Count wants it.
		n, err = bodies.Count(body, int64(request.Header.ContentLength()))
		if err != nil {
			return fiber.NewError(fiber.StatusBadRequest, err.Error())
		}
	}
	return c.SendString(strconv.FormatInt(n, 10))
}

// refuse answers unknown paths and errors of handlers. It ends the connection, since
// the unread rest of a streamed body would count as the next request.
func refuse(c fiber.Ctx, err error) error {
	c.RequestCtx().SetConnectionClose()
	return fiber.DefaultErrorHandler(c, err)
}
