package adhoc_test

import (
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
)

// A script has a begin, as under wrk: it is measured from there, without a warm-up unless
// one is asked for, and ${ in its request is a text like others.
func TestScriptIsMeasuredFromItsBegin(t *testing.T) {
	t.Parallel()
	f := plain()
	f.Script = &loaders.Script{File: "x.lua", URL: "http://127.0.0.1:8080/${id}"}
	s := spec(t, f, "http://127.0.0.1:8080/${id}", "127.0.0.1")
	if len(s.Phases) != 1 || s.Phases[0].Lead != 0 || s.Script != f.Script || s.Requests[0].Pieces {
		t.Errorf("%+v", s)
	}
	warmup := time.Second
	f.Warmup = &warmup
	if s := spec(t, f, "http://127.0.0.1:8080/", "127.0.0.1"); len(s.Phases) != 2 || s.Phases[0].Duration != warmup {
		t.Errorf("%+v", s.Phases)
	}
}

// What a script says itself is refused, all of it at once.
func TestScriptRefuses(t *testing.T) {
	t.Parallel()
	f := plain()
	users := 4
	f.Script, f.Users, f.Depth, f.Follow, f.RequestID, f.Bust = &loaders.Script{File: "x.lua", Compat: "wrk9"}, &users, 2, true, "X-Id", "cb"
	_, err := f.Spec(parse(t, "http://127.0.0.1:8080/"), []string{"127.0.0.1"})
	for _, want := range []string{"--compat wrk9: lax or wrk2", "--depth 2", "--users", "--follow", "--request-id", "--bust"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
