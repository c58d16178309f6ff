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
	profiled := func(of Profile) Phase { p := open(Profiled, 10); p.Profile = &of; return p }
	warm := func(longest time.Duration, f func(*Phase)) Phase {
		p := Phase{Name: "p", Loop: results.ClosedLoop, Duration: time.Second, MaxDuration: longest, SteadyWithin: 0.02, HalvesWithin: 0.03}
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
		{open("steps", 5), `schedule "steps": constant, poisson, ramp, burst or profile`},
		{profiled(Profile{Kind: Sine, Cycles: 2}), ""},
		{profiled(Profile{Kind: Sine}), "cycles 0: must be above 0"},
		{profiled(Profile{Kind: CSV}), "csv without points"},
		{profiled(Profile{Kind: CSV, Points: []ProfilePoint{{At: 5, Value: 1}, {At: 4, Value: -1}}}), "point 2 at 4ns: must be from 5ns"},
		{profiled(Profile{Kind: Step}), "step without levels"},
		{profiled(Profile{Kind: Step, Levels: []float64{1e12}}), "nobody paces more"},
		{profiled(Profile{Kind: "cosine"}), `no profile is called "cosine"`},
		{open(Profiled, 5), `schedule "profile" with the profile`},
		{change(open(Constant, 5), func(p *Phase) { p.Profile = &Profile{Kind: Sine, Cycles: 2} }), `schedule "constant" with the profile sine:cycles=2,min=0`},
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

// Users need threads and a closed loop; a think time alone makes a user of each
// place in a pipeline.
func TestUsersAreValidated(t *testing.T) {
	t.Parallel()
	closed := Phase{Name: "p", Loop: results.ClosedLoop, Duration: time.Second}
	base := Spec{
		Target: Target{Network: "tcp", Address: "127.0.0.1:80"}, Requests: make([]scenarios.Request, 1),
		Connections: 3, Threads: 2, Depth: 2, Phases: []Phase{closed},
	}
	for says, change := range map[string]func(*Spec){
		"":                         func(s *Spec) { s.Users = 2 },
		"-1 users":                 func(s *Spec) { s.Users = -1 },
		"2 threads for 1 users":    func(s *Spec) { s.Users = 1 },
		"over 1s without users":    func(s *Spec) { s.UserRamp = time.Second },
		"over -1s: must not be":    func(s *Spec) { s.Users, s.UserRamp = 2, -time.Second },
		"no connection of their":   func(s *Spec) { s.Users, s.Rotation = 5, scenarios.PerConnection },
		`phase "p": an open loop `: func(s *Spec) { s.Users, s.Phases = 5, []Phase{closed, open(Constant, 5)} },
	} {
		spec := base
		change(&spec)
		if err := spec.WithDefaults().Validate(); (err != nil) != (says != "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %q", err, says)
		}
	}
	base.Think = Think{From: time.Second, To: time.Second}
	if got := base.WithDefaults().Users; got != 6 {
		t.Errorf("%d users think on 3 connections with 2 places each", got)
	}
}

// The time of a request may begin with the connect in a closed loop without users.
func TestLatencyFromIsValidated(t *testing.T) {
	t.Parallel()
	closed := Phase{Name: "p", Loop: results.ClosedLoop, Duration: time.Second}
	for _, c := range []struct {
		from  LatencyFrom
		users int
		phase Phase
		says  string // nothing for a load that is right
	}{
		{"", 0, closed, ""},
		{FromSend, 3, closed, ""},
		{FromSend, 0, open(Constant, 5), ""},
		{FromConnect, 0, closed, ""},
		{"first-byte", 0, closed, `latency from "first-byte": send or connect`},
		{FromConnect, 3, closed, "latency from connect with 3 users"},
		{FromConnect, 0, open(Constant, 5), `phase "p": latency from connect in an open loop`},
	} {
		spec := Spec{
			Target: Target{Network: "tcp", Address: "127.0.0.1:80"}, Requests: make([]scenarios.Request, 1),
			Connections: 3, Users: c.users, LatencyFrom: c.from, Phases: []Phase{c.phase},
		}
		if err := spec.WithDefaults().Validate(); (err != nil) != (c.says != "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("from %q with %d users: got %v, want %q", c.from, c.users, err, c.says)
		}
	}
}

// A bounded send buffer is for large uploads over loopback only.
func TestSendBuffer(t *testing.T) {
	t.Parallel()
	upload := func(bytes int64) []scenarios.Request {
		return []scenarios.Request{{}, {Body: &scenarios.Body{Length: bytes}}}
	}
	tcp := func(addresses ...string) Target {
		return Target{Network: "tcp", Address: addresses[0], More: addresses[1:]}
	}
	for name, c := range map[string]struct {
		spec Spec
		want int
	}{
		"an upload over loopback":    {Spec{Target: tcp("127.0.0.1:80"), Requests: upload(20 << 20)}, LoopbackSendBuffer},
		"by IPv6":                    {Spec{Target: tcp("[::1]:80"), Requests: upload(20 << 20)}, LoopbackSendBuffer},
		"over a socket":              {Spec{Target: Target{Network: "unix", Address: "/x"}, Requests: upload(20 << 20)}, LoopbackSendBuffer},
		"to another machine":         {Spec{Target: tcp("10.0.0.1:80"), Requests: upload(20 << 20)}, 0},
		"to another machine as well": {Spec{Target: tcp("127.0.0.1:80", "10.0.0.1:80"), Requests: upload(20 << 20)}, 0},
		"through a proxy":            {Spec{Target: tcp("127.0.0.1:80"), Proxy: &Proxy{}, Requests: upload(20 << 20)}, 0},
		"a body that fits":           {Spec{Target: tcp("127.0.0.1:80"), Requests: upload(LoopbackSendBuffer)}, 0},
		"one byte more":              {Spec{Target: tcp("127.0.0.1:80"), Requests: upload(LoopbackSendBuffer + 1)}, LoopbackSendBuffer},
		"no body":                    {Spec{Target: tcp("127.0.0.1:80"), Requests: upload(0)}, 0},
		"a size that was asked for":  {Spec{Target: tcp("10.0.0.1:80"), Requests: upload(5), SendBuffer: 4096}, 4096},
	} {
		if got := c.spec.WithDefaults().SendBuffer; got != c.want {
			t.Errorf("%s: %d bytes, want %d", name, got, c.want)
		}
	}
}

func TestDefaultIdle(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		owned      bool
		processors int
		want       IdleStrategy
	}{{true, 2, Spin}, {true, 1, Spin}, {false, 64, Hybrid}, {false, 2, Hybrid}, {false, 1, Wait}} {
		if got := DefaultIdle(c.owned, c.processors); got != c.want {
			t.Errorf("own processors %t, of %d: %s, want %s", c.owned, c.processors, got, c.want)
		}
	}
}

// A name to look up belongs to a breakdown, whichever host has it.
func TestNamesToLookUp(t *testing.T) {
	t.Parallel()
	base := Spec{
		Target: Target{Network: "tcp", Address: "127.0.0.1:80"}, Requests: make([]scenarios.Request, 1),
		Connections: 2, Phases: []Phase{{Name: "p", Loop: results.ClosedLoop, Duration: time.Second}},
	}
	for _, breakdown := range []bool{false, true} {
		for i := range 2 {
			s := base
			s.Breakdown, s.Hosts = breakdown, []Host{{Target: s.Target}}
			*[]*string{&s.Target.Name, &s.Hosts[0].Name}[i] = "joust.test"
			err := s.WithDefaults().Validate()
			if breakdown != (err == nil) || err != nil && !strings.Contains(err.Error(), `the name "joust.test" to look up`) {
				t.Errorf("host %d with a breakdown %v: %v", i, breakdown, err)
			}
		}
	}
}
