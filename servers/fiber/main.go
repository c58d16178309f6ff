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
	os.Exit(fixture.Main(fixture.Server{Serve: serve, Shutdown: app.ShutdownWithContext}))
}

// answers holds what the handlers share.
type answers struct {
	large  []byte
	bodies fixture.Bodies
}

func routes() *fiber.App {
	a := &answers{large: fixture.Large()}
	app := fiber.New(fiber.Config{
		BodyLimit: fixture.MaxBody,
		// Uploads are read in pieces by the handler, never held whole.
		StreamRequestBody: true,
		ErrorHandler:      refuse,
	})
	app.Get("/", a.hello)
	app.Get("/json", a.json)
	app.Post("/echo", a.echo)
	app.Get("/large", a.serveLarge) // GET covers HEAD
	app.Post("/upload", a.upload)
	return app
}

func (a *answers) hello(c fiber.Ctx) error {
	return c.SendString(fixture.Alive)
}

func (a *answers) json(c fiber.Ctx) error {
	id, err := fixture.ID(c.Query("id"))
	if err != nil {
		return fiber.NewError(fiber.StatusBadRequest, err.Error())
	}
	return c.JSON(fixture.NewObject(id))
}

func (a *answers) echo(c fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEOctetStream)
	return c.Send(c.BodyRaw())
}

func (a *answers) serveLarge(c fiber.Ctx) error {
	return c.Send(a.large)
}

func (a *answers) upload(c fiber.Ctx) error {
	var n int64
	request := c.Request()
	if body := request.BodyStream(); body != nil {
		var err error
		// A chunked body has the length -1 here, as Count wants it.
		n, err = a.bodies.Count(body, int64(request.Header.ContentLength()))
		if err != nil {
			return fiber.NewError(fiber.StatusBadRequest, err.Error())
		}
	}
	return c.SendString(strconv.FormatInt(n, 10))
}

// refuse answers what no route takes and what a handler gives back. It ends the
// connection: with streamed bodies, what nobody has read would be taken for the
// next request.
func refuse(c fiber.Ctx, err error) error {
	c.RequestCtx().SetConnectionClose()
	return fiber.DefaultErrorHandler(c, err)
}
