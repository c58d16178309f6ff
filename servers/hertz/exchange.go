package main

import (
	"bytes"
	"io"
	"net/http"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/protocol/http1/resp"

	"github.com/joust-bench/joust/servers/fixture"
)

// exchange is one request and its answer in hertz.
type exchange struct{ *app.RequestContext }

var _ fixture.Exchange = exchange{}

func (e exchange) QueryPairs() int                  { return e.QueryArgs().Len() }
func (e exchange) FormPairs() (int, error)          { return e.PostArgs().Len(), nil }
func (e exchange) RequestHeader(name string) string { return string(e.GetHeader(name)) }

func (e exchange) Cookies() int {
	cookies := 0
	e.VisitAllCookie(func(_, _ []byte) { cookies++ })
	return cookies
}

// Body returns the streamed body; the length of chunks is negative. The limit keeps
// hertz's reader from reading on into the next request, if that is there already.
func (e exchange) Body() (io.Reader, int64) {
	body, announced := e.RequestBodyStream(), int64(e.Request.Header.ContentLength())
	if announced >= 0 {
		body = io.LimitReader(body, announced)
	}
	return body, announced
}

// WholeBody reads the whole body into scratch. Hertz's own method would read on into
// the next request, as Body says.
func (e exchange) WholeBody(scratch *bytes.Buffer) ([]byte, error) {
	body, announced := e.Body()
	n, err := scratch.ReadFrom(body)
	if err == nil && announced >= 0 && n != announced {
		err = io.ErrUnexpectedEOF
	}
	return scratch.Bytes(), err
}

func (e exchange) SetHeader(name, value string) { e.Header(name, value) }

func (e exchange) Send(status int, mediaType string, body []byte) { e.Data(status, mediaType, body) }

// SendCanned sends the text without a copy of it.
func (e exchange) SendCanned(text []byte) {
	e.SetContentType(fixture.TypeText)
	e.Response.SetBodyRaw(text)
}

func (e exchange) SendEmpty(status int) { e.Status(status) }

// JSON encodes with hertz's encoder, which is sonic.
func (e exchange) JSON(value any) error {
	e.RequestContext.JSON(http.StatusOK, value)
	return nil
}

func (e exchange) Stream(mediaType string, produce func(fixture.FlushWriter) error) {
	e.SetContentType(mediaType)
	w := resp.NewChunkedBodyWriter(&e.Response, e.GetWriter())
	e.Response.HijackWriter(w)
	_ = produce(w) // a client that went away needs no answer
}

// Refuse ends the connection, since the unread rest of a streamed body would count as
// the next request.
func (e exchange) Refuse(status int, message string) {
	e.String(status, "%s", message)
	e.SetConnectionClose()
}
