package conformance

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/scenarios"
)

// samples are requests of the server's rows to which the right answers are known.
type samples struct {
	// get is a small GET request; nil where the server claims none.
	get *scenarios.Request
	// gets are GET requests of the server with different answers, get first.
	gets []*scenarios.Request
	// post takes a body of any bytes; nil where the server claims no such request.
	post *scenarios.Request
}

const (
	// mostGets is the number of different GET requests that are used.
	mostGets = 3
	// smallAnswer bounds the answer of a sample, in bytes.
	smallAnswer = 128 << 10
)

// samplesOf chooses requests of the server's rows. A row that asks the server for
// caps of its own is none of them: the server runs without caps.
func samplesOf(s Server) samples {
	var out samples
	for _, row := range s.Rows {
		for i := range row.Requests {
			r := &row.Requests[i]
			switch {
			case isPlainGet(r):
				out.addGet(r)
			case takesAnyBody(r) && (out.post == nil || r.Expect.Echo && !out.post.Expect.Echo):
				out.post = r
			}
		}
	}
	return out
}

// addGet adds a request whose answer differs from those of the others.
func (s *samples) addGet(r *scenarios.Request) {
	for _, other := range s.gets {
		if bytes.Equal(answerTo(other), answerTo(r)) {
			return
		}
	}
	if len(s.gets) == mostGets {
		return
	}
	s.gets = append(s.gets, r)
	s.get = s.gets[0]
}

// answerTo returns the body of the right answer to a plain GET request.
func answerTo(r *scenarios.Request) []byte {
	body, _ := r.AnswerBody()
	return body.Bytes()
}

// isPlainGet reports whether the request is a GET of HTTP/1.1 that keeps the
// connection, and its right answer is known byte for byte.
func isPlainGet(r *scenarios.Request) bool {
	body, exact := r.AnswerBody()
	return r.Method == http.MethodGet && r.Version == "" && r.Body == nil && len(r.Exchange) == 0 && header(r, "Connection") == "" &&
		r.Expect.Status == http.StatusOK && exact && len(r.Expect.Encodings) == 0 && body.Size() <= smallAnswer
}

// takesAnyBody reports whether the right answer to a body of any bytes is known:
// that body, or its length.
func takesAnyBody(r *scenarios.Request) bool {
	if r.Body.Size() == 0 || len(r.Exchange) > 0 || header(r, "Content-Encoding") != "" || r.Expect.Status != http.StatusOK {
		return false
	}
	return r.Expect.Echo || r.Expect.Body != nil && string(r.Expect.Body.Bytes()) == strconv.FormatInt(r.Body.Size(), 10)
}

// answerToBody returns the right answer to the request with that body.
func answerToBody(r *scenarios.Request, body string) string {
	if r.Expect.Echo {
		return body
	}
	return strconv.Itoa(len(body))
}

// header returns the value of the request's field, "" where it has none.
func header(r *scenarios.Request, name string) string {
	for _, h := range r.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}
