// Command echo is the echo framework, without middleware.
package main

import (
	"encoding/json"
	"net/http"
	"os"
	"strconv"

	"github.com/labstack/echo/v5"

	"github.com/joust-bench/joust/servers/fixture"
	"github.com/joust-bench/joust/servers/fixture/stdhttp"
)

func main() {
	os.Exit(fixture.Main(stdhttp.Server(routes())))
}

// answers holds what the handlers share.
type answers struct {
	large  []byte
	bodies fixture.Bodies
}

func routes() http.Handler {
	a := &answers{large: fixture.Large()}
	e := echo.NewWithConfig(echo.Config{JSONSerializer: serializer{}})
	e.GET("/", a.hello)
	e.GET("/json", a.json)
	e.POST("/echo", a.echo)
	e.GET("/large", a.serveLarge)
	e.HEAD("/large", a.serveLarge)
	e.POST("/upload", a.upload)
	return e
}

// serializer is echo's own, encoding/json, without the newline that its
// json.Encoder puts behind every object: all servers answer with the same
// bytes.
type serializer struct{ echo.DefaultJSONSerializer }

// Serialize writes the object as JSON; no route asks for an indent.
func (serializer) Serialize(c *echo.Context, object any, _ string) error {
	body, err := json.Marshal(object)
	if err != nil {
		return err
	}
	_, err = c.Response().Write(body)
	return err
}

func (a *answers) hello(c *echo.Context) error {
	return c.String(http.StatusOK, fixture.Alive)
}

func (a *answers) json(c *echo.Context) error {
	id, err := fixture.ID(c.QueryParam("id"))
	if err != nil {
		return c.String(http.StatusBadRequest, err.Error())
	}
	return c.JSON(http.StatusOK, fixture.NewObject(id))
}

func (a *answers) echo(c *echo.Context) error {
	body, err := a.bodies.Read(c.Request().Body)
	if err != nil {
		return c.String(http.StatusBadRequest, err.Error())
	}
	defer a.bodies.Release(body)
	return sized(c, fixture.TypeBytes, body.Bytes())
}

func (a *answers) serveLarge(c *echo.Context) error {
	return sized(c, fixture.TypeText, a.large)
}

// sized sets the length that net/http knows by itself only for short bodies;
// it would send longer ones in chunks.
func sized(c *echo.Context, contentType string, body []byte) error {
	c.Response().Header().Set(echo.HeaderContentLength, strconv.Itoa(len(body)))
	return c.Blob(http.StatusOK, contentType, body)
}

func (a *answers) upload(c *echo.Context) error {
	n, err := a.bodies.Count(c.Request().Body, c.Request().ContentLength)
	if err != nil {
		return c.String(http.StatusBadRequest, err.Error())
	}
	return c.String(http.StatusOK, strconv.FormatInt(n, 10))
}
