package loaders

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

func open(schedule Schedule, rate float64) Phase {
	return Phase{Name: "p", Loop: results.OpenLoop, Duration: time.Second, Schedule: schedule, RateRPS: rate}
}

func TestPhasesAreValidated(t *testing.T) {
	t.Parallel()
	ramp := func(from, to float64) Phase { p := open(Ramp, from); p.RampToRPS = to; return p }
	burst := func(size int) Phase { p := open(Burst, 10); p.BurstSize = size; return p }
	change := func(p Phase, f func(*Phase)) Phase { f(&p); return p }
	warm := func(longest time.Duration, f func(*Phase)) Phase {
		p := Phase{Name: "p", Loop: results.ClosedLoop, Duration: time.Second, MaxDuration: longest, SteadyWithin: 0.02}
		if f != nil {
			f(&p)
		}
		return p
	}
	for _, c := range []struct {
		phase Phase
		says  string // nothing for a phase that is right
	}{
		{open(Constant, 0.1), ""},
		{open(Poisson, 1e6), ""},
		{ramp(0, 10), ""},
		{ramp(10, 0), ""},
		{ramp(5, 10), ""},
		{burst(1), ""},
		{change(open(Constant, 0), func(p *Phase) { p.Adjust = true }), ""},
		{open(Constant, 0), "rate 0 req/s"},
		{open(Constant, math.NaN()), "rate NaN req/s"},
		{open(Poisson, math.Inf(1)), "rate +Inf req/s"},
		{open("steps", 5), `schedule "steps": constant, poisson, ramp or burst`},
		{ramp(0, 0), "rate 0 req/s"},
		{ramp(-1, 5), "rate -1 req/s"},
		{ramp(5, -1), "ramp to -1 req/s"},
		{ramp(0, math.NaN()), "rate 0 req/s"},
		{ramp(5, math.Inf(1)), "ramp to +Inf req/s"},
		{change(open(Constant, 5), func(p *Phase) { p.RampToRPS = 6 }), "belongs to a ramp"},
		{burst(0), "bursts of 0 requests"},
		{change(ramp(1, 2), func(p *Phase) { p.BurstSize = 6 }), "belong to bursts"},
		{change(open(Constant, 5), func(p *Phase) { p.ShedAfter = -1 }), "deadline -1ns"},
		{change(open(Constant, 5), func(p *Phase) { p.Loop = "half" }), `loop "half"`},
		{change(open(Constant, 5), func(p *Phase) { p.Duration = 0 }), "duration 0s"},
		{warm(time.Second, nil), ""},
		{warm(time.Second-1, nil), "longest duration 999.999999ms is below the duration 1s"},
		{warm(time.Second, func(p *Phase) { p.Measured = true }), "only a closed warm-up"},
		{warm(time.Second, func(p *Phase) { p.Count = 5 }), "only a closed warm-up"},
		{warm(time.Second, func(p *Phase) { p.Loop = results.OpenLoop }), "only a closed warm-up"},
	} {
		spec := Spec{
			Target: Target{Network: "tcp", Address: "127.0.0.1:80"}, Requests: make([]scenarios.Request, 1),
			Connections: 1, Phases: []Phase{c.phase},
		}.WithDefaults()
		err := spec.Validate()
		if (err != nil) != (c.says != "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: got %v, want %q", c.phase, err, c.says)
		}
	}
}
