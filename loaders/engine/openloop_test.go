package engine_test

import (
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

// The open loop keeps its own arithmetic.
func TestOffered(t *testing.T)             { overEngines(t, offered) }
func TestSlowServer(t *testing.T)          { overEngines(t, slowServer) }
func TestOverload(t *testing.T)            { overEngines(t, overload) }
func TestTimeoutsAreCensored(t *testing.T) { overEngines(t, censoredTimeouts) }
func TestServerDies(t *testing.T)          { overEngines(t, serverDies) }
func TestLadder(t *testing.T)              { overEngines(t, ladder) }
func TestRampEnd(t *testing.T)             { overEngines(t, rampEnd) }

// offered compares the requests offered with those that the schedule intends
// within the window. They are equal for any number of threads and however late
// the threads send.
func offered(t *testing.T, e loaders.Loader) {
	for _, c := range []struct {
		name    string
		law     loaders.Schedule
		rate    float64
		threads int
	}{
		{"constant", loaders.Constant, 1000, 1}, {"fractional", loaders.Constant, 333.3, 2},
		{"below one", loaders.Constant, 7.5, 2}, {"poisson", loaders.Poisson, 900, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			phase := enginetest.Open(c.rate, 300*time.Millisecond)
			phase.Schedule, phase.Lead = c.law, 100*time.Millisecond
			spec := enginetest.Spec(phase)
			spec.Threads = c.threads
			server, report, _ := enginetest.Load(t, e, enginetest.Good(0), spec, nil)
			enginetest.CheckCounts(t, server, &report)
			if got, want := report.Phases[0].Rate.Offered, intended(t, &spec, &phase); got != want {
				t.Errorf("offered %d, the schedule has %d in the window", got, want)
			}
		})
	}
}

// intended counts the schedule's instants within the window.
func intended(t testing.TB, spec *loaders.Spec, p *loaders.Phase) (n uint64) {
	t.Helper()
	schedule, err := record.NewSchedule(p, record.Timing{}, p.RateRPS)
	if err != nil {
		t.Fatal(err)
	}
	for shard := range spec.Threads {
		cursor := schedule.Cursor(shard, spec.Threads, spec.Seed)
		for {
			at, ok := cursor.Next()
			if !ok || at >= int64(p.Lead+p.Duration) {
				break
			}
			if at >= int64(p.Lead) {
				n++
			}
		}
	}
	return n
}

// checkBooks checks the sums of an open-loop phase without failures: each request
// offered is answered, censored or never sent, and stands in the corrected
// histogram once.
func checkBooks(t testing.TB, p *results.Phase) {
	t.Helper()
	r, answered := p.Rate, enginetest.Samples(p.Total.Service)
	if sum := answered + r.Censored + r.NeverSent; sum != r.Offered {
		t.Errorf("%d answered, %d censored and %d never sent make %d, offered were %d", answered, r.Censored, r.NeverSent, sum, r.Offered)
	}
	if got := enginetest.Samples(p.Total.Corrected); got != r.Offered {
		t.Errorf("%d corrected samples of %d offered", got, r.Offered)
	}
	if p.CompletedBefore == 0 && r.BacklogT1 > r.Offered-min(r.Achieved, r.Offered) {
		t.Errorf("%d are due at the end though %d of %d are answered", r.BacklogT1, r.Achieved, r.Offered)
	}
	if r.Censored+r.NeverSent > 0 && r.CensoredFromNS <= 0 {
		t.Errorf("censored samples without a bound: %+v", r)
	}
}

// slowServer takes 20 ms an answer. Two connections carry at most 100 of 1000
// req/s.
func slowServer(t *testing.T, e loaders.Loader) {
	spec := enginetest.Spec(enginetest.Open(1000, 400*time.Millisecond))
	spec.Connections, spec.Drain = 2, 100*time.Millisecond
	_, report, _ := enginetest.Load(t, e, enginetest.Good(20*time.Millisecond), spec, nil)
	p := report.Phases[0]
	checkBooks(t, &p)
	r := p.Rate
	if r.Offered != 400 || r.Achieved > 44 || r.Achieved != p.Total.Completed {
		t.Errorf("offered %d and achieved %d, want 400 and at most 2 × 400 ms ÷ 20 ms, with the tail of the lead-in 44", r.Offered, r.Achieved)
	}
	if r.NeverSent < 300 || r.BacklogT1 < 300 || r.Censored > 2 {
		t.Errorf("%d never sent, a backlog of %d, %d censored; want most, most and at most 2", r.NeverSent, r.BacklogT1, r.Censored)
	}
	// Of 400 requests due over 400 ms, three quarters are never sent: they waited
	// 300 ms on average when the drain ended.
	if corrected, service := p.Total.Corrected.MeanNS, p.Total.Service.MeanNS; service < 20e6 || corrected < 200e6 {
		t.Errorf("corrected mean %.1f ms, service mean %.1f ms: the queue is missing", corrected/1e6, service/1e6)
	}
	if enginetest.Samples(p.SendLagBlocked) <= enginetest.Samples(p.SendLagIdle) {
		t.Errorf("%d sends were late for want of a connection, %d for other reasons", enginetest.Samples(p.SendLagBlocked), enginetest.Samples(p.SendLagIdle))
	}
}

// overload asks a server that takes a millisecond an answer, one request at a
// time, at twice its capacity.
func overload(t *testing.T, e loaders.Loader) {
	var one sync.Mutex
	single := enginetest.AnsweringBy(func(string) string {
		one.Lock()
		defer one.Unlock()
		time.Sleep(time.Millisecond)
		return enginetest.RightAnswer
	})
	spec := enginetest.Spec(enginetest.Open(2000, 300*time.Millisecond))
	spec.Connections = 4
	_, report, _ := enginetest.Load(t, e, single, spec, nil)
	p := report.Phases[0]
	checkBooks(t, &p)
	if p.Rate.Offered != 600 || p.Rate.Achieved > 304 || p.Rate.BacklogT1 < 290 {
		t.Errorf("offered %d, achieved %d, backlog %d; want 600, at most 300 and at least 300, give or take the requests in flight",
			p.Rate.Offered, p.Rate.Achieved, p.Rate.BacklogT1)
	}
	// The last of 600 requests is answered 600 ms after the first, and so 300 ms
	// late. It is sent when four are in flight.
	if corrected, service := p.Total.Corrected.MeanNS, p.Total.Service.MeanNS; corrected < 140e6 || corrected < service+100e6 {
		t.Errorf("corrected mean %.1f ms, service mean %.1f ms: overload looks good", corrected/1e6, service/1e6)
	}
}

// censoredTimeouts counts a timeout once, as a failure and as a lower bound.
func censoredTimeouts(t *testing.T, e loaders.Loader) {
	spec := enginetest.Spec(enginetest.Open(20, 300*time.Millisecond))
	spec.Connections, spec.RequestTimeout = 8, 80*time.Millisecond
	_, report, _ := enginetest.Load(t, e, func(p *enginetest.Peer) { p.Hold() }, spec, nil)
	p := report.Phases[0]
	if p.Rate.Offered != 6 || p.Total.Failed != 6 || p.Total.Errors[results.CauseTimeout] != 6 || enginetest.Samples(p.Total.Corrected) != 6 {
		t.Errorf("of 6 requests %d offered, failed by %v, %d corrected", p.Rate.Offered, p.Total.Errors, enginetest.Samples(p.Total.Corrected))
	}
	if p.Total.FailedTime.MinNS < int64(spec.RequestTimeout) || enginetest.Samples(p.Total.Service) != 0 || p.Rate.CensoredFromNS < int64(spec.RequestTimeout) {
		t.Errorf("timeouts of %v: failed after %d ns, censored from %d ns, %d service times", spec.RequestTimeout, p.Total.FailedTime.MinNS, p.Rate.CensoredFromNS, enginetest.Samples(p.Total.Service))
	}
}

// serverDies has a server that dies in the middle of a phase: every intended
// request is still accounted for, and the loader waits no longer than the drain.
func serverDies(t *testing.T, e loaders.Loader) {
	server := enginetest.Start(t, enginetest.Good(0))
	spec := enginetest.Spec(enginetest.Open(500, 300*time.Millisecond), enginetest.Closed(50*time.Millisecond))
	spec.Drain, spec.Target.Address = 200*time.Millisecond, server.Address
	steer := enginetest.Steer{OnWindow: func(w loaders.Window) {
		if w.Phase == "open" {
			time.AfterFunc(250*time.Millisecond, server.Die)
		}
	}}
	report := enginetest.Drive(t, e, spec, &steer)
	p := &report.Phases[0]
	if p.Right() != uint64(server.Requests.Load()) && p.Failures() == 0 {
		t.Errorf("%d answered of %d, and nothing failed", p.Right(), server.Requests.Load())
	}
	if p.Rate.NeverSent == 0 || p.ConnectionErrors[results.CauseConnectRefused]+p.ConnectionErrors[results.CauseConnectReset] == 0 {
		t.Errorf("a server died unnoticed: %+v, %v", p.Rate, p.ConnectionErrors)
	}
	if n := p.Failures(); n > uint64(spec.Connections) {
		t.Errorf("%d requests failed, %d connections had one in flight: %v", n, spec.Connections, p.Total.Errors)
	}
	if sum := enginetest.Samples(p.Total.Service) + p.Rate.NeverSent + p.Rate.Censored + p.Total.Failed; sum != p.Rate.Offered {
		t.Errorf("%d of %d requests are accounted for", sum, p.Rate.Offered)
	}
	if after := report.Phases[1]; after.Asked != 0 {
		t.Errorf("%d requests to a dead server", after.Asked)
	}
}

// rampEnd lets an adjustment set the end of a ramp.
func rampEnd(t *testing.T, e loaders.Loader) {
	server := enginetest.Start(t, enginetest.Good(0))
	ramp := enginetest.Open(0, 120*time.Millisecond)
	ramp.Schedule, ramp.Adjust = loaders.Ramp, true
	steer := enginetest.Steer{Answer: func(phase string) loaders.Adjustment {
		return loaders.Adjustment{Phase: phase, RateRPS: 500, RampToRPS: 1500}
	}}
	spec := enginetest.Spec(ramp)
	spec.Target.Address = server.Address
	report := enginetest.Drive(t, e, spec, &steer)
	// 500 to 1500 req/s in 120 ms.
	if p := report.Phases[0]; p.RampToRPS != 1500 || p.Rate.TargetRPS != 500 || p.Rate.Offered < 115 || p.Rate.Offered > 125 {
		t.Errorf("a ramp to %v req/s: %+v", p.RampToRPS, p.Rate)
	}
}

// ladder runs several phases with one adjusted and one skipped.
func ladder(t *testing.T, e loaders.Loader) {
	server := enginetest.Start(t, enginetest.Good(0))
	a, b := enginetest.Open(0, 80*time.Millisecond), enginetest.Open(0, time.Hour)
	a.Name, a.Adjust, b.Name, b.Adjust = "adjusted", true, "skipped", true
	a.NeedsResult = true
	steer := enginetest.Steer{Answer: func(phase string) loaders.Adjustment {
		if phase == "skipped" {
			return loaders.Adjustment{Phase: phase, Skip: "beyond the loader"}
		}
		return loaders.Adjustment{Phase: phase, RateRPS: 500, Duration: 120 * time.Millisecond}
	}}
	spec := enginetest.Spec(enginetest.Closed(60*time.Millisecond), a, b)
	spec.Target.Address = server.Address
	report := enginetest.Drive(t, e, spec, &steer)
	if len(report.Phases) != 3 || report.Phases[2].Skipped != "beyond the loader" || len(steer.Windows) != 2 || len(steer.Done) != 2 {
		t.Fatalf("phases %+v, windows %+v", report.Phases, steer.Windows)
	}
	if r := report.Phases[1].Rate; r.TargetRPS != 500 || r.Offered != 60 {
		t.Errorf("asked for 500 req/s in the adjustment's 120 ms, got %+v", r)
	}
	if result := steer.Done[1].Result; steer.Done[0].Result != nil || !reflect.DeepEqual(result, &report.Phases[1]) {
		t.Errorf("the phase ended with the result %+v, reported %+v", result, report.Phases[1])
	}
	report.Phases = report.Phases[:2]
	enginetest.CheckCounts(t, server, &report)
	checkAnnounced(t, &steer, &report)
}
