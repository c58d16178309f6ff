package core_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/results"
)

// segmented returns a load on two threads with segments of that many intervals.
func segmented(address string, intervals int, phases ...loaders.Phase) loaders.Spec {
	spec := specAt(address, phases...)
	spec.Threads, spec.Connections = 2, 4
	spec.Segment = time.Duration(intervals) * spec.Interval
	return spec
}

// The segments of a window add up to it, whatever its load.
func TestSegmentsAddUp(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		const window = 230 * time.Millisecond
		many, due := counted(301), enginetest.Open(600, long)
		due.Count = 101
		lead := enginetest.Open(500, window)
		lead.Lead, lead.Schedule = 40*time.Millisecond, loaders.Poisson
		for name, c := range map[string]struct {
			phase  loaders.Phase
			tweak  func(*loaders.Spec)
			behave func(*enginetest.Peer)
		}{
			"closed":              {enginetest.Closed(window), nil, nil},
			"closed, with a lead": {loaders.Phase{Name: "lead", Loop: results.ClosedLoop, Measured: true, Duration: window, Lead: 40 * time.Millisecond}, nil, nil},
			"closed, a count":     {many, nil, nil},
			"users": {enginetest.Closed(window), func(s *loaders.Spec) {
				s.Users, s.Think = 10, loaders.Think{From: 5 * time.Millisecond, To: 15 * time.Millisecond}
			}, nil},
			"open":              {enginetest.Open(500, window), nil, nil},
			"open, with a lead": {lead, nil, nil},
			"open, a count":     {due, nil, nil},
			"closed, slow answers are given up": {enginetest.Closed(window), func(s *loaders.Spec) { s.Drain = time.Millisecond },
				enginetest.Good(170 * time.Millisecond)},
			"open, too much for the server": {enginetest.Open(500, window), func(s *loaders.Spec) { s.Drain = 10 * time.Millisecond },
				enginetest.Good(20 * time.Millisecond)},
			"open, timeouts": {enginetest.Open(100, window), func(s *loaders.Spec) { s.RequestTimeout, s.Drain = 40*time.Millisecond, 200*time.Millisecond },
				func(p *enginetest.Peer) { p.Hold() }},
			"wrong answers": {enginetest.Closed(window), nil, enginetest.Answering(0, enginetest.OK("wrong"))},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				behave := c.behave
				if behave == nil {
					behave = enginetest.Good(0)
				}
				spec := segmented("", 2, c.phase, c.phase)
				if c.tweak != nil {
					c.tweak(&spec)
				}
				_, report, steer := enginetest.Load(t, e, behave, spec, nil)
				var both results.Phase // they have one name, and so have their intervals
				for i := range report.Phases {
					enginetest.CheckSegments(t, &report.Phases[i], spec.Segment)
					both.Segments = append(both.Segments, report.Phases[i].Segments...)
				}
				enginetest.CheckLive(t, &both, steer.Intervals, false)
			})
		}
	})
}

// A load that is stopped in its window has segments until then.
func TestSegmentsOfAStoppedLoad(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for _, phase := range []loaders.Phase{enginetest.Closed(long), enginetest.Open(300, long)} {
			t.Run(string(phase.Loop), func(t *testing.T) {
				t.Parallel()
				server := enginetest.Start(t, enginetest.Good(0))
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				spec := segmented(server.Address, 1, phase)
				var ended atomic.Int64
				steer := enginetest.Steer{OnInterval: func(i loaders.Interval) {
					if i.Segment != nil && ended.Add(1) == 3 {
						cancel()
					}
				}}
				report, err := e.Run(ctx, spec, &steer)
				if err != nil {
					t.Fatal(err)
				}
				p := &report.Phases[0]
				if len(p.Segments) < 3 || p.WindowNS() >= int64(long) {
					t.Errorf("%d segments of a window of %d ns", len(p.Segments), p.WindowNS())
				}
				enginetest.CheckSegments(t, p, spec.Segment)
				enginetest.CheckLive(t, p, steer.Intervals, true)
			})
		}
	})
}

// A load that nobody listens to has its segments in the report alone; a warm-up, and a
// load without segments, have none anywhere.
func TestSegmentsWithoutAListener(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for _, segment := range []time.Duration{0, 50 * time.Millisecond} {
			t.Run(fmt.Sprint(segment), func(t *testing.T) {
				t.Parallel()
				warm := counted(10)
				warm.Name, warm.Measured = "warm-up", false
				spec := segmented("", 0, warm, enginetest.Closed(120*time.Millisecond))
				spec.Segment, spec.Quiet = segment, true
				_, report, steer := enginetest.Load(t, e, enginetest.Good(0), spec, nil)
				if report.Phases[0].Segments != nil {
					t.Errorf("the warm-up has segments: %+v", report.Phases[0].Segments)
				}
				if p := &report.Phases[1]; segment == 0 && p.Segments != nil {
					t.Errorf("segments that nobody asked for: %+v", p.Segments)
				} else if segment > 0 {
					enginetest.CheckSegments(t, p, segment)
				}
				for _, i := range steer.Intervals {
					if i.Segment != nil {
						t.Errorf("a segment came: %+v", i.Segment)
					}
				}
			})
		}
	})
}
