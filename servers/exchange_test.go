package servers_test

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/servers/fixture"
)

// exchange is a request and the answer that counts as right.
type exchange struct {
	method, path string
	headers      []string
	body         []byte
	// chunk is the length of the chunks of the body, or 0 for a body with a length.
	chunk  int
	status int
	// mediaType is empty for an answer without a body.
	mediaType   string
	wantHeaders map[string]string
	want        []byte
}

// exchanges are the requests whose answers are always the same: one of each route at
// least.
func exchanges() []exchange {
	return []exchange{
		hello(), object("/json", 1), echo(pattern(256)), helloWithHeaders(), large("GET"),
		echo(pattern(4096)), upload("/upload", 2<<20), upload("/upload_auto", 1<<20), upload("/upload_manual", 1<<20),
		// Not of the scenario table: the smallest bodies, and one just over what
		// fasthttp reads ahead of the handler.
		echo([]byte("x")), echo([]byte{}), upload("/upload", 1), upload("/upload", 8<<10+1),
		echo(pattern(1024)).inChunks(256), upload("/upload", 300<<10).inChunks(50 << 10),
		upload("/upload_auto", 300<<10).inChunks(7000), drain(100 << 10).inChunks(1000), drain(1 << 20),
		compressedBody(), cookies(8), cookies(1), form(),
		query("/qs?a=1&b=2&c=3&d=4&e=5&f=6", 6), query("/qs?q=%C3%BC+x&%E4%BD%A0=%E5%A5%BD&c=%2B&d=%26&e=%3D", 5),
		text("GET", "/etag", "alive\r\n").with("ETag", `"v1"`), notModified(), redirect(), preflight(),
		text("GET", "/api/v1/items/0001", "alive\r\n"), text("GET", "/api/v1/items/0057", "alive\r\n"),
		text("GET", "/api/v1/items/0100", "alive\r\n"), text("GET", "/pipeline", "ok"), text("GET", "/delay/1", "ok"),
		text("GET", "/baseline11?a=13&b=42", "55"), sumWithBody("/baseline11?a=13&b=42", "20", 75),
		sumWithBody("/baseline11?a=13&b=42", "20", 75).inChunks(1),
		document("/gzip", 1), items("/json/12?m=3", 12, 3), items("/httparena_json/50?m=1", 50, 1),
		hello(),
	}
}

// wantJSON is written out here rather than marshalled: it holds the order of
// the fields and the absence of a newline.
const wantJSON = `{"id":%d,"status":"ok","data":{"name":"joust","version":"1.0.0","flags":["fast","correct","measured","repeatable"]}}`

func pattern(n int) []byte {
	return []byte(strings.Repeat(fixture.LargePattern, n/len(fixture.LargePattern)+1)[:n])
}

// text is a request without a body for a short text.
func text(method, path, want string) exchange {
	return exchange{method: method, path: path, status: 200, mediaType: "text/plain", want: []byte(want)}
}

func (e exchange) with(name, value string) exchange {
	e.wantHeaders = map[string]string{name: value}
	return e
}

func (e exchange) inChunks(length int) exchange {
	e.chunk = length
	return e
}

func hello() exchange { return text("GET", "/", "alive\r\n") }

func helloWithHeaders() exchange {
	e := hello()
	for i := 1; i <= 16; i++ {
		e.headers = append(e.headers, fmt.Sprintf("X-Bench-%02d: %s", i, "abcdefghijklmnop"[:i]))
	}
	return e
}

func object(path string, id int) exchange {
	return exchange{
		method: "GET", path: path, headers: []string{"Accept: application/json"},
		status: 200, mediaType: "application/json", want: fmt.Appendf(nil, wantJSON, id),
	}
}

func echo(body []byte) exchange {
	return exchange{
		method: "POST", path: "/echo", headers: []string{"Content-Type: application/octet-stream"},
		body: body, status: 200, mediaType: "application/octet-stream", want: body,
	}
}

func compressedBody() exchange {
	e := echo([]byte("\x1f\x8b thirty-two bytes, no gzip....."))
	e.headers = append(e.headers, "Content-Encoding: gzip")
	return e
}

func large(method string) exchange { return text(method, "/large", string(pattern(65536))) }

func upload(path string, size int) exchange {
	e := text("POST", path, strconv.Itoa(size))
	e.headers, e.body = []string{"Content-Type: application/octet-stream"}, pattern(size)
	return e
}

func drain(size int) exchange {
	e := text("POST", "/drain", "ok")
	e.headers, e.body = []string{"Content-Type: application/octet-stream"}, pattern(size)
	return e
}

func cookies(n int) exchange {
	var pairs []string
	for i := range n {
		pairs = append(pairs, fmt.Sprintf("cookie%d=value%d", i, i))
	}
	e := text("GET", "/cookies", strconv.Itoa(n))
	e.headers = []string{"Cookie: " + strings.Join(pairs, "; ")}
	return e
}

func form() exchange {
	var pairs []string
	for i := range 128 {
		pairs = append(pairs, fmt.Sprintf("field%03d=value+with%%20%03d", i, i))
	}
	e := text("POST", "/form", "128")
	e.headers = []string{"Content-Type: application/x-www-form-urlencoded"}
	e.body = []byte(strings.Join(pairs, "&"))
	return e
}

func query(path string, pairs int) exchange { return text("GET", path, strconv.Itoa(pairs)) }

func notModified() exchange {
	e := exchange{method: "GET", path: "/etag", headers: []string{`If-None-Match: "v1"`}, status: 304}
	return e.with("ETag", `"v1"`)
}

func redirect() exchange {
	return exchange{method: "GET", path: "/redirect", status: 302}.with("Location", "/target")
}

func preflight() exchange {
	return exchange{
		method: "OPTIONS", path: "/api", status: 204,
		headers: []string{
			"Origin: https://example.com", "Access-Control-Request-Method: POST",
			"Access-Control-Request-Headers: Content-Type",
		},
		wantHeaders: map[string]string{
			"Access-Control-Allow-Origin":  "https://example.com",
			"Access-Control-Allow-Methods": "GET, POST, OPTIONS",
			"Access-Control-Allow-Headers": "Content-Type, X-Requested-With",
			"Access-Control-Max-Age":       "86400",
		},
	}
}

func sumWithBody(path, body string, want int) exchange {
	e := text("POST", path, strconv.Itoa(want))
	e.headers, e.body = []string{"Content-Type: text/plain"}, []byte(body)
	return e
}

// document writes the JSON out by hand, as the contract of the route has it.
func document(path string, seed int) exchange {
	var rows []string
	for i := range 384 {
		rows = append(rows, fmt.Sprintf(`{"id":%d,"value":%d,"name":"row-%d"}`, i, (i*seed*7919+i*i)%1000003, i))
	}
	want := fmt.Sprintf(`{"seed":%d,"rows":[%s]}`, seed, strings.Join(rows, ","))
	return exchange{method: "GET", path: path, status: 200, mediaType: "application/json", want: []byte(want)}
}

// bytes is the request on the wire.
func (e exchange) bytes() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n", e.method, e.path)
	for _, h := range e.headers {
		fmt.Fprintf(&b, "%s\r\n", h)
	}
	switch {
	case e.chunk > 0:
		b.WriteString("Transfer-Encoding: chunked\r\n\r\n")
		for rest := e.body; len(rest) > 0; {
			piece := rest[:min(e.chunk, len(rest))]
			fmt.Fprintf(&b, "%x\r\n%s\r\n", len(piece), piece)
			rest = rest[len(piece):]
		}
		b.WriteString("0\r\n\r\n")
	case e.body != nil:
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n", len(e.body))
		b.Write(e.body)
	default:
		b.WriteString("\r\n")
	}
	return b.Bytes()
}
