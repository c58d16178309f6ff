package child_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/child"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/engine"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/results"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

// ends are the four ends of a child's two pipes.
type ends struct{ toChild, fromJoust, toJoust, fromChild *os.File }

// pipes makes the pipes between joust and a child.
func pipes(t *testing.T) ends {
	t.Helper()
	fromJoust, toChild, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fromChild, toJoust, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	e := ends{toChild, fromJoust, toJoust, fromChild}
	t.Cleanup(func() {
		for _, f := range []*os.File{toChild, fromJoust, toJoust, fromChild} {
			_ = f.Close()
		}
	})
	return e
}

// process runs Serve as a child process would, whose pipes are closed at its end.
func process(t *testing.T) (child.Driver, <-chan error) {
	t.Helper()
	e := pipes(t)
	ended := make(chan error, 1)
	go func() {
		err := child.Serve(context.Background(), e.fromJoust, e.toJoust, io.Discard, "v-test")
		_ = e.toJoust.Close()
		_ = e.fromJoust.Close()
		ended <- err
	}()
	return child.Driver{Stdin: e.toChild, Stdout: e.fromChild}, ended
}

func good() func(*enginetest.Peer) {
	return enginetest.Good(0)
}

func TestLadderThroughThePipe(t *testing.T) {
	t.Parallel()
	for _, name := range []loaders.EngineName{engine.Default(), loaders.Portable} {
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			server := enginetest.Start(t, good())
			adjusted, skipped := enginetest.Open(0, 80*time.Millisecond), enginetest.Open(0, time.Hour)
			adjusted.Name, adjusted.Adjust, skipped.Name, skipped.Adjust = "adjusted", true, "skipped", true
			spec := enginetest.Spec(enginetest.Open(300, 100*time.Millisecond), adjusted, skipped)
			spec.Target.Address, spec.Engine, spec.Segment = server.Address, name, 2*spec.Interval
			steer := enginetest.Steer{Answer: func(phase string) loaders.Adjustment {
				if phase == "skipped" {
					return loaders.Adjustment{Skip: "beyond the loader"}
				}
				return loaders.Adjustment{RateRPS: 500}
			}}
			driver, ended := process(t)
			report := enginetest.Drive(t, driver, spec, &steer)
			if err := <-ended; err != nil {
				t.Errorf("the loader process ended with %v", err)
			}
			if report.Version != "v-test" || len(report.Phases) != 3 || report.Phases[2].Skipped != "beyond the loader" {
				t.Fatalf("version %q, phases %+v", report.Version, report.Phases)
			}
			if r := report.Phases[1].Rate; r == nil || r.TargetRPS != 500 || r.Offered != 40 {
				t.Errorf("500 req/s for 80 ms became %+v", r)
			}
			report.Phases = report.Phases[:2]
			enginetest.CheckCounts(t, server, &report)
			var all results.Phase
			for i := range report.Phases {
				enginetest.CheckSegments(t, &report.Phases[i], spec.Segment)
				all.Segments = append(all.Segments, report.Phases[i].Segments...)
			}
			enginetest.CheckLive(t, &all, steer.Intervals, false)
			if len(steer.Readies) != 1 || len(steer.Windows) != 2 || len(steer.Done) != 2 || len(steer.Intervals) == 0 {
				t.Errorf("%d starts, %d windows, %d ends and %d intervals came", len(steer.Readies), len(steer.Windows), len(steer.Done), len(steer.Intervals))
			}
		})
	}
}

// A quiet load sends its timeline with its report only.
func TestQuietLoader(t *testing.T) {
	t.Parallel()
	server := enginetest.Start(t, good())
	spec := enginetest.Spec(enginetest.Open(300, 100*time.Millisecond))
	spec.Target.Address, spec.Quiet = server.Address, true
	var steer enginetest.Steer
	driver, ended := process(t)
	report := enginetest.Drive(t, driver, spec, &steer)
	if err := <-ended; err != nil {
		t.Errorf("the loader process ended with %v", err)
	}
	if len(steer.Intervals) != 0 || len(steer.Done) != 1 || len(report.Phases) != 1 || len(report.Phases[0].Timeline) == 0 {
		t.Errorf("%d intervals and %d ends came; the report is %+v", len(steer.Intervals), len(steer.Done), report.Phases)
	}
}

func TestStopInTheMiddle(t *testing.T) {
	t.Parallel()
	server := enginetest.Start(t, enginetest.Good(time.Millisecond))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	spec := enginetest.Spec(enginetest.Closed(time.Hour), enginetest.Closed(time.Hour))
	spec.Target.Address = server.Address
	driver, ended := process(t)
	steer := enginetest.Steer{OnWindow: func(loaders.Window) { time.AfterFunc(100*time.Millisecond, cancel) }}
	report, err := driver.Run(ctx, spec, &steer)
	if err != nil || !report.Interrupted || len(report.Phases) != 1 {
		t.Fatalf("got %+v, %v; want one partial phase and no error", report, err)
	}
	p := report.Phases[0]
	if got := p.Right() + p.Unanswered; got != uint64(server.Requests.Load()) {
		t.Errorf("%d answered or unfinished of %d", got, server.Requests.Load())
	}
	if err := <-ended; err != nil {
		t.Errorf("the loader process ended with %v", err)
	}
}

// A stop while joust itself waits, here for its own start, still gets the
// report.
func TestStopBeforeTheStart(t *testing.T) {
	t.Parallel()
	server := enginetest.Start(t, good())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	spec := enginetest.Spec(enginetest.Closed(time.Hour))
	spec.Target.Address = server.Address
	driver, _ := process(t)
	report, err := driver.Run(ctx, spec, reluctant{&enginetest.Steer{}, func(ctx context.Context) error { cancel(); <-ctx.Done(); return ctx.Err() }})
	if err != nil || !report.Interrupted || report.ConnectionsOpen != spec.Connections {
		t.Errorf("got %+v, %v; want an interrupted report", report, err)
	}
}

// reluctant is a Control that waits before it lets the load start.
type reluctant struct {
	*enginetest.Steer
	wait func(context.Context) error
}

func (r reluctant) Ready(ctx context.Context, _ loaders.Ready) (int64, error) {
	err := r.wait(ctx)
	return clock.Now(), err
}

func TestConnectErrorThroughThePipe(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	spec := enginetest.Spec(enginetest.Closed(time.Second))
	spec.Target.Address = l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	driver, _ := process(t)
	_, err = driver.Run(t.Context(), spec, &enginetest.Steer{})
	var connect *loaders.ConnectError
	if !errors.As(err, &connect) || connect.Cause != results.CauseConnectRefused {
		t.Errorf("got %v, want a refused connection", err)
	}
}

func TestBadSpecThroughThePipe(t *testing.T) {
	t.Parallel()
	spec := enginetest.Spec()
	driver, ended := process(t)
	_, err := driver.Run(t.Context(), spec, &enginetest.Steer{})
	if err == nil || !strings.Contains(err.Error(), "no phase to run") {
		t.Errorf("got %v, want the Spec's problem", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the loader process ended with %v", err)
	}
}
