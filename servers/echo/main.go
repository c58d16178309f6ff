// Command echo is the echo framework, with its own middleware for compression.
package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strconv"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/joust-bench/joust/servers/fixture"
	"github.com/joust-bench/joust/servers/fixture/stdhttp"
)

func main() { os.Exit(fixture.Main(prepare)) }

func prepare(options fixture.Options) (fixture.App, error) {
	routes, err := stdhttp.PlainRoutes(options)
	if err != nil {
		return fixture.App{}, err
	}
	e := echo.NewWithConfig(echo.Config{JSONSerializer: serializer{}})
	for _, route := range routes {
		answer := func(c *echo.Context) error {
			route.Answer(exchange{c})
			return nil
		}
		switch {
		case route.Static:
			answer = func(c *echo.Context) error {
				route.Serve(c.Response(), c.Request(), params{c})
				return nil
			}
			e.Add(route.Method, route.Colon(), answer)
		case route.Compressed:
			e.Add(route.Method, route.Colon(), answer, middleware.Gzip())
		default:
			e.Add(route.Method, route.Colon(), answer)
		}
	}
	return stdhttp.App(e, options), nil
}

// params are the parameters that echo's router has found.
type params struct{ *echo.Context }

func (p params) ByName(name string) string { return p.Param(name) }

// serializer is echo's own, encoding/json, without the newline that its json.Encoder
// writes behind every object, and with the length. So all servers answer with the
// same bytes.
type serializer struct{ echo.DefaultJSONSerializer }

// Serialize writes the object as JSON; no route asks for an indent.
func (serializer) Serialize(c *echo.Context, object any, _ string) error {
	body, err := json.Marshal(object)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentLength, strconv.Itoa(len(body)))
	_, err = c.Response().Write(body)
	return err
}

// exchange is one request and its answer in echo.
type exchange struct{ *echo.Context }

var _ fixture.Exchange = exchange{}

func (e exchange) Query(name string) string         { return e.QueryParam(name) }
func (e exchange) QueryPairs() int                  { return stdhttp.Pairs(e.QueryParams()) }
func (e exchange) Cookies() int                     { return len(e.Context.Cookies()) }
func (e exchange) RequestHeader(name string) string { return e.Request().Header.Get(name) }
func (e exchange) Body() (io.Reader, int64)         { return e.Request().Body, e.Request().ContentLength }

func (e exchange) FormPairs() (int, error) {
	values, err := e.FormValues()
	return stdhttp.Pairs(values), err
}

func (e exchange) WholeBody(scratch *bytes.Buffer) ([]byte, error) {
	return stdhttp.Whole(e.Request(), scratch)
}

func (e exchange) SetHeader(name, value string) { e.Response().Header().Set(name, value) }

// Send sets the length, without which net/http would send a long body in chunks.
func (e exchange) Send(status int, mediaType string, body []byte) {
	e.SetHeader(echo.HeaderContentLength, strconv.Itoa(len(body)))
	_ = e.Blob(status, mediaType, body) // a client that went away needs no answer
}

func (e exchange) SendCanned(text []byte) { e.Send(http.StatusOK, fixture.TypeText, text) }

func (e exchange) SendEmpty(status int) { _ = e.NoContent(status) } // it returns no error

func (e exchange) JSON(value any) error { return e.Context.JSON(http.StatusOK, value) }

func (e exchange) Stream(mediaType string, produce func(fixture.FlushWriter) error) {
	e.SetHeader(echo.HeaderContentType, mediaType)
	_ = produce(stdhttp.NewFlushWriter(e.Response())) // a client that went away needs no answer
}

func (e exchange) Refuse(status int, message string) { http.Error(e.Response(), message, status) }
