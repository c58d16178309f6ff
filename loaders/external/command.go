package external

import (
	"fmt"
	"path/filepath"
	"slices"
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
	// seconds is the length of the run: all tools but one take whole seconds only.
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

// add adds an argument for each word of the text.
func (c *command) add(format string, args ...any) {
	c.args = append(c.args, strings.Fields(fmt.Sprintf(format, args...))...)
}

// url returns the URL of a request.
func (r run) url(q *scenarios.Request) string { return "http://" + r.spec.Target.Address + q.Path }

func (r run) file(name string) string { return filepath.Join(r.dir, name) }

// timeout is the request timeout in whole seconds, at least one.
func (r run) timeout() int { return seconds(r.spec.RequestTimeout) }

// seconds rounds up to whole seconds, at least one.
func seconds(d time.Duration) int { return max(1, int((d+time.Second-1)/time.Second)) }

// upToConnections is the Spec's number of threads, at most one a connection.
func upToConnections(r run) int { return max(1, min(r.spec.Threads, r.spec.Connections)) }

// dividing is the largest number of threads, up to the Spec's, that divides the
// connections: wrk drops the remainder.
func dividing(r run) int {
	n := upToConnections(r)
	for r.spec.Connections%n != 0 {
		n--
	}
	return n
}

func one(run) int { return 1 }

// headHangs says why wrk and h2load cannot ask a HEAD.
const headHangs = "it waits for the body that the answer to a HEAD announces and does not have"

func wrkExpress(row *scenarios.Scenario) string {
	for i := range row.Requests {
		r := &row.Requests[i]
		switch {
		case r.Method == "HEAD":
			return headHangs
		case row.Connection.ReconnectEvery == 1 && !slices.ContainsFunc(r.Headers, closes):
			return "it opens a new connection only where the request says Connection: close"
		}
	}
	if row.Depth > 1 && len(row.Requests) > 1 {
		return "it cannot pipeline requests that alternate"
	}
	return ""
}

func closes(h scenarios.Header) bool {
	return strings.EqualFold(h.Name, "Connection") && strings.EqualFold(h.Value, "close")
}

func wrk2Express(row *scenarios.Scenario) string {
	if row.Depth > 1 {
		return "it paces batches, not requests, where they are pipelined"
	}
	return wrkExpress(row)
}

func wrkCommand(r run) (command, error) {
	var c command
	c.add("-t %d -c %d -d %ds --latency --timeout %ds", dividing(r), r.spec.Connections, r.seconds, r.timeout())
	return r.wrkScripted(c)
}

func wrk2Command(r run) (command, error) {
	var c command
	c.add("-t %d -c %d -d %ds -R %.0f --latency --u_latency --timeout %ds", dividing(r), r.spec.Connections, r.seconds, r.rate, r.timeout())
	return r.wrkScripted(c)
}

// The files of wrk's script.
const (
	wrkScript   = "joust.lua"
	wrkRequests = "requests.bin"
)

// wrkScripted adds the script where the command line cannot say the request,
// and the URL. The script hands wrk the bytes that joust's own loader sends.
func (r run) wrkScripted(c command) (command, error) {
	first := &r.spec.Requests[0]
	if !r.plain() {
		var requests []byte
		var lengths []string
		for i := range r.spec.Requests {
			q, err := wire.Compile(&r.spec.Requests[i], r.spec.Target.Host)
			if err != nil {
				return c, err
			}
			before := len(requests)
			for range max(1, r.spec.Depth) {
				requests = slices.Concat(requests, q.Head, q.Body)
			}
			lengths = append(lengths, strconv.Itoa(len(requests)-before))
		}
		c.files = map[string][]byte{wrkRequests: requests, wrkScript: []byte(r.lua(lengths))}
		c.args = append(c.args, "-s", r.file(wrkScript))
	}
	c.args = append(c.args, r.url(first))
	return c, nil
}

// plain reports whether the URL alone says the request.
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
			return headHangs
		case r.Body != nil && r.Body.Chunk > 0:
			return "it sends no chunked bodies"
		case r.Version != "":
			return "it speaks no HTTP/" + r.Version
		case len(row.Requests) > 1 && (r.Body != nil || r.Method != first.Method || !slices.Equal(r.Headers, first.Headers)):
			return "requests that alternate may differ in their path only"
		}
	}
	return ""
}

// h2loadURLs is the file of h2load's URLs where there are several.
const h2loadURLs = "urls.txt"

func h2loadCommand(r run) (command, error) {
	c := command{files: map[string][]byte{}}
	c.add("--h1 -t %d -c %d -D %ds -N %ds", upToConnections(r), r.spec.Connections, r.seconds, r.timeout())
	q := &r.spec.Requests[0]
	if r.spec.Depth > 1 {
		c.add("-m %d", r.spec.Depth)
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
		c.args = append(c.args, r.url(q))
		return c, nil
	}
	var list []byte
	for i := range r.spec.Requests {
		list = fmt.Appendln(list, r.url(&r.spec.Requests[i]))
	}
	c.files[h2loadURLs] = list
	c.args = append(c.args, "-i", r.file(h2loadURLs))
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

// abMost is the largest number of requests, for each second of a run, that ab may
// make. No server answers as many to one thread: the time ends every run. ab needs
// 40 bytes for each.
const abMost = 1_000_000

func abCommand(r run) (command, error) {
	c := command{files: map[string][]byte{}}
	c.add("-q -r")
	q := &r.spec.Requests[0]
	if r.spec.Connection.ReconnectEvery == 0 {
		c.add("-k")
	}
	// -t sets -n to 50000, so -n comes after it.
	c.add("-c %d -t %d -n %d -s %d", r.spec.Connections, r.seconds, max(r.seconds*abMost, r.spec.Connections), r.timeout())
	c.args = append(c.args, "-e", r.file(abPercentiles))
	switch {
	case q.Body != nil:
		c.files[bodyFile] = q.Body.Bytes()
		c.args = append(c.args, map[string]string{"POST": "-p", "PUT": "-u"}[q.Method], r.file(bodyFile))
	case q.Method == "HEAD":
		c.add("-i")
	case q.Method != "GET":
		c.add("-m %s", q.Method)
	}
	for _, h := range q.Headers {
		switch {
		case q.Body != nil && strings.EqualFold(h.Name, "Content-Type"):
			c.args = append(c.args, "-T", h.Value)
		case r.spec.Connection.ReconnectEvery == 1 && strings.EqualFold(h.Name, "Connection"):
			// Without -k ab sends the header itself.
		default:
			c.args = append(c.args, "-H", h.Name+": "+h.Value)
		}
	}
	c.args = append(c.args, r.url(q))
	return c, nil
}
