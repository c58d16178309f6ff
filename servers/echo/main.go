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
	os.Exit(fixture.Main(stdhttp.App(routes())))
}

func routes() http.Handler {
	var bodies fixture.Bodies
	body := fixture.Large()
	large := func(c *echo.Context) error { return sized(c, fixture.TypeText, body) }
	e := echo.NewWithConfig(echo.Config{JSONSerializer: serializer{}})
	e.GET("/", func(c *echo.Context) error { return c.String(http.StatusOK, fixture.Alive) })
	e.GET("/json", object)
	e.POST("/echo", func(c *echo.Context) error { return echoBody(c, &bodies) })
	e.GET("/large", large)
	e.HEAD("/large", large)
	e.POST("/upload", func(c *echo.Context) error { return upload(c, &bodies) })
	return e
}

// serializer is echo's own, encoding/json, without the newline that its json.Encoder
// writes behind every object. So all servers answer with the same bytes.
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

func object(c *echo.Context) error {
	id, err := fixture.ID(c.QueryParam("id"))
	if err != nil {
		return c.String(http.StatusBadRequest, err.Error())
	}
	return c.JSON(http.StatusOK, fixture.NewObject(id))
}

func echoBody(c *echo.Context, bodies *fixture.Bodies) error {
	body, err := bodies.Read(c.Request().Body)
	if err != nil {
		return c.String(http.StatusBadRequest, err.Error())
	}
	defer bodies.Release(body)
	return sized(c, fixture.TypeBytes, body.Bytes())
}

// sized answers with a body and its length. Without the length, net/http would send
// a long body in chunks.
func sized(c *echo.Context, contentType string, body []byte) error {
	c.Response().Header().Set(echo.HeaderContentLength, strconv.Itoa(len(body)))
	return c.Blob(http.StatusOK, contentType, body)
}

func upload(c *echo.Context, bodies *fixture.Bodies) error {
	n, err := bodies.Count(c.Request().Body, c.Request().ContentLength)
	if err != nil {
		return c.String(http.StatusBadRequest, err.Error())
	}
	return c.String(http.StatusOK, strconv.FormatInt(n, 10))
}
