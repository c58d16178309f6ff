package child_test

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/child"
	"github.com/joust-bench/joust/loaders/enginetest"
)

// serving starts Serve with a load that would go on for an hour, and returns
// when its window is announced.
func serving(t *testing.T) (ends, <-chan error) {
	t.Helper()
	server := enginetest.Start(t, func(p *enginetest.Peer) { p.Hold() })
	e := pipes(t)
	ended := make(chan error, 1)
	go func() { ended <- child.Serve(context.Background(), e.fromJoust, e.toJoust, io.Discard, "v") }()
	spec := enginetest.Spec(enginetest.Closed(time.Hour))
	spec.Target.Address, spec.Drain, spec.RequestTimeout = server.Address, time.Hour, time.Hour
	// Nothing waits for the second Start and the third: they must not block.
	say(e.toChild, loaders.Message{Prepare: &spec}, loaders.Message{Start: &loaders.Start{}}, loaders.Message{Start: &loaders.Start{}}, loaders.Message{Start: &loaders.Start{}})
	hear(json.NewDecoder(e.fromChild), func(m loaders.Message) bool { return m.Window != nil })
	return e, ended
}

// The end of the input ends the loader at once: it does not drain.
func TestEndOfInputEndsServe(t *testing.T) {
	t.Parallel()
	e, ended := serving(t)
	began := time.Now()
	if err := e.toChild.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "joust is gone") {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took >= loaders.MaxDrain {
		t.Errorf("it took %v to end, as long as a drain", took)
	}
}

func TestGarbageInputEndsServe(t *testing.T) {
	t.Parallel()
	e, ended := serving(t)
	if _, err := e.toChild.WriteString("stop please\n"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "invalid character 's'") {
		t.Errorf("got %v", err)
	}
}

func TestServeWantsPrepareFirst(t *testing.T) {
	t.Parallel()
	for _, input := range []string{"", "hello\n", "{}\n", `{"stop":{}}` + "\n"} {
		err := child.Serve(t.Context(), strings.NewReader(input), &strings.Builder{}, io.Discard, "v")
		if err == nil || !strings.Contains(err.Error(), "started by joust, not by hand") {
			t.Errorf("%q: got %v", input, err)
		}
	}
}
