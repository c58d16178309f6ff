package loaders

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// A Spec that would overflow the clock, exhaust the memory or miss its schedule is
// refused before anything starts. Values at the bounds pass.
func TestBounds(t *testing.T) {
	t.Parallel()
	const beyond = Longest + 1
	phase := func(change func(*Phase)) func(*Spec) {
		return func(s *Spec) { change(&s.Phases[0]) }
	}
	rate := func(p Phase) func(*Spec) { return func(s *Spec) { s.Phases[0] = p } }
	for _, c := range []struct {
		says   string // nothing for a load that is within the bounds
		change func(*Spec)
	}{
		{"", func(*Spec) {}},
		{"", phase(func(p *Phase) { p.Duration, p.Lead, p.MaxDuration = Longest, Longest, Longest })},
		{"", func(s *Spec) { s.ConnectTimeout, s.RequestTimeout, s.Drain = Longest, Longest, Longest }},
		{"", phase(func(p *Phase) { p.Count = math.MaxUint64 })},
		{`phase "p": duration 8760h0m0.000000001s: must be at most 8760h0m0s, a year`, phase(func(p *Phase) { p.Duration = beyond })},
		{"lead 2562047h47m16.854775807s", phase(func(p *Phase) { p.Lead = math.MaxInt64 })},
		{"longest duration", phase(func(p *Phase) { p.MaxDuration = beyond })},
		{"deadline to send", phase(func(p *Phase) { p.ShedAfter = beyond })},
		{"think spin", phase(func(p *Phase) { p.ThinkSpin = beyond })},
		{"connect timeout", func(s *Spec) { s.ConnectTimeout = beyond }},
		{"request timeout", func(s *Spec) { s.RequestTimeout = beyond }},
		{"drain", func(s *Spec) { s.Drain = beyond }},
		{"interval", func(s *Spec) { s.Interval = beyond }},
		{"think time", func(s *Spec) { s.Think = Think{From: time.Second, To: beyond} }},
		{"", func(s *Spec) { s.Users = MostPlaces }},
		{"16777217 users: at most 16777216 are possible", func(s *Spec) { s.Users = MostPlaces + 1 }},
		{"", func(s *Spec) { s.Depth = MostPlaces / 4 }},
		{"depth 4194305 on 4 connections: at most 16777216 requests", func(s *Spec) { s.Depth = MostPlaces/4 + 1 }},
		{"depth 9223372036854775807 on 4 connections", func(s *Spec) { s.Depth = math.MaxInt }},
		{"", rate(open(Constant, 2*MostPerThread))},
		{`phase "p": rate 1000000000 req/s (loader threads: 2): nobody paces more than 5000000 a thread`, rate(open(Poisson, 1e9))},
		{"rate 10000001 req/s", rate(open(Constant, 2*MostPerThread+1))},
		{"", rate(Phase{Name: "p", Loop: results.OpenLoop, Duration: time.Second, Schedule: Constant, RateRPS: 1e9, Share: Share{Of: 100}})},
		{"rate 1000000000 req/s", rate(Phase{Name: "p", Loop: results.OpenLoop, Duration: time.Second, Schedule: Ramp, RateRPS: 1, RampToRPS: 1e9})},
		{"bursts of 10000001 requests (loader threads: 2)", rate(Phase{Name: "p", Loop: results.OpenLoop, Duration: time.Second, Schedule: Burst, RateRPS: 1, BurstSize: 2*MostPerThread + 1})},
	} {
		spec := Spec{
			Target: Target{Network: "tcp", Address: "127.0.0.1:80"}, Requests: make([]scenarios.Request, 1),
			Connections: 4, Threads: 2, Phases: []Phase{{Name: "p", Loop: results.ClosedLoop, Duration: time.Second}},
		}
		c.change(&spec)
		err := spec.WithDefaults().Validate()
		if (err != nil) != (c.says != "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("got %v, want %q", err, c.says)
		}
	}
}
