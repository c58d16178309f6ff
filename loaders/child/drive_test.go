package child_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/child"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/results"
)

// impostor runs f in place of a loader process. Its pipes are in memory, so that
// the clock of a bubble may go on while both ends wait.
func impostor(t *testing.T, f func(in *json.Decoder, out io.Writer)) child.Driver {
	t.Helper()
	fromJoust, toChild := io.Pipe()
	fromChild, toJoust := io.Pipe()
	go func() {
		f(json.NewDecoder(fromJoust), toJoust)
		_ = toJoust.Close()
		_ = fromJoust.Close()
	}()
	return child.Driver{Stdin: toChild, Stdout: fromChild}
}

// say writes messages as a loader process does.
func say(out io.Writer, messages ...loaders.Message) {
	enc := json.NewEncoder(out)
	for _, m := range messages {
		_ = enc.Encode(m)
	}
}

var (
	ready  = loaders.Message{Ready: &loaders.Ready{Connections: 3, Asked: 3}}
	report = loaders.Message{Report: &results.Report{Loader: "impostor"}}
)

// hear reads messages until one is as wanted.
func hear(in *json.Decoder, wanted func(loaders.Message) bool) {
	var m loaders.Message
	for in.Decode(&m) == nil && !wanted(m) {
		m = loaders.Message{}
	}
}

func isPrepare(m loaders.Message) bool { return m.Prepare != nil }
func isStart(m loaders.Message) bool   { return m.Start != nil }
func never(loaders.Message) bool       { return false }

func TestChildrenThatFail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		child func(in *json.Decoder, out io.Writer)
		want  string
		ended bool
	}{
		{"ends at once", func(*json.Decoder, io.Writer) {}, "ended without a report", true},
		{"ends after ready", func(in *json.Decoder, out io.Writer) {
			hear(in, isPrepare)
			say(out, ready)
			hear(in, isStart)
		}, "ended without a report", true},
		{"garbage", func(in *json.Decoder, out io.Writer) {
			hear(in, isPrepare)
			fmt.Fprintln(out, "panic: oh")
			hear(in, never)
		}, "invalid character 'p'", false},
		{"half a message", func(in *json.Decoder, out io.Writer) { hear(in, isPrepare); fmt.Fprint(out, `{"ready":{"conn`) }, "unexpected EOF", false},
		{"wrong type", func(in *json.Decoder, out io.Writer) {
			hear(in, isPrepare)
			fmt.Fprintln(out, `{"ready":7}`)
			hear(in, never)
		}, "cannot unmarshal number", false},
		{"silent", func(in *json.Decoder, _ io.Writer) { hear(in, never) }, "said nothing for 15s", false},
		{"silent after ready", func(in *json.Decoder, out io.Writer) { hear(in, isPrepare); say(out, ready); hear(in, never) }, "said nothing for 15s", false},
		{"fails", func(in *json.Decoder, out io.Writer) {
			hear(in, isPrepare)
			say(out, loaders.Message{Failed: &loaders.Failed{Error: "no such thing"}})
		}, "no such thing", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, err := impostor(t, c.child).Run(t.Context(), enginetest.Spec(enginetest.Closed(time.Second)), &enginetest.Steer{})
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q", err, c.want)
				}
				if errors.Is(err, child.ErrLoaderEnded) != c.ended {
					t.Errorf("%v: ended without a report: %v, want %v", err, !c.ended, c.ended)
				}
			})
		})
	}
}

// Joust may take longer to answer than a child may be silent.
func TestSlowJoustIsNoHungChild(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		driver := impostor(t, func(in *json.Decoder, out io.Writer) {
			hear(in, isPrepare)
			say(out, ready)
			hear(in, isStart)
			say(out, report)
		})
		got, err := driver.Run(t.Context(), enginetest.Spec(enginetest.Closed(time.Second)),
			reluctant{&enginetest.Steer{}, func(context.Context) error { time.Sleep(time.Minute); return nil }})
		if err != nil || got.Loader != "impostor" {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

// A child that sends heartbeats but no report after a stop is given up.
func TestChildThatDoesNotStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		driver := impostor(t, func(in *json.Decoder, out io.Writer) {
			hear(in, isPrepare)
			gone := make(chan struct{})
			go func() { hear(in, never); close(gone) }()
			for say(out, ready); ; say(out, loaders.Message{Heartbeat: &loaders.Heartbeat{}}) {
				select {
				case <-gone:
					return
				case <-time.After(time.Second):
				}
			}
		})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := driver.Run(ctx, enginetest.Spec(enginetest.Closed(time.Second)), &enginetest.Steer{})
		if err == nil || !strings.Contains(err.Error(), "has not reported within 12s") {
			t.Errorf("got %v", err)
		}
	})
}
