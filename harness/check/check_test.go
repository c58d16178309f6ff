package check

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/scenarios"
)

// brisk limits for tests. An answer is awaited long enough for a busy machine.
func brisk() limits {
	l := standard()
	l.packet, l.withheld, l.settle = 3*time.Millisecond, 100*time.Millisecond, 20*time.Millisecond
	l.grace = 100 * time.Millisecond
	return l
}

// impatient limits are for servers that never answer.
func impatient() limits {
	l := brisk()
	l.answer = 2 * time.Second
	return l
}

func full(t *testing.T, address string, l limits, r *scenarios.Scenario) string {
	t.Helper()
	rnd := randomFrom(1)
	return battery{target{address: address, host: "joust.test", limits: l}, r, rnd}.run(t.Context())
}

func rightRows() map[string]*scenarios.Scenario {
	deep := row(hello())
	deep.Depth = 16
	closing := hello()
	closing.Headers = []scenarios.Header{{Name: "connection", Value: "Close"}}
	many := row(hello())
	for range 20 {
		many.Requests = append(many.Requests, hello(), number())
	}
	free := hello()
	free.Expect.Body, free.Expect.Framing = nil, ""
	return map[string]*scenarios.Scenario{
		"hello": row(hello()), "json": row(number()), "echo": row(echo(0)), "echo of chunks": row(echo(64)),
		"upload": row(upload(large)), "small upload": row(upload(3000)), "chunked answer": row(pieces()), "head": row(head()),
		"depth 16": deep, "connection: close": row(closing), "any body": row(free),
		"mixed": row(hello(), number(), echo(0), echo(100)), "many requests": many,
	}
}

func TestRightServerPasses(t *testing.T) {
	t.Parallel()
	address := serveRight(t)
	for name, r := range rightRows() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if res := full(t, address, brisk(), r); res != "" {
				t.Errorf("got %+v", res)
			}
			if err := Exact(t.Context(), address, "joust.test", r); err != nil {
				t.Errorf("exact: %v", err)
			}
			if err := Ready(t.Context(), address, "joust.test", r); err != nil {
				t.Errorf("ready: %v", err)
			}
		})
	}
}

func TestExercisesOfRows(t *testing.T) {
	t.Parallel()
	deep := row(hello())
	deep.Depth = 4
	for _, c := range []struct {
		row  *scenarios.Scenario
		want string
	}{
		{row(hello()), "every request once|the request in four packets|3 requests on one connection"},
		{deep, "every request once|the request in four packets|4 requests in one write|3 requests on one connection"},
		{row(number()), "every request once|the request in four packets|3 requests on one connection|random inputs"},
		{row(upload(large)), "every request once|the request in four packets|3 requests on one connection|random inputs|last byte of the body withheld 100ms"},
	} {
		var names []string
		for _, e := range (battery{target{limits: brisk()}, c.row, randomFrom(1)}).exercises() {
			names = append(names, e.name)
		}
		if got := strings.Join(names, "|"); got != c.want {
			t.Errorf("%s: got exercises\n%s, want\n%s", c.row.Name, got, c.want)
		}
	}
}

func TestSlowDripIsRight(t *testing.T) {
	t.Parallel()
	if res := full(t, serve(t, drip), brisk(), row(hello())); res != "" {
		t.Errorf("got %+v", res)
	}
}

func TestInterimAnswersAreSkipped(t *testing.T) {
	t.Parallel()
	address := serve(t, always("HTTP/1.1 100 Continue\r\n\r\n"+ok("text/plain", alive)))
	if res := full(t, address, brisk(), row(hello())); res != "" {
		t.Errorf("got %+v", res)
	}
}

// wrongAnswers returns whole or broken answers to hello; each is wrong in the first
// exchange.
func wrongAnswers() map[string]struct{ answer, want string } {
	length := "Content-Length: 7"
	return map[string]struct{ answer, want string }{
		"status":              {replaced("200 OK", "503 No"), `GET /: expected status 200, got 503 with the body "alive\r\n"`},
		"body at byte 3":      {replaced("alive", "aliXe"), `the body differs at byte 3 of 7: expected "ve\r\n", got "Xe\r\n"`},
		"short body":          {ok("text/plain", "aliv"), `the body is 4 bytes long, expected 7: "e\r\n" is missing`},
		"long body":           {ok("text/plain", alive+"more"), `the body is longer than the 7 bytes expected: "more" follows`},
		"extra bytes":         {ok("text/plain", alive) + "xyz", `3 or more surplus bytes follow the answer: "xyz"`},
		"a second answer":     {ok("text/plain", alive) + ok("text/plain", alive), `surplus bytes follow the answer: "HTTP/1.1 200`},
		"no date":             {replaced("Date: "+date+"\r\n", ""), "expected one Date header, got 0"},
		"two dates":           {replaced("Date: ", "Date: "+date+"\r\nDate: "), "expected one Date header, got 2"},
		"obsolete date":       {replaced(date, "Saturday, 21-Nov-26 18:00:00 GMT"), `got "Saturday, 21-Nov-26 18:00:00 GMT"`},
		"weekday":             {replaced("Sat", "Sun"), `expected a Date such as "Mon, 02 Jan 2006 15:04:05 GMT", got "Sun, 21 Nov`},
		"no content type":     {replaced("Content-Type: text/plain\r\n", ""), "expected header Content-Type: text/plain, got none"},
		"content type":        {replaced("text/plain", "text/html"), `expected header Content-Type: text/plain, got "text/html"`},
		"chunked":             {replaced(length+"\r\n\r\nalive\r\n", "Transfer-Encoding: chunked\r\n\r\n7\r\nalive\r\n\r\n0\r\n\r\n"), "expected Content-Length, got Transfer-Encoding: chunked"},
		"both framings":       {replaced(length+"\r\n\r\nalive\r\n", length+"\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nalive\r\n\r\n0\r\n\r\n"), "Content-Length: 7 stands beside Transfer-Encoding: chunked"},
		"two lengths":         {replaced(length, length+"\r\n"+length), "expected one Content-Length, got 2"},
		"conflicting lengths": {replaced(length, length+"\r\nContent-Length: 8"), "the head of the answer is malformed"},
		"garbage":             {"\x00\x01 no idea", `this is not an HTTP/1 answer: it begins with "\x00\x01 no idea"`},
		"http/2 preface":      {"PRI * HTTP/2.0\r\n\r\n", "this is not an HTTP/1 answer"},
		"malformed header":    {replaced("Date:", "Da te"), "the head of the answer is malformed"},
		"malformed status":    {replaced("200 OK", "2x0 OK"), "the head of the answer is malformed"},
		"endless head":        {replaced("Date:", strings.Repeat("X-Long: 1234567890\r\n", 4000)+"Date:"), "the head of the answer is longer than 65536 bytes"},
		"http/1.0":            {replaced("HTTP/1.1", "HTTP/1.0"), `answer 1 of 3: GET /: ends the connection (HTTP/1.0, Connection: "")`},
		"announced close":     {replaced(length, "Connection: close\r\n"+length), `answer 1 of 3: GET /: ends the connection (HTTP/1.1, Connection: "close")`},
	}
}

func TestWrongAnswersAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range wrongAnswers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectWrong(t, full(t, serve(t, always(c.answer)), brisk(), row(hello())), c.want)
		})
	}
}

// exerciseName matches the beginning of every difference.
var exerciseName = regexp.MustCompile(`^(every request once|the request in four packets|\d+ requests in one write|\d+ requests on one connection|random inputs|last byte of the body withheld \w+): `)

func expectWrong(t *testing.T, difference, want string) {
	t.Helper()
	if !strings.Contains(difference, want) {
		t.Errorf("got %q\nwant a difference with: %s", difference, want)
	}
	if !exerciseName.MatchString(difference) {
		t.Errorf("the difference %q does not begin with the name of an exercise", difference)
	}
}

func TestWrongServersAreNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		row    *scenarios.Scenario
		limits limits
		handle func(net.Conn)
		want   string
	}{
		{"hangs", row(hello()), impatient(), silent, "every request once: GET /: no answer: nothing more within 2s"},
		{"closes at once", row(hello()), brisk(), func(net.Conn) {}, "no answer: the server"},
		{"closes within the head", row(hello()), brisk(), cutOff("HTTP/1.1 200 O"), "the head of the answer stops after 14 bytes (the server closed the connection)"},
		{"hangs within the head", row(hello()), impatient(), always("HTTP/1.1 200 OK\r\n"), "the head of the answer stops after 17 bytes (nothing more within 2s)"},
		{"closes within the body", row(hello()), brisk(), cutOff(replaced(alive, "ali")), "the body stops after 3 of 7 bytes: the server closed the connection"},
		{"hangs within the body", row(hello()), impatient(), always(replaced(alive, "ali")), "the body stops after 3 of 7 bytes: nothing more within 2s"},
		{"body until close", row(freeFraming()), brisk(), cutOff(replaced("Content-Length: 7\r\n", "")), "expected Content-Length or Transfer-Encoding, got neither"},
		{"length where chunks are asked", row(pieces()), brisk(), always(ok("text/plain", strings.Repeat("piece", 10))), "expected Transfer-Encoding: chunked, got Content-Length: 50"},
		{"last chunk missing", row(pieces()), impatient(), always(replaced("Content-Length: 7\r\n\r\nalive\r\n", "Transfer-Encoding: chunked\r\n\r\n32\r\n"+strings.Repeat("piece", 10)+"\r\n")), "all 50 bytes of the body came, but not its announced end"},
		{"surplus in a later packet", piped(hello()), patientSurplus(), lateSurplus, "2 requests in one write: GET /: 4 or more surplus bytes follow the answer"},
		{"body after HEAD", row(head()), brisk(), always(replaced("7\r\n\r\nalive\r\n", "65536\r\n\r\nalive\r\n")), `7 or more surplus bytes follow the answer: "alive\r\n"`},
		{"HEAD without length", row(head()), brisk(), always(replaced("Content-Length: 7\r\n\r\nalive\r\n", "\r\n")), "expected header Content-Length: 65536, got none"},
		{"ignores the id", piped(number()), brisk(), always(ok("application/json", `{"id":1}`)), `2 requests in one write: answer 2 of 2: GET /json?id=`},
		{"ignores the id but once", row(closing(number())), brisk(), always(ok("application/json", `{"id":1}`)), `random inputs: GET /json?id=`},
		{"canned echo", row(closing(echo(0))), brisk(), always(ok("text/plain", string(cannedEcho()))), `random inputs: POST /echo: the body differs at byte 0 of 256`},
		{"canned count", row(closing(upload(large))), brisk(), always(ok("text/plain", strconv.Itoa(large))), `random inputs: POST /upload: the body`},
		{"only one of two pipelined", piped(hello()), brisk(), script(once).handle, "2 requests in one write: answer 2 of 2: GET /: no answer: the server"},
		{"forgets what it has read", piped(hello()), impatient(), forgetful, "2 requests in one write: answer 2 of 2: GET /: no answer: nothing more within 2s"},
		{"pipelined in the wrong order", piped(number()), brisk(), reversed, "answer 1 of 2: GET /json: answers are out of order: this is the answer to the later GET /json?id="},
		{"closes after two, unannounced", row(hello()), brisk(), script(twice).handle, "3 requests on one connection: answer 3 of 3: GET /: no answer: the server"},
		{"reads one packet", row(hello()), brisk(), onePacket, "the request in four packets: GET /: expected status 200, got 400"},
		{"answers an upload at its head", row(upload(large)), brisk(), early(true), "last byte of the body withheld 100ms: POST /upload: answered before the last byte of the request's body was sent: \"HTTP/1.1 200 OK"},
		{"never reads an upload", row(upload(16 * large)), impatient(), early(false), "every request once: POST /upload: answered without taking the whole request: nothing more within 2s"},
		{"gives an upload up", row(closing(upload(large))), patientWithheld(), impatientUpload, "last byte of the body withheld 5s: POST /upload: gave up before the last byte"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			expectWrong(t, full(t, serve(t, c.handle), c.limits, c.row), c.want)
		})
	}
}

// piped returns a row with two requests in flight on each connection.
func piped(r scenarios.Request) *scenarios.Scenario {
	s := row(r)
	s.Depth = 2
	return s
}

func freeFraming() scenarios.Request {
	r := hello()
	r.Expect.Framing = ""
	return r
}

// closing asks to end the connection: then pipelining and keep-alive do not
// apply.
func closing(r scenarios.Request) scenarios.Request {
	r.Headers = append(r.Headers, scenarios.Header{Name: "Connection", Value: "close"})
	return r
}

func cannedEcho() []byte { r := echo(0); return r.Body.Bytes() }

// cutOff answers one request with the bytes and closes.
func cutOff(out string) func(net.Conn) {
	return func(c net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			io.WriteString(c, out)
		}
	}
}

func once(i int, _ *http.Request, _ string) string { return []string{ok("text/plain", alive), ""}[i] }
func twice(i int, _ *http.Request, _ string) string {
	return []string{ok("text/plain", alive), ok("text/plain", alive), ""}[i]
}

// forgetful drops the bytes that it read beyond a request.
func forgetful(c net.Conn) {
	buf := make([]byte, 64<<10)
	seen := ""
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if seen += string(buf[:n]); !strings.Contains(seen, "\r\n\r\n") {
			continue
		}
		seen = ""
		io.WriteString(c, ok("text/plain", alive))
	}
}

// reversed answers requests that came together in reversed order.
func reversed(c net.Conn) {
	var held string
	script(func(_ int, r *http.Request, _ string) string {
		id := r.FormValue("id")
		if id == "" {
			id = "1"
		}
		return ok("application/json", `{"id":`+id+`}`)
	}).handle(&reversing{Conn: c, held: &held})
}

// reversing holds the first answer of a connection back for as long as more
// requests stand in the reader's buffer, that is until the next read.
type reversing struct {
	net.Conn
	held *string
}

func (r *reversing) Write(b []byte) (int, error) {
	*r.held = string(b) + *r.held
	return len(b), nil
}

func (r *reversing) Read(b []byte) (int, error) {
	if _, err := io.WriteString(r.Conn, *r.held); err != nil {
		return 0, err
	}
	*r.held = ""
	return r.Conn.Read(b)
}

// onePacket takes the first packet for the whole request.
func onePacket(c net.Conn) {
	buf := make([]byte, 64<<10)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		got := string(buf[:n])
		if !strings.HasSuffix(got, "\r\n\r\n") {
			io.WriteString(c, replaced("200 OK", "400 Bad Request"))
			return
		}
		io.WriteString(c, ok("text/plain", alive))
	}
}

func patientSurplus() limits {
	l := brisk()
	l.settleExact, l.settle = 0, 600*time.Millisecond
	return l
}

// lateSurplus sends surplus bytes a while after the second answer.
func lateSurplus(c net.Conn) {
	script(func(i int, _ *http.Request, _ string) string {
		if i == 1 {
			io.WriteString(c, ok("text/plain", alive))
			time.Sleep(30 * time.Millisecond)
			return "late"
		}
		return ok("text/plain", alive)
	}).handle(c)
}

// early answers uploads with their announced length, as soon as the head is
// there; then it reads the body, or never does.
func early(reads bool) func(net.Conn) {
	return func(c net.Conn) {
		for in := bufio.NewReader(c); ; {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			io.WriteString(c, ok("text/plain", strconv.FormatInt(r.ContentLength, 10)))
			if !reads {
				sip(c)
				return
			}
			io.Copy(io.Discard, r.Body)
		}
	}
}

// sip reads so slowly that no upload ends.
func sip(c net.Conn) {
	for b := make([]byte, 1); ; time.Sleep(5 * time.Millisecond) {
		if _, err := c.Read(b); err != nil {
			return
		}
	}
}

// impatientUpload closes when a body's last byte does not come at once.
func impatientUpload(c net.Conn) {
	script(func(_ int, r *http.Request, body string) string {
		return ok("text/plain", strconv.Itoa(len(body)))
	}).handle(&hasty{c})
}

func patientWithheld() limits {
	l := brisk()
	l.withheld = 5 * time.Second
	return l
}

// hasty reads fail when nothing comes for a short time.
type hasty struct{ net.Conn }

func (h *hasty) Read(b []byte) (int, error) {
	h.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	return h.Conn.Read(b)
}

func TestExactDistinguishesDifferencesFromSilence(t *testing.T) {
	t.Parallel()
	err := Exact(t.Context(), serve(t, always(replaced("alive", "aliXe"))), "joust.test", row(hello()))
	if d := (*Difference)(nil); !errors.As(err, &d) || d.Request != "GET /" || !strings.Contains(d.What, "byte 3") {
		t.Errorf("a wrong answer: got %v, want a *Difference", err)
	}
	err = Exact(t.Context(), serve(t, func(net.Conn) {}), "joust.test", row(hello()))
	if d := (*Difference)(nil); err == nil || errors.As(err, &d) {
		t.Errorf("no answer: got %#v, want another error", err)
	}
	err = Exact(t.Context(), closedAddress(t), "joust.test", row(hello()))
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("nobody there: got %v, want a refusal", err)
	}
}

// closedAddress returns an address at which nobody listens.
func closedAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestExactAsksEveryRequest(t *testing.T) {
	t.Parallel()
	broken := number()
	broken.Expect.Body = &scenarios.Body{Text: `{"id":2}`}
	err := Exact(t.Context(), serveRight(t), "joust.test", row(hello(), echo(0), broken))
	if err == nil || !strings.Contains(err.Error(), "GET /json: the body differs at byte 6 of 8") {
		t.Errorf("got %v", err)
	}
}

func TestHostIsSent(t *testing.T) {
	t.Parallel()
	address := serve(t, script(func(_ int, r *http.Request, _ string) string {
		if r.Host != "joust.test" {
			return replaced("200 OK", "421 Misdirected")
		}
		return ok("text/plain", alive)
	}).handle)
	if err := Exact(t.Context(), address, "joust.test", row(hello())); err != nil {
		t.Error(err)
	}
}

func TestRowsThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	bad := hello()
	bad.Path = "no slash"
	if err := Exact(t.Context(), "127.0.0.1:1", "joust.test", row(bad)); err == nil || !strings.Contains(err.Error(), "does not begin with /") {
		t.Errorf("got %v", err)
	}
	expectWrong(t, full(t, "127.0.0.1:1", brisk(), row(bad)), "does not begin with /")
	empty := &scenarios.Scenario{Name: "empty"}
	if err := Ready(t.Context(), "127.0.0.1:1", "joust.test", empty); err == nil {
		t.Error("a row without requests is ready")
	}
	if res := Full(t.Context(), "127.0.0.1:1", "joust.test", empty, randomFrom(1)); res == "" {
		t.Errorf("a row without requests: got %+v", res)
	}
}

func TestReadyWaitsForTheServer(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	address := serve(t, func(c net.Conn) {
		switch asked.Add(1) {
		case 1: // closes without an answer
		case 2, 3:
			always(replaced("200 OK", "503 Starting"))(c)
		default:
			always(ok("text/plain", alive))(c)
		}
	})
	if err := Ready(t.Context(), address, "joust.test", row(hello())); err != nil {
		t.Fatal(err)
	}
	if n := asked.Load(); n != 4 {
		t.Errorf("asked %d times, want 4", n)
	}
}

func TestReadyReportsTheLastAttempt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, address, want string }{
		{"refused", closedAddress(t), "connection refused"},
		{"silent", serve(t, silent), "no answer: time ran out"},
		{"closing", serve(t, func(net.Conn) {}), "no answer: the server"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			retry.Often(t, func() string {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				err := Ready(ctx, c.address, "joust.test", row(hello()))
				if err == nil || !strings.Contains(err.Error(), c.want) {
					return fmt.Sprintf("got %v, want %q", err, c.want)
				}
				return ""
			})
		})
	}
}

func TestReadyGivesUpOnWrongAnswers(t *testing.T) {
	t.Parallel()
	address := serve(t, always(replaced("200 OK", "404 Not Found")))
	begun := time.Now()
	err := target{address: address, host: "joust.test", limits: brisk()}.ready(t.Context(), row(hello()))
	if d := (*Difference)(nil); !errors.As(err, &d) || !strings.Contains(err.Error(), "answers wrongly: GET /: expected status 200, got 404") {
		t.Errorf("got %v", err)
	}
	if took := time.Since(begun); took < brisk().grace {
		t.Errorf("gave up after %v, before the grace of %v", took, brisk().grace)
	}
}

func TestEndOfContextEndsTheCheck(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	address := serve(t, func(c net.Conn) {
		cancel()
		silent(c)
	})
	res := Full(ctx, address, "joust.test", row(hello()), randomFrom(1))
	expectWrong(t, res, "context canceled")
}
