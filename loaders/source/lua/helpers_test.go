package lua_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/engine"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

// long bounds loads that end by their count.
const long = time.Minute

// recorder keeps the bytes of all requests that a server reads.
type recorder struct {
	mu       sync.Mutex
	requests []string
	// answer returns the answer to a request; nil answers all with "alive".
	answer func(request string) string
}

// serve is a behaviour that records whole requests, and answers them.
func (r *recorder) serve(p *enginetest.Peer) {
	in := bufio.NewReader(p)
	for {
		text, err := readRequest(in)
		if err != nil {
			return
		}
		r.mu.Lock()
		r.requests = append(r.requests, text)
		r.mu.Unlock()
		answer := enginetest.OK("alive")
		if r.answer != nil {
			answer = r.answer(text)
		}
		p.Send(answer)
		if strings.Contains(answer, "Connection: close") {
			return
		}
	}
}

// readRequest reads one request with its body, byte for byte.
func readRequest(in *bufio.Reader) (string, error) {
	head, err := readHead(in)
	if err != nil {
		return "", err
	}
	parsed, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head)))
	if err != nil {
		return "", err
	}
	if parsed.ContentLength <= 0 {
		return head, nil
	}
	body := make([]byte, parsed.ContentLength)
	_, err = io.ReadFull(in, body)
	return head + string(body), err
}

// readHead reads up to the empty line.
func readHead(in *bufio.Reader) (string, error) {
	var head strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return "", err
		}
		head.WriteString(line)
		if line == "\r\n" && head.Len() > 2 {
			return head.String(), nil
		}
	}
}

// seen returns the requests in the order in which they came.
func (r *recorder) seen() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}

// printer is a Control that keeps what a script prints.
type printer struct {
	enginetest.Steer
	mu   sync.Mutex
	text bytes.Buffer
}

var _ loaders.Printer = (*printer)(nil)

func (p *printer) Printed() (out, err io.Writer) { return p, io.Discard }

func (p *printer) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(text)
}

func (p *printer) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// load is a load of a script, and what came of it.
type load struct {
	recorder
	spec   loaders.Spec
	err    error
	report results.Report
	// printed is what the script printed while it ran, output what its done() printed.
	printed, output string
}

// scripted prepares a load of n requests, one connection and one thread.
func scripted(text string, n uint64) *load {
	phase := enginetest.Closed(long)
	phase.Count = n
	l := &load{spec: enginetest.Spec(phase)}
	l.spec.Connections = 1
	l.spec.Requests = []scenarios.Request{{Name: "GET /path?x=1", Method: "GET", Path: "/path?x=1", Expect: scenarios.Expect{Status: scenarios.AnyStatus}}}
	l.spec.Script = &loaders.Script{File: "test.lua", Text: []byte(text)}
	return l
}

// run makes the load.
func (l *load) run(t testing.TB) *load {
	t.Helper()
	server := enginetest.Start(t, l.serve)
	l.spec.Target.Address, l.spec.Target.Host = server.Address, server.Address
	if l.spec.Script.URL == "" {
		l.spec.Script.URL = "http://" + server.Address + "/path?x=1#end"
	}
	chosen, err := engine.Choose(l.spec)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	control := &printer{}
	l.report, l.err = chosen.Run(ctx, l.spec, control)
	if ctx.Err() != nil {
		t.Fatal("the load did not end")
	}
	l.printed = control.String()
	if l.report.Script != nil {
		l.output = l.report.Script.Output
	}
	return l
}

// right fails the test unless the load ran without an error of its script.
func (l *load) right(t testing.TB) *load {
	t.Helper()
	if l.err != nil || l.report.Script == nil || l.report.Script.Error != "" {
		t.Fatalf("%v, script %+v", l.err, l.report.Script)
	}
	return l
}

// paths returns the targets of the requests in the order in which they came.
func (l *load) paths() (list []string) {
	for _, r := range l.seen() {
		list = append(list, strings.Fields(r)[1])
	}
	return list
}

// prints fails the test unless the load printed the text while it ran.
func (l *load) prints(t testing.TB, want string) {
	t.Helper()
	if l.printed != want {
		t.Errorf("the script printed %q, want %q", l.printed, want)
	}
}

// finishes fails the test unless done printed the text.
func (l *load) finishes(t testing.TB, want string) {
	t.Helper()
	if l.output != want {
		t.Errorf("done() printed %q, want %q", l.output, want)
	}
}

func header(name, value string) scenarios.Header { return scenarios.Header{Name: name, Value: value} }
