package lua

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"time"

	gl "github.com/yuin/gopher-lua"

	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/results"
)

// thread is a thread of the load with its state. One goroutine may use it.
type thread struct {
	*state
	number int
	// address is what its connections connect to; first is the one that the target has.
	address, first address
	// runs is true once the load may begin, stopped once the script has stopped the thread.
	runs, stopped bool
	// fixed is true where the script has no function request: the text of wrk.request is
	// asked all the time.
	fixed bool
	spent results.ScriptTime
	// inside is the instant at which the function that runs was called, 0 for none. Another
	// goroutine reads it.
	inside atomic.Int64
	// requests, responses and waits count the calls of request, response and delay.
	requests, responses, waits uint64
}

func newThread(p *Program, number int) *thread {
	a := p.addresses()[0]
	return &thread{number: number, address: a, first: a}
}

// begin prepares the thread once init was called.
func (t *thread) begin() { t.fixed = !t.isFunction("request") }

// enter begins to measure a call of the script, and leave ends that, in the given clock.
func (t *thread) enter() int64 {
	now := clock.Now()
	t.inside.Store(now)
	return now
}

func (t *thread) leave(since int64, spent *int64) {
	*spent += clock.Now() - since
	t.inside.Store(0)
}

// text calls request, and returns the text of one request or more; empty for none.
func (t *thread) text() (text string, err error) {
	defer t.leave(t.enter(), &t.spent.RequestNS)
	f := t.GetGlobal("request")
	if _, ok := f.(*gl.LFunction); !ok {
		f = t.GetField(t.wrk, "request")
	}
	t.requests++
	t.Push(f)
	if err := t.explain(t.PCall(0, 1, nil)); err != nil {
		return "", fmt.Errorf("%w: request(), called for the %s time by thread %d", err, ordinal(t.requests), t.number)
	}
	v := t.Get(-1)
	t.Pop(1)
	if text = gl.LVAsString(v); text == "" && !t.stopped {
		return "", fmt.Errorf("%s: request() returned %s, when it was called for the %s time by thread %d: it is to return the text of a request, or to call wrk.thread:stop() before",
			place(f, t.program.File), describe(v), ordinal(t.requests), t.number)
	}
	return text, nil
}

// place names the line of a function.
func place(f gl.LValue, file string) string {
	if f, ok := f.(*gl.LFunction); ok && f.Proto != nil {
		return fmt.Sprintf("%s:%d", f.Proto.SourceName, f.Proto.LineDefined)
	}
	return file
}

// describe names a value that is no request.
func describe(v gl.LValue) string {
	switch {
	case v == gl.LNil:
		return "nil"
	case v.Type() == gl.LTString:
		return "an empty string"
	}
	return "a " + v.Type().String()
}

// ordinal returns the number with its ending, such as 22nd.
func ordinal(n uint64) string {
	ending := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			ending = "st"
		case 2:
			ending = "nd"
		case 3:
			ending = "rd"
		}
	}
	return fmt.Sprintf("%d%s", n, ending)
}

// delay calls delay, and returns the time for which the next request waits: whole
// milliseconds.
func (t *thread) delay() (time.Duration, error) {
	defer t.leave(t.enter(), &t.spent.DelayNS)
	t.waits++
	t.Push(t.GetGlobal("delay"))
	if err := t.explain(t.PCall(0, 1, nil)); err != nil {
		return 0, fmt.Errorf("%w: delay(), called for the %s time by thread %d", err, ordinal(t.waits), t.number)
	}
	ms := float64(gl.LVAsNumber(t.Get(-1)))
	t.Pop(1)
	const longest = 24 * time.Hour
	return time.Duration(min(max(0, ms), float64(longest.Milliseconds()))) * time.Millisecond, nil
}

// response calls response with the answer, where the script has that function.
func (t *thread) response(v *source.View) error {
	f, ok := t.GetGlobal("response").(*gl.LFunction)
	if !ok {
		return nil
	}
	defer t.leave(t.enter(), &t.spent.ResponseNS)
	t.responses++
	t.Push(f)
	t.Push(gl.LNumber(v.Status))
	t.Push(headersOf(t.LState, v.Head))
	t.Push(gl.LString(v.Body))
	if err := t.explain(t.PCall(3, 0, nil)); err != nil {
		return fmt.Errorf("%w: response(), called for the %s time by thread %d", err, ordinal(t.responses), t.number)
	}
	return nil
}

// headersOf returns the fields of a head by their names as they came; the last of equal
// names wins.
func headersOf(l *gl.LState, head []byte) *gl.LTable {
	t := l.CreateTable(0, 8)
	_, rest, _ := bytes.Cut(head, []byte("\n"))
	for len(rest) > 0 {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		if name, value, ok := bytes.Cut(line, []byte(":")); ok {
			t.RawSetString(string(name), gl.LString(bytes.TrimSpace(value)))
		}
	}
	return t
}
