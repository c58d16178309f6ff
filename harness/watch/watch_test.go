package watch_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/harness/watch"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

const (
	second = int64(time.Second)
	tick   = int64(100 * time.Millisecond)
	// t0 is the begin of the window.
	t0 = 1000 * second
)

// begin watches for one rule from the begin of a window.
func begin(t testing.TB, rule string) *watch.Watch {
	t.Helper()
	rules, err := watch.Parse([]string{rule})
	if err != nil {
		t.Fatal(err)
	}
	w := watch.New(rules)
	w.Window(loaders.Window{Phase: "closed", T0NS: t0, T1NS: t0 + 1000*second})
	return w
}

// load is a load whose answers in a tick are told by a function of the time in ticks.
type load struct {
	results.Interval
	right, failed func(tick int64) uint64
}

// firesAfter returns the time from the window's begin after which the rule ends the load,
// and 0 where it does not within so many ticks.
func (l load) firesAfter(w *watch.Watch, ticks int64) time.Duration {
	for k := range ticks {
		l.AtNS = t0 + (k+1)*tick
		l.Completed += l.right(k)
		l.Failed += l.failed(k)
		l.Bytes = 1000 * l.Completed
		if a := w.Interval(loaders.Interval{Phase: "closed", Interval: l.Interval}); a != nil {
			return time.Duration(a.AfterNS)
		}
	}
	return 0
}

func always(n uint64) func(int64) uint64 { return func(int64) uint64 { return n } }

// between returns n from one tick up to another, else otherwise.
func between(from, to int64, n, otherwise uint64) func(int64) uint64 {
	return func(k int64) uint64 {
		if k >= from && k < to {
			return n
		}
		return otherwise
	}
}

// A rule ends the load when its condition has held for its whole time, counted from the
// first instant at which it is seen to hold.
func TestARuleHoldsForItsWholeTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, rule    string
		right, failed func(int64) uint64
		after         time.Duration
	}{
		{"all answers are right", "error_rate>20% for 2s", always(10), always(0), 0},
		{"every second one fails from the begin", "error_rate>20% for 2s", always(5), always(5), 2100 * time.Millisecond},
		// 21 % of the last second have failed with the fifth tick that fails half.
		{"it begins to fail midway", "error_rate>20% for 2s", between(50, 1000, 5, 10), between(50, 1000, 5, 0), 7500 * time.Millisecond},
		{"it fails for too short a time", "error_rate>20% for 2s", between(50, 65, 5, 10), between(50, 65, 5, 0), 0},
		{"it fails twice, each time for too short a time", "error_rate>20% for 2s", always(10), func(k int64) uint64 { return uint64(k / 20 % 2 * 10) }, 0},
		{"it answers nothing between failures", "error_rate>20% for 3s", always(0), func(k int64) uint64 { return uint64((k%20 + 1) / 20) }, 6 * time.Second},
		{"almost all fail for too short a time", "error_rate>1% for 2s", between(20, 35, 0, 10), between(20, 35, 10, 0), 0},
		{"almost all fail for long enough", "error_rate>1% for 2s", between(20, 41, 0, 10), between(20, 41, 10, 0), 4100 * time.Millisecond},
		{"too many failures", "errors>=10 for 1s", always(1), always(1), 2 * time.Second},
		{"too slow", "throughput<50 for 1s", between(0, 20, 10, 4), always(0), 3900 * time.Millisecond},
		{"fast enough", "throughput<40 for 1s", always(4), always(0), 0},
		{"it stops", "rps<1 for 5s", between(0, 20, 10, 0), always(0), 8 * time.Second},
		{"bytes", "bytes/s>=40kB/s for 0.5s", always(4), always(0), 600 * time.Millisecond},
	} {
		if got := (load{right: c.right, failed: c.failed}).firesAfter(begin(t, c.rule), 200); got != c.after {
			t.Errorf("%s: the rule %s ends the load after %v, want %v", c.name, c.rule, got, c.after)
		}
	}
}

// A rule never ends a load before its time has passed, and never where the last figures
// do not fulfil it.
func TestNoRuleFiresEarly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		length := rapid.Int64Range(1, 30).Draw(r, "length of the rule in ticks")
		w := begin(t, fmt.Sprintf("error_rate>0 for %dms", length*100))
		var i results.Interval
		failing := int64(0) // the ticks since something failed after a second of right answers
		quiet := int64(10)
		for k := range int64(200) {
			failed := rapid.SampledFrom([]uint64{0, 0, 0, 0, 1}).Draw(r, "failed")
			i.AtNS, i.Completed, i.Failed = t0+(k+1)*tick, i.Completed+10, i.Failed+failed
			if quiet++; failed > 0 {
				quiet = 0
			}
			if failing++; quiet >= 10 {
				failing = 0
			}
			if w.Interval(loaders.Interval{Phase: "closed", Interval: i}) == nil {
				continue
			}
			if failed == 0 || failing <= length {
				r.Fatalf("the rule ends the load %d ticks after the first failure, and %d failed last", failing, failed)
			}
			return
		}
	})
}

// latencies is a segment of answers that took so long.
func latencies(t testing.TB, ns int64, n int) *results.Segment {
	t.Helper()
	var h record.Histogram
	for range n {
		h.Record(ns)
	}
	out, err := h.Result()
	if err != nil {
		t.Fatal(err)
	}
	return &results.Segment{Completed: uint64(n), Latency: out}
}

// Latencies are those of segments. Intervals without one, and segments without a right
// answer, change nothing.
func TestRulesOfLatency(t *testing.T) {
	t.Parallel()
	slow, fast, none := latencies(t, second, 100), latencies(t, second/100, 100), &results.Segment{Failed: 5}
	for _, c := range []struct {
		name     string
		segments []*results.Segment
		after    time.Duration
	}{
		{"slow from the begin", []*results.Segment{slow, slow, slow, slow}, 3 * time.Second},
		{"slow for too short a time", []*results.Segment{slow, slow, fast, slow, slow}, 0},
		{"nothing is answered between", []*results.Segment{slow, none, slow}, 3 * time.Second},
		{"nothing is answered", []*results.Segment{none, none, none, none}, 0},
	} {
		w, got := begin(t, "p99>500ms for 2s"), time.Duration(0)
		for k := range int64(len(c.segments) * 10) {
			i := loaders.Interval{Phase: "closed", Interval: results.Interval{AtNS: t0 + (k+1)*tick}}
			if k%10 == 9 {
				i.Segment = c.segments[k/10]
			}
			if a := w.Interval(i); a != nil {
				got = time.Duration(a.AfterNS)
				break
			}
		}
		if got != c.after {
			t.Errorf("%s: the rule ends the load after %v, want %v", c.name, got, c.after)
		}
	}
}

// The counts of a phase begin at 0, and the time for which a condition holds goes on.
func TestARuleGoesOnInTheNextPhase(t *testing.T) {
	t.Parallel()
	w := begin(t, "error_rate>20% for 1s")
	failing := results.Interval{}
	for k := range int64(8) {
		failing.AtNS, failing.Failed = t0+(k+1)*tick, failing.Failed+5
		if a := w.Interval(loaders.Interval{Phase: "warm-up", Interval: failing}); a != nil {
			t.Fatalf("%+v after %d ticks", a, k+1)
		}
	}
	begin := t0 + 8*tick
	w.Window(loaders.Window{Phase: "closed", T0NS: begin, T1NS: t0 + 1000*second})
	for k := range int64(3) {
		a := w.Interval(loaders.Interval{Phase: "closed", Interval: results.Interval{AtNS: begin + (k+1)*tick, Failed: uint64(k+1) * 5}})
		want := &results.Abort{Rule: "error_rate > 20% for 1s", Phase: "closed", AfterNS: 3 * tick, Value: 1, Unit: "share"}
		if k < 2 && a != nil || k == 2 && (a == nil || *a != *want) {
			t.Fatalf("%+v after %d ticks", a, k+1)
		}
	}
}

func TestWrongRules(t *testing.T) {
	t.Parallel()
	_, err := watch.Parse([]string{"error_rate>20%", "p99>1s for 5s", "status_503>1 for 1s", "achieved<90% for 1s"})
	want := `"error_rate>20%" has no time for which it must hold; write it behind the condition, such as error_rate>20% for 10s
"status_503>1": there is no metric "status_503"; the metrics are p50, p75, p90, p95, p99, p99.9, p99.99, min, max, mean, stdev, error_rate, errors, throughput, bytes/s and any other percentile, such as p99.95
"achieved<90%": there is no metric "achieved"; the metrics are p50, p75, p90, p95, p99, p99.9, p99.99, min, max, mean, stdev, error_rate, errors, throughput, bytes/s and any other percentile, such as p99.95`
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}
