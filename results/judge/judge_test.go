package judge

import (
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results"
)

// want is the expected verdict; Flags and Codes are complete.
type want struct {
	limit   results.Bottleneck
	invalid bool
	flags   []results.Flag
	codes   []string
	// says are parts of the reasons' texts.
	says []string
}

// hold compares a verdict with the expected one.
func (w want) hold(t *testing.T, v results.Verdict) {
	t.Helper()
	var codes []string
	var texts strings.Builder
	voids := false
	for _, r := range v.Reasons {
		codes = append(codes, r.Code)
		texts.WriteString(r.Text + "\n")
		voids = voids || r.Voids
	}
	if v.Bottleneck != w.limit {
		t.Errorf("bottleneck %q, want %q", v.Bottleneck, w.limit)
	}
	if v.Valid == w.invalid {
		t.Errorf("valid is %t:\n%s", v.Valid, texts.String())
	}
	if voids == v.Valid {
		t.Errorf("valid is %t, and a reason that voids is %t: exactly one must be", v.Valid, voids)
	}
	if !slices.Equal(v.Flags, w.flags) {
		t.Errorf("flags %v, want %v", v.Flags, w.flags)
	}
	if disturbed := Disturbance(v) != ""; disturbed != v.Has(results.FlagDisturbed) {
		t.Errorf("flags %v, and a reason that says what disturbed it: %t; trials are repeated by both", v.Flags, disturbed)
	}
	if d := cmp.Diff(w.codes, codes); d != "" {
		t.Errorf("codes of the reasons (-want +got):\n%s\n%s", d, texts.String())
	}
	for _, part := range w.says {
		if !strings.Contains(texts.String(), part) {
			t.Errorf("no reason says %q:\n%s", part, texts.String())
		}
	}
}

const (
	second = int64(time.Second)
	// asked is the window of every phase here.
	asked = time.Second
)

func ptr[T any](v T) *T { return &v }

// histograms is a cache: encoding takes a while.
var histograms sync.Map

// histogram counts n samples of one duration.
func histogram(t *testing.T, n int, d time.Duration) *results.Histogram {
	t.Helper()
	type key struct {
		n int
		d time.Duration
	}
	if h, ok := histograms.Load(key{n, d}); ok {
		return h.(*results.Histogram)
	}
	r := mixed(t, map[time.Duration]int{d: n})
	histograms.Store(key{n, d}, r)
	return r
}

// mixed counts samples of several durations.
func mixed(t *testing.T, counts map[time.Duration]int) *results.Histogram {
	t.Helper()
	h := hdrhistogram.New(1, int64(10*time.Minute), 3)
	r := &results.Histogram{}
	sum := 0.0
	for d, n := range counts {
		if err := h.RecordValues(int64(d), int64(n)); err != nil {
			t.Fatal(err)
		}
		if r.Count == 0 || int64(d) < r.MinNS {
			r.MinNS = int64(d)
		}
		r.Count, r.MaxNS, sum = r.Count+uint64(n), max(r.MaxNS, int64(d)), sum+float64(d)*float64(n)
	}
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	r.MeanNS, r.HDRv2 = sum/float64(r.Count), string(text)
	return r
}

// closed is a second of closed loop at 10 000 req/s with nothing to complain
// of, both sides at the given shares.
func closed(us, ul float64) Evidence {
	return Evidence{
		Loader: &results.Phase{
			Name: results.PhaseClosed, Loop: results.ClosedLoop, Measured: true, T0NS: second, T1NS: 2 * second,
			Total: results.Group{Completed: 10000}, CompletedFirstHalf: 5000, MinConnectionsOpen: 64,
			Threads: []results.ThreadUse{{Work: ul / 2}, {Work: ul}},
		},
		Measured: &results.TrialPhase{Name: results.PhaseClosed, ServerCPUBusy: &us},
		Report:   &results.Report{ConnectionsAsked: 64, ConnectionsOpen: 64, Depth: 1, Threads: 2},
		Asked:    asked, Limits: results.DefaultThresholds(),
	}
}

func TestBottleneckTable(t *testing.T) {
	t.Parallel()
	const below = 1e-9
	tests := map[string]struct {
		us, ul float64
		limit  results.Bottleneck
		upper  float64
		says   string
	}{
		"server at its edge":                 {0.95, 0, results.LimitServer, 0, "server CPUs 95.0 % busy ≥ 95.0 %; loader thread 1 worked 0.0 %"},
		"server, whatever the loader":        {1, 1, results.LimitServer, 0, "server CPUs 100.0 % busy ≥ 95.0 %; loader thread 2 worked 100.0 %"},
		"server just below its edge, alone":  {0.95 - below, 0.5, results.LimitUnknown, 0, "the two shares alone do not tell"},
		"balanced at its lower edge":         {0.90, 0.95, results.LimitBalanced, 10000 / 0.90, "server CPUs 90.0 % busy, between 90.0 % and 95.0 %; loader thread 2 worked 95.0 % ≥ 95.0 %"},
		"balanced just below the upper edge": {0.95 - below, 1, results.LimitBalanced, 10000 / (0.95 - below), "between"},
		"balanced needs a full loader":       {0.92, 0.95 - below, results.LimitUnknown, 0, "server CPUs 92.0 % busy and loader thread 2 worked 95.0 %: the two shares alone"},
		"loader just below balanced":         {0.90 - below, 0.95, results.LimitLoader, 10000 / (0.90 - below), "loader thread 2 worked 95.0 % ≥ 95.0 %; server CPUs 90.0 % busy < 90.0 %"},
		"loader at the edge of an estimate":  {0.70, 1, results.LimitLoader, 10000 / 0.70, "≥ 95.0 %"},
		"loader without an estimate":         {0.70 - below, 1, results.LimitLoader, 0, "≥ 95.0 %"},
		"loader, idle server":                {0, 0.95, results.LimitLoader, 0, "server CPUs 0.0 % busy < 90.0 %"},
		"connections below both edges":       {0.80 - below, 0.80 - below, results.LimitConnections, 0, "both < 80.0 %: waiting, not working, limited it; try more clients"},
		"server at the slack's edge":         {0.80, 0.80 - below, results.LimitUnknown, 0, "the two shares alone do not tell which of them limited it"},
		"loader at the slack's edge":         {0.80 - below, 0.80, results.LimitUnknown, 0, "the two shares alone do not tell which of them limited it"},
		"neither full nor slack":             {0.85, 0.85, results.LimitUnknown, 0, "server CPUs 85.0 % busy and loader thread 2 worked 85.0 %"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := Phase(closed(tt.us, tt.ul))
			want{limit: tt.limit, codes: []string{"shares"}, says: []string{tt.says}}.hold(t, v)
			switch {
			case tt.upper == 0 && v.UpperRPS != nil:
				t.Errorf("upper bound %v where none is allowed", *v.UpperRPS)
			case tt.upper != 0 && (v.UpperRPS == nil || math.Abs(*v.UpperRPS-tt.upper) > 1e-6):
				t.Errorf("upper bound %v, want %v", v.UpperRPS, tt.upper)
			}
			if v.ServerShare == nil || *v.ServerShare != tt.us || v.LoaderShare == nil || *v.LoaderShare != tt.ul {
				t.Errorf("shares %v and %v, want %v and %v (the busiest thread)", v.ServerShare, v.LoaderShare, tt.us, tt.ul)
			}
		})
	}
}

func TestClosedLoopWithoutShares(t *testing.T) {
	t.Parallel()
	const busy = 0.5
	tests := map[string]struct {
		edit func(*Evidence)
		want want
	}{
		"shared CPUs": {
			func(e *Evidence) { e.Shared = true },
			want{limit: results.LimitSharedCPU, codes: []string{"shared-cpu"}, says: []string{"share their CPUs"}},
		},
		"server not sampled": {
			func(e *Evidence) { e.Measured.ServerCPUBusy = nil },
			want{limit: results.LimitUnknown, codes: []string{"shares"}, says: []string{"loader thread 2 worked 50.0 % < 95.0 %, and the CPU use of the server is not known"}},
		},
		"server not sampled, a full loader": {
			func(e *Evidence) { e.Measured, e.Loader.Threads[1].Work = nil, 0.95 },
			want{limit: results.LimitLoader, codes: []string{"shares"}, says: []string{"loader thread 2 worked 95.0 % ≥ 95.0 %, so the loader limited it"}},
		},
		"loader without threads": {
			func(e *Evidence) { e.Loader.Threads = nil },
			want{limit: results.LimitUnknown, codes: []string{"not-sampled"}},
		},
		"one full server thread is a full server": {
			func(e *Evidence) { e.Measured.Server = &results.Usage{BusiestThread: ptr(0.95)} },
			want{limit: results.LimitServer, codes: []string{"shares"}, says: []string{"busiest server thread 95.0 % busy ≥ 95.0 %"}},
		},
		"a thread just below full changes nothing": {
			func(e *Evidence) { e.Measured.Server = &results.Usage{BusiestThread: ptr(0.9499)} },
			want{limit: results.LimitConnections, codes: []string{"shares"}, says: []string{"server CPUs 50.0 % busy"}},
		},
		"a full thread speaks for a server whose CPUs were not read": {
			func(e *Evidence) {
				e.Measured.ServerCPUBusy, e.Measured.Server = nil, &results.Usage{BusiestThread: ptr(0.99)}
			},
			want{limit: results.LimitServer, codes: []string{"shares"}},
		},
		"a half-busy thread does not": {
			func(e *Evidence) {
				e.Measured.ServerCPUBusy, e.Measured.Server = nil, &results.Usage{BusiestThread: ptr(0.5)}
			},
			want{limit: results.LimitUnknown, codes: []string{"shares"}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := closed(busy, busy)
			tt.edit(&e)
			tt.want.hold(t, Phase(e))
		})
	}
}

func TestSkippedIsNeitherValidNorVoid(t *testing.T) {
	t.Parallel()
	got := Skipped(results.Reason{Code: "beyond-loader", Text: "too fast"})
	if d := cmp.Diff(results.Verdict{NotRun: true, Reasons: []results.Reason{{Code: "beyond-loader", Text: "too fast"}}}, got); d != "" {
		t.Error(d)
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	// 10 µs a request: 70 000 req/s are 0.7 of one thread.
	tests := map[string]struct {
		rps, cost float64
		threads   int
		skip      string
	}{
		"at the limit":            {70000, 10000, 1, ""},
		"just above it":           {70001, 10000, 1, "beyond the loader: 70001 req/s at 10.00 µs of its CPU each would keep it working 70.0 % > 70.0 %"},
		"far above it":            {140000, 10000, 1, "working 140.0 % > 70.0 %"},
		"two threads carry twice": {140000, 10000, 2, ""},
		"an unknown cost passes":  {1e9, 0, 1, ""},
		"no threads count as one": {70000, 10000, 0, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Pace(results.DefaultThresholds(), tt.rps, tt.cost, tt.threads)
			if (got == "") != (tt.skip == "") || !strings.Contains(got, tt.skip) {
				t.Errorf("got %q, want a skip that says %q", got, tt.skip)
			}
		})
	}
}
