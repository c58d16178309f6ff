package external

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec/h1/wire"
	"github.com/joust-bench/joust/scenarios"
)

// run is one run of a tool.
type run struct {
	spec loaders.Spec
	// seconds is the length that is asked for: all tools but one take whole
	// seconds only.
	seconds int
	// rate is for open loops, in req/s.
	rate float64
	// dir is the folder of the tool's files.
	dir string
}

// command is how a run is started: the arguments behind the program's name, and
// the files that must be in the folder, by name.
type command struct {
	args  []string
	files map[string][]byte
}

// url is that of the first request.
func (r run) url() string { return "http://" + r.spec.Target.Address + r.spec.Requests[0].Path }

func (r run) file(name string) string { return filepath.Join(r.dir, name) }

// timeout is the request timeout in whole seconds, at least one.
func (r run) timeout() string {
	return strconv.Itoa(max(1, int((r.spec.RequestTimeout+time.Second-1)/time.Second)))
}

// asked is the number of threads asked for, at most one a connection.
func asked(r run) int { return max(1, min(r.spec.Threads, r.spec.Connections)) }

// dividing is the largest number of threads, up to that asked for, that divides
// the connections: wrk drops the remainder.
func dividing(r run) int {
	n := asked(r)
	for r.spec.Connections%n != 0 {
		n--
	}
	return n
}

func one(run) int { return 1 }

// scripted are the files of wrk's script.
const (
	wrkScript   = "joust.lua"
	wrkRequests = "requests.bin"
)

func wrkExpress(row *scenarios.Scenario) string {
	for i := range row.Requests {
		r := &row.Requests[i]
		switch {
		case r.Method == "HEAD":
			return "it waits for the body that the answer to a HEAD announces and does not have"
		case row.Connection.ReconnectEvery == 1 && !closes(r):
			return "it opens a new connection only where the request says Connection: close"
		}
	}
	if row.Depth > 1 && len(row.Requests) > 1 {
		return "it cannot pipeline requests that alternate"
	}
	return ""
}

func closes(r *scenarios.Request) bool {
	for _, h := range r.Headers {
		if strings.EqualFold(h.Name, "Connection") && strings.EqualFold(h.Value, "close") {
			return true
		}
	}
	return false
}

func wrk2Express(row *scenarios.Scenario) string {
	if row.Depth > 1 {
		return "it paces batches, not requests, where they are pipelined"
	}
	return wrkExpress(row)
}

func wrkCommand(r run) (command, error) {
	c := command{args: []string{
		"-t", strconv.Itoa(dividing(r)), "-c", strconv.Itoa(r.spec.Connections), "-d", strconv.Itoa(r.seconds) + "s",
		"--latency", "--timeout", r.timeout() + "s",
	}}
	return r.wrkScripted(c)
}

func wrk2Command(r run) (command, error) {
	c := command{args: []string{
		"-t", strconv.Itoa(dividing(r)), "-c", strconv.Itoa(r.spec.Connections), "-d", strconv.Itoa(r.seconds) + "s",
		"-R", strconv.FormatFloat(r.rate, 'f', 0, 64), "--latency", "--u_latency", "--timeout", r.timeout() + "s",
	}}
	return r.wrkScripted(c)
}

// wrkScripted adds the script where the command line cannot say the request,
// and the URL. The script hands wrk the bytes that joust's own loader sends.
func (r run) wrkScripted(c command) (command, error) {
	if !r.plain() {
		var bytes []byte
		var lengths []string
		for i := range r.spec.Requests {
			q, err := wire.Compile(&r.spec.Requests[i], r.spec.Target.Host)
			if err != nil {
				return c, err
			}
			before := len(bytes)
			for range max(1, r.spec.Depth) {
				bytes = append(append(bytes, q.Head...), q.Body...)
			}
			lengths = append(lengths, strconv.Itoa(len(bytes)-before))
		}
		c.files = map[string][]byte{wrkRequests: bytes, wrkScript: []byte(r.lua(lengths))}
		c.args = append(c.args, "-s", r.file(wrkScript))
	}
	c.args = append(c.args, r.url())
	return c, nil
}

// plain tells a request that the URL alone says.
func (r run) plain() bool {
	q := &r.spec.Requests[0]
	return len(r.spec.Requests) == 1 && r.spec.Depth <= 1 && q.Method == "GET" && q.Version == "" && len(q.Headers) == 0 &&
		q.Body == nil && r.spec.Target.Host == r.spec.Target.Address
}

// lua is the script. Replacing wrk.format, and not defining request, leaves wrk
// with a fixed request, which costs no Lua under load; several requests do.
func (r run) lua(lengths []string) string {
	ask := "wrk.format = function() return requests[1] end\n"
	if len(lengths) > 1 {
		ask = "local at = 0\nrequest = function()\n  at = at % #requests + 1\n  return requests[at]\nend\n"
	}
	return fmt.Sprintf(`-- Written by joust: the bytes that its own loader sends.
local requests = {}
local file = assert(io.open(%q, "rb"))
for i, n in ipairs({%s}) do requests[i] = file:read(n) end
file:close()
%s`, r.file(wrkRequests), strings.Join(lengths, ", "), ask)
}

// bodyFile is the body of the request for ab and h2load.
const bodyFile = "body.bin"

func h2loadExpress(row *scenarios.Scenario) string {
	if row.Connection.ReconnectEvery > 0 {
		return "it never opens a connection again"
	}
	first := &row.Requests[0]
	for i := range row.Requests {
		r := &row.Requests[i]
		switch {
		case r.Method == "HEAD":
			return "it waits for the body that the answer to a HEAD announces and does not have"
		case r.Body != nil && r.Body.Chunk > 0:
			return "it sends no chunked bodies"
		case r.Version != "":
			return "it speaks no HTTP/" + r.Version
		case len(row.Requests) > 1 && (r.Body != nil || r.Method != first.Method || !sameHeaders(r.Headers, first.Headers)):
			return "requests that alternate may differ in their path only"
		}
	}
	return ""
}

func sameHeaders(a, b []scenarios.Header) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func h2loadCommand(r run) (command, error) {
	c := command{files: map[string][]byte{}, args: []string{
		"--h1", "-t", strconv.Itoa(asked(r)), "-c", strconv.Itoa(r.spec.Connections),
		"-D", strconv.Itoa(r.seconds) + "s", "-N", r.timeout() + "s",
	}}
	q := &r.spec.Requests[0]
	if r.spec.Depth > 1 {
		c.args = append(c.args, "-m", strconv.Itoa(r.spec.Depth))
	}
	implied := "GET"
	if q.Body != nil {
		implied = "POST"
		c.files[bodyFile] = q.Body.Bytes()
		c.args = append(c.args, "-d", r.file(bodyFile))
	}
	if q.Method != implied {
		c.args = append(c.args, "-H", ":method: "+q.Method)
	}
	for _, h := range q.Headers {
		c.args = append(c.args, "-H", h.Name+": "+h.Value)
	}
	if len(r.spec.Requests) == 1 {
		c.args = append(c.args, r.url())
		return c, nil
	}
	var list strings.Builder
	for i := range r.spec.Requests {
		list.WriteString("http://" + r.spec.Target.Address + r.spec.Requests[i].Path + "\n")
	}
	c.files["urls.txt"] = []byte(list.String())
	c.args = append(c.args, "-i", r.file("urls.txt"))
	return c, nil
}

func abExpress(row *scenarios.Scenario) string {
	r := &row.Requests[0]
	switch {
	case len(row.Requests) > 1:
		return "it asks one request only"
	case row.Depth > 1:
		return "it does not pipeline"
	case r.Body != nil && r.Body.Chunk > 0:
		return "it speaks HTTP/1.0, which has no chunked bodies"
	case r.Expect.Framing == scenarios.ChunkedFramed:
		return "it speaks HTTP/1.0, to which no answer is chunked"
	case r.Body != nil && r.Method != "POST" && r.Method != "PUT":
		return "it sends a body with POST and PUT only"
	}
	return ""
}

// abMost bounds the requests of a run by its time and not by their number. ab
// keeps 40 bytes for each, so it is no more than no server can answer to one
// thread.
const abMost = 1_000_000

func abCommand(r run) (command, error) {
	c := command{files: map[string][]byte{}, args: []string{"-q", "-r"}}
	q := &r.spec.Requests[0]
	if r.spec.Connection.ReconnectEvery == 0 {
		c.args = append(c.args, "-k")
	}
	c.args = append(c.args, "-c", strconv.Itoa(r.spec.Connections),
		// -t sets -n to 50000, so -n comes after it.
		"-t", strconv.Itoa(r.seconds), "-n", strconv.Itoa(max(r.seconds*abMost, r.spec.Connections)), "-s", r.timeout(),
		"-e", r.file(abPercentiles))
	body := q.Body != nil
	switch {
	case body:
		c.files[bodyFile] = q.Body.Bytes()
		c.args = append(c.args, map[string]string{"POST": "-p", "PUT": "-u"}[q.Method], r.file(bodyFile))
	case q.Method == "HEAD":
		c.args = append(c.args, "-i")
	case q.Method != "GET":
		c.args = append(c.args, "-m", q.Method)
	}
	for _, h := range q.Headers {
		switch {
		case body && strings.EqualFold(h.Name, "Content-Type"):
			c.args = append(c.args, "-T", h.Value)
		case r.spec.Connection.ReconnectEvery == 1 && strings.EqualFold(h.Name, "Connection"):
			// Without -k it says so itself.
		default:
			c.args = append(c.args, "-H", h.Name+": "+h.Value)
		}
	}
	c.args = append(c.args, r.url())
	return c, nil
}
