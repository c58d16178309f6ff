package fleet_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/engine"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/loaders/fleet"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

// best is the best engine for this system, whatever the Spec.
type best struct{}

func (best) Run(ctx context.Context, spec loaders.Spec, control loaders.Control) (results.Report, error) {
	l, err := engine.Choose(spec)
	if err != nil {
		return results.Report{}, err
	}
	return l.Run(ctx, spec, control)
}

func good() func(*enginetest.Peer) {
	return enginetest.Good(0)
}

// ladder has a warm-up, a closed and an open loop, and a skipped phase.
func ladder() loaders.Spec {
	warm := enginetest.Closed(50 * time.Millisecond)
	warm.Name, warm.Measured = "warm-up", false
	adjusted, skipped := enginetest.Open(0, 200*time.Millisecond), enginetest.Open(0, time.Hour)
	adjusted.Name, adjusted.Adjust, adjusted.NeedsResult = "adjusted", true, true
	skipped.Name, skipped.Adjust = "skipped", true
	spec := enginetest.Spec(warm, enginetest.Closed(100*time.Millisecond), adjusted, skipped)
	spec.Connections, spec.Threads = 7, 1
	return spec
}

func answers(phase string) loaders.Adjustment {
	if phase == "skipped" {
		return loaders.Adjustment{Skip: "beyond the loaders"}
	}
	return loaders.Adjustment{RateRPS: 500}
}

// drive drives a load by n loaders.
func drive(t *testing.T, n int, behave func(*enginetest.Peer), spec loaders.Spec) (*enginetest.CountingServer, *fleet.Fleet, results.Report, *enginetest.Steer) {
	t.Helper()
	server, steer, f := enginetest.Start(t, behave), &enginetest.Steer{Answer: answers}, &fleet.Fleet{}
	for range n {
		f.Loaders = append(f.Loaders, best{})
	}
	spec.Target.Address, spec.Target.Host = server.Address, server.Address
	return server, f, enginetest.Drive(t, f, spec, steer), steer
}

// Three loaders report as one, and their counts are the server's. Their windows are
// the same, or the report warns of the distance: a loader may start late on a machine
// that stands still.
func TestThreeLoadersAreOne(t *testing.T) {
	t.Parallel()
	server, f, report, steer := drive(t, 3, good(), ladder())
	if len(steer.Readies) != 1 || steer.Readies[0].Connections != 7 || len(steer.Windows) != 3 || len(steer.Done) != 3 {
		t.Fatalf("%+v, %d windows and %d ends came", steer.Readies, len(steer.Windows), len(steer.Done))
	}
	if report.ConnectionsOpen != 7 || report.Threads != 3 || len(f.Reports) != 3 || len(report.Phases) != 4 || report.Phases[3].Skipped == "" {
		t.Errorf("the report is %+v", report)
	}
	for i := range report.Phases[:3] {
		var completed uint64
		whole := &report.Phases[i]
		for _, part := range f.Reports {
			p := &part.Phases[i]
			completed += p.Total.Completed
			if whole.Measured && (p.T0NS != whole.T0NS || p.T1NS != whole.T1NS) && len(report.Warnings) == 0 {
				t.Errorf("%s: the window of one loader is moved by %d and %d ns", p.Name, p.T0NS-whole.T0NS, p.T1NS-whole.T1NS)
			}
		}
		if whole.Total.Completed != completed || steer.Done[i].Completed != completed {
			t.Errorf("%s: %d completed, %d by the loaders, %d in its PhaseDone", whole.Name, whole.Total.Completed, completed, steer.Done[i].Completed)
		}
		if s := whole.Total.Service; completed > 0 && (s == nil || s.Count < completed) {
			t.Errorf("%s: service times %+v of %d", whole.Name, s, completed)
		}
	}
	if r := report.Phases[2].Rate; r == nil || r.TargetRPS != 500 || r.Offered != 100 || steer.Done[2].Result == nil {
		t.Errorf("500 req/s for 200 ms became %+v, in its PhaseDone %+v", r, steer.Done[2].Result)
	}
	report.Phases = report.Phases[:3]
	enginetest.CheckCounts(t, server, &report)
}

// The segments of three loaders add up to the load of all, in the report and live.
func TestSegmentsOfThreeLoaders(t *testing.T) {
	t.Parallel()
	spec := ladder()
	spec.Phases = spec.Phases[:3]
	spec.Segment = 2 * spec.Interval
	_, _, report, steer := drive(t, 3, good(), spec)
	var all results.Phase
	for i := range report.Phases[1:] {
		p := &report.Phases[1+i]
		enginetest.CheckSegments(t, p, 0) // windows may lie apart
		all.Segments = append(all.Segments, p.Segments...)
	}
	enginetest.CheckLive(t, &all, steer.Intervals, false)
}

// Windows that are stretched to a number of completions are as long for all.
func TestStretchedWindows(t *testing.T) {
	t.Parallel()
	spec := ladder()
	spec.Phases = spec.Phases[:2]
	closed := &spec.Phases[1]
	closed.MinCompletions, closed.Duration, closed.MaxDuration = 400, 10*time.Millisecond, 5*time.Second
	calm := enginetest.Good(2 * time.Millisecond)
	_, f, report, _ := drive(t, 2, calm, spec)
	if p := report.Phases[1]; p.WindowNS() <= closed.Duration.Nanoseconds() || f.Reports[0].Phases[1].WindowNS() != f.Reports[1].Phases[1].WindowNS() {
		t.Errorf("windows of %d and %d ns", f.Reports[0].Phases[1].WindowNS(), f.Reports[1].Phases[1].WindowNS())
	}
}

// Each loader has waves of its own, and the report adds them up.
func TestWavesOfAFleet(t *testing.T) {
	t.Parallel()
	spec := ladder()
	spec.Phases, spec.Connections = spec.Phases[1:2], 6
	spec.Connection = scenarios.Connection{ReconnectEvery: 1, CloseWith: scenarios.FIN, Together: true}
	retry.Often(t, func() string {
		_, f, report, _ := drive(t, 2, good(), spec)
		p := &report.Phases[0]
		waves := uint64(0)
		for _, part := range f.Reports {
			own := part.Phases[0]
			if n := uint64(part.ConnectionsAsked); n != 3 || own.Right() < n*own.Waves || own.Right() > n*(own.Waves+1) {
				t.Errorf("%d right answers in %d waves of %d connections", own.Right(), own.Waves, n)
			}
			waves += own.Waves
		}
		if p.Waves != waves || p.Failures() != 0 || p.Unanswered != 0 {
			t.Errorf("%d waves, %d by the loaders, %d failed, %d unanswered: %s", p.Waves, waves, p.Failures(), p.Unanswered, p.Total.FirstError)
		}
		if waves == 0 {
			return "no wave was whole within the window"
		}
		return ""
	})
}

// obedient is a loader that makes no load and records its orders.
type obedient struct {
	startAt  int64
	adjusted []loaders.Adjustment
}

func (o *obedient) Run(ctx context.Context, spec loaders.Spec, control loaders.Control) (report results.Report, err error) {
	if o.startAt, err = control.Ready(ctx, loaders.Ready{Connections: spec.Connections, Asked: spec.Connections}); err != nil {
		return report, err
	}
	for _, p := range spec.Phases {
		a, err := control.Adjust(ctx, p.Name)
		if err != nil {
			return report, err
		}
		o.adjusted = append(o.adjusted, a)
		report.Phases = append(report.Phases, results.Phase{Name: p.Name, Skipped: a.Skip})
		if a.Skip == "" {
			control.PhaseDone(loaders.PhaseDone{Phase: p.Name, Completed: 10, ThroughputRPS: 100, CPUPerRequestNS: 5, Work: 0.5, Threads: 1})
		}
	}
	return report, nil
}

// All loaders begin every phase at the same instant, early enough for its
// announcement, with the rate of the whole; a closed loop's window is stretched by
// the throughput of all.
func TestAllStartTogether(t *testing.T) {
	t.Parallel()
	const ahead = 55 * time.Millisecond
	list := []*obedient{{}, {}, {}, {}}
	f := &fleet.Fleet{}
	for _, o := range list {
		f.Loaders = append(f.Loaders, o)
	}
	spec := ladder()
	closed := &spec.Phases[1]
	closed.MinCompletions, closed.MaxDuration = 200, time.Minute
	steer := enginetest.Steer{Answer: answers}
	before := clock.Now()
	if _, err := f.Run(t.Context(), spec, &steer); err != nil {
		t.Fatal(err)
	}
	first := list[0].adjusted
	for i, o := range list {
		if o.startAt != list[0].startAt || !slices.Equal(o.adjusted, first) {
			t.Errorf("loader %d got %d %+v, the first %d %+v", i, o.startAt, o.adjusted, list[0].startAt, first)
		}
	}
	for i, a := range first[:3] {
		if a.StartNS < before+ahead.Nanoseconds() || i > 0 && a.StartNS <= first[i-1].StartNS {
			t.Errorf("%s starts at %d", a.Phase, a.StartNS)
		}
	}
	if want := 200 * time.Second / 400; first[1].Duration != want || first[2].RateRPS != 500 || first[3].Skip == "" {
		t.Errorf("the loaders got %+v, want a closed loop of %v", first, want)
	}
	want := loaders.PhaseDone{Phase: "warm-up", Completed: 40, ThroughputRPS: 400, CPUPerRequestNS: 5, Work: 0.5, Threads: 4}
	want.Parts = slices.Repeat([]loaders.PhaseDone{{Phase: "warm-up", Completed: 10, ThroughputRPS: 100, CPUPerRequestNS: 5, Work: 0.5, Threads: 1}}, 4)
	if d := cmp.Diff(want, steer.Done[0]); d != "" {
		t.Error(d)
	}
}

// failing is a loader that gives up in the middle of the load.
type failing struct{ at string }

func (f failing) Run(ctx context.Context, spec loaders.Spec, control loaders.Control) (results.Report, error) {
	if _, err := control.Ready(ctx, loaders.Ready{Connections: 1, Asked: 1}); err != nil {
		return results.Report{}, err
	}
	for _, p := range spec.Phases {
		if p.Name == f.at {
			return results.Report{}, errors.New("given up")
		}
		if _, err := control.Adjust(ctx, p.Name); err != nil {
			return results.Report{}, err
		}
		control.PhaseDone(loaders.PhaseDone{Phase: p.Name})
	}
	return results.Report{}, nil
}

// A loader that fails takes the others with it, wherever they wait.
func TestOneLoaderFails(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"warm-up", "closed", "adjusted"} {
		server := enginetest.Start(t, good())
		spec := ladder()
		spec.Target.Address, spec.Target.Host = server.Address, server.Address
		spec.Phases[1].Name = "closed"
		f := &fleet.Fleet{Loaders: []loaders.Loader{best{}, failing{at}}}
		_, err := f.Run(t.Context(), spec, &enginetest.Steer{Answer: answers})
		if err == nil || !strings.Contains(err.Error(), "loader 2 of 2: given up") {
			t.Errorf("given up at %s: %v", at, err)
		}
	}
}

func TestStopOfAFleet(t *testing.T) {
	t.Parallel()
	server := enginetest.Start(t, enginetest.Good(time.Millisecond))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	spec := enginetest.Spec(enginetest.Closed(time.Hour))
	spec.Target.Address, spec.Connections, spec.Threads = server.Address, 4, 1
	f := &fleet.Fleet{Loaders: []loaders.Loader{best{}, best{}}}
	report, err := f.Run(ctx, spec, &enginetest.Steer{OnWindow: func(loaders.Window) { time.AfterFunc(100*time.Millisecond, cancel) }})
	if err != nil || !report.Interrupted || len(report.Phases) != 1 {
		t.Fatalf("got %+v, %v; want one partial phase and no error", report, err)
	}
}

func TestTooManyLoaders(t *testing.T) {
	t.Parallel()
	spec := enginetest.Spec(enginetest.Closed(time.Second))
	spec.Connections = 1
	f := &fleet.Fleet{Loaders: []loaders.Loader{best{}, best{}}}
	if _, err := f.Run(t.Context(), spec, &enginetest.Steer{}); err == nil || !strings.Contains(err.Error(), "2 loaders for 1 connections") {
		t.Errorf("got %v", err)
	}
}
