// Command gin is the gin framework in release mode, without the logger and the
// recovery of gin.Default, and with the middleware gin-contrib/gzip.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/gin-contrib/gzip"
	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/codec/json"

	"github.com/joust-bench/joust/servers/fixture"
	"github.com/joust-bench/joust/servers/fixture/stdhttp"
)

func main() { os.Exit(fixture.Main(prepare)) }

func prepare(options fixture.Options) (fixture.App, error) {
	routes, err := stdhttp.PlainRoutes(options)
	if err != nil {
		return fixture.App{}, err
	}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	compressing := engine.Group("/", gzip.Gzip(gzip.DefaultCompression))
	for _, route := range routes {
		answer := func(c *gin.Context) { route.Answer(exchange{c}) }
		switch {
		case route.Static:
			answer = func(c *gin.Context) { route.Serve(c.Writer, c.Request, c.Params) }
			engine.Handle(route.Method, route.Colon(), answer)
		case route.Compressed:
			compressing.Handle(route.Method, route.Colon(), answer)
		default:
			engine.Handle(route.Method, route.Colon(), answer)
		}
	}
	return stdhttp.App(engine, options), nil
}

// exchange is one request and its answer in gin.
type exchange struct{ *gin.Context }

var _ fixture.Exchange = exchange{}

func (e exchange) QueryPairs() int                  { return stdhttp.Pairs(e.Request.URL.Query()) }
func (e exchange) Cookies() int                     { return len(e.Request.Cookies()) }
func (e exchange) RequestHeader(name string) string { return e.GetHeader(name) }
func (e exchange) Body() (io.Reader, int64)         { return e.Request.Body, e.Request.ContentLength }

func (e exchange) FormPairs() (int, error) {
	err := e.Request.ParseForm()
	return stdhttp.Pairs(e.Request.PostForm), err
}

func (e exchange) WholeBody(scratch *bytes.Buffer) ([]byte, error) {
	return stdhttp.Whole(e.Request, scratch)
}

func (e exchange) SetHeader(name, value string) { e.Header(name, value) }

// Send sends the length too, as Data does.
func (e exchange) Send(status int, mediaType string, body []byte) { e.Data(status, mediaType, body) }

func (e exchange) SendCanned(text []byte) { e.Data(http.StatusOK, fixture.TypeText, text) }

func (e exchange) SendEmpty(status int) { e.Status(status) }

// JSON encodes with gin's codec. gin's own method of that name leaves the length out,
// so that net/http would send a long object in chunks.
func (e exchange) JSON(value any) error {
	body, err := json.API.Marshal(value)
	if err != nil {
		return fmt.Errorf("encoding the answer: %w", err)
	}
	e.Data(http.StatusOK, fixture.TypeJSON, body)
	return nil
}

func (e exchange) Stream(mediaType string, produce func(fixture.FlushWriter) error) {
	e.Header("Content-Type", mediaType)
	_ = produce(stdhttp.NewFlushWriter(e.Writer)) // a client that went away needs no answer
}

func (e exchange) Refuse(status int, message string) { e.String(status, "%s", message) }
