package loaders

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// Defaults for the fields of a Spec that are zero.
const (
	DefaultConnectTimeout = 5 * time.Second
	DefaultRequestTimeout = 10 * time.Second
	DefaultDrain          = 500 * time.Millisecond
	DefaultInterval       = 100 * time.Millisecond
	// MaxDrain bounds the drain after an early stop.
	MaxDrain = 2 * time.Second
)

// WithDefaults returns the Spec with defaults in its fields that are zero.
func (s Spec) WithDefaults() Spec {
	s.ConnectTimeout = cmp.Or(s.ConnectTimeout, DefaultConnectTimeout)
	s.RequestTimeout = cmp.Or(s.RequestTimeout, DefaultRequestTimeout)
	s.Drain = cmp.Or(s.Drain, DefaultDrain)
	s.Interval = cmp.Or(s.Interval, DefaultInterval)
	s.SendBuffer = cmp.Or(s.SendBuffer, s.loopbackSendBuffer())
	s.Threads = max(s.Threads, 1)
	s.Depth = max(s.Depth, 1)
	if s.Users == 0 && (s.Flows != nil || s.Think != (Think{}) || len(s.Hosts) > 0 && !s.paced()) {
		s.Users = s.Connections * s.Depth
	}
	s.Idle = cmp.Or(s.Idle, Wait)
	s.LatencyFrom = cmp.Or(s.LatencyFrom, FromSend)
	return s
}

// LoopbackSendBuffer is the size of the send buffer, in bytes, for large uploads over
// loopback.
const LoopbackSendBuffer = 128 << 10

// loopbackSendBuffer bounds the bytes of a large upload over loopback that are on
// their way. The kernel would let a buffer grow to megabytes: the bodies of a few
// connections would leave the processor's caches before the server reads them, which
// halves the throughput of any server. A path over a real network needs the room, and
// keeps the kernel's own size.
func (s *Spec) loopbackSendBuffer() int {
	for _, t := range s.Targets() {
		if t.Network != "tcp" {
			continue
		}
		for _, address := range append([]string{t.Address}, t.More...) {
			if ap, err := ParseAddress(address); err != nil || !ap.Addr().IsLoopback() {
				return 0
			}
		}
	}
	large := func(r scenarios.Request) bool { return r.Body.Size() > LoopbackSendBuffer }
	if s.Proxy != nil || !slices.ContainsFunc(s.Requests, large) && s.Variants.longestBody() <= LoopbackSendBuffer {
		return 0
	}
	return LoopbackSendBuffer
}

// DefaultIdle returns the default idle strategy. A loader that owns its processors
// polls always: waking a loader that sleeps would cost the server time. A loader that
// shares them polls for a while only, and not at all where there is one processor.
func DefaultIdle(owned bool, processors int) IdleStrategy {
	switch {
	case owned:
		return Spin
	case processors > 1:
		return Hybrid
	}
	return Wait
}

// Validate returns every problem of a Spec WithDefaults at once, in the user's words.
func (s Spec) Validate() error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	refuse(s.Target.Address == "", "no target address")
	for _, t := range s.Targets() {
		refuse(t.Name != "" && (!s.Breakdown || t.Network != "tcp" || s.Proxy != nil), "the name %q to look up for each connection: only a breakdown of TCP connections without a proxy asks for that", t.Name)
	}
	refuse(len(s.Requests) == 0, "no request to ask")
	s.Variants.check(len(s.Requests), refuse)
	refuse(s.tunnelled(), "a request in a tunnel has a header for the proxy, which cannot see it there: make it one of the proxy's headers")
	refuse(s.Connections < 1, "%d connections: at least 1 is needed", s.Connections)
	refuse(s.Threads < 1, "%d threads: at least 1 is needed", s.Threads)
	refuse(s.Threads > s.Connections && s.Connections > 0, "%d threads for %d connections: a thread without a connection has nothing to do", s.Threads, s.Connections)
	refuse(s.Users < 0, "%d users: must not be negative", s.Users)
	refuse(s.Users > 0 && s.Threads > s.Users, "%d threads for %d users: a thread without a user has nothing to do", s.Threads, s.Users)
	refuse(s.UserRamp < 0, "ramp of users over %v: must not be negative", s.UserRamp)
	refuse(s.UserRamp > 0 && s.Users == 0, "ramp over %v without users: say how many start", s.UserRamp)
	refuse(s.Users > 0 && s.Rotation == scenarios.PerConnection, "%d users with requests that change with the connection: users have no connection of their own, leave them out", s.Users)
	refuse(len(s.CPUs) != 0 && len(s.CPUs) != s.Threads, "%d CPUs for %d threads: one each, or none", len(s.CPUs), s.Threads)
	refuse(s.Follow && s.Depth > 1, "redirects are to be followed with a depth of %d: a redirect's request waits for an answer, so ask with a depth of 1", s.Depth)
	refuse(s.RequestID != "" && s.Threads > MostNamedThreads, "request ids on %d threads: at most %d can give them", s.Threads, MostNamedThreads)
	refuse(s.SendBuffer < 0, "send buffer of %d bytes: must not be negative", s.SendBuffer)
	refuse(s.Depth < 1, "depth %d: at least 1 is needed", s.Depth)
	refuse(!slices.Contains(IdleStrategies(), s.Idle), "idle strategy %q: %s", s.Idle, IdleWords)
	for _, d := range []struct {
		what string
		d    time.Duration
	}{{"connect timeout", s.ConnectTimeout}, {"request timeout", s.RequestTimeout}, {"drain", s.Drain}, {"interval", s.Interval}} {
		refuse(d.d <= 0, "%s %v: must be above 0", d.what, d.d)
	}
	refuse(s.Segment < 0 || s.Interval > 0 && s.Segment%s.Interval != 0, "segments of %v: must be a multiple of the interval of %v", s.Segment, s.Interval)
	s.withinBounds(refuse)
	s.Data.check(refuse)
	connect := s.LatencyFrom == FromConnect
	refuse(s.LatencyFrom != FromSend && !connect, "latency from %q: %s or %s", s.LatencyFrom, FromSend, FromConnect)
	refuse(connect && s.Follow, "latency from connect with redirects followed: a request and its redirects may use several connections: leave out the one or the other")
	refuse(connect && s.Users > 0, "latency from connect with %d users: users find connections ready and no request waits for its own: leave out the one or the other", s.Users)
	s.checkTogether(refuse)
	s.checkHosts(refuse)
	s.checkScript(refuse)
	s.checkFlows(refuse)
	refuse(len(s.Phases) == 0, "no phase to run")
	for i := range s.Phases {
		if err := s.Phases[i].validate(); err != nil {
			errs = append(errs, fmt.Errorf("phase %q: %w", s.Phases[i].Name, err))
		}
		refuse(connect && s.Phases[i].Loop == results.OpenLoop, "phase %q: latency from connect in an open loop: its latency counts from the intended send, which covers the wait for a connection: leave it out", s.Phases[i].Name)
		refuse(s.Users > 0 && s.Flows == nil && s.Phases[i].Loop == results.OpenLoop, "phase %q: an open loop sends by its schedule, whatever users do: leave out users and think time, or the rate", s.Phases[i].Name)
	}
	return errors.Join(errs...)
}

// checkTogether refuses settings that contradict connections that are made together.
func (s *Spec) checkTogether(refuse func(bad bool, format string, args ...any)) {
	if !s.Connection.Together {
		return
	}
	const what = "connections that are made together "
	refuse(s.Connection.ReconnectEvery != 1, what+"ask %d requests each: they ask one, so reconnect every 1", s.Connection.ReconnectEvery)
	refuse(s.Depth > 1, what+"with a depth of %d: they ask one request each, so leave the depth out", s.Depth)
	refuse(s.Users > 0, what+"with %d users: users find connections ready, so leave them out", s.Users)
	for i := range s.Phases {
		refuse(s.Phases[i].Loop == results.OpenLoop, "phase %q: "+what+"in an open loop: a wave begins when the last one has ended, not by a schedule: leave the rate out", s.Phases[i].Name)
	}
}

// tunnelled reports whether a request has a header for the proxy and goes through a
// tunnel.
func (s *Spec) tunnelled() bool {
	return s.Proxy != nil && s.TLS != nil && slices.ContainsFunc(s.Requests, func(r scenarios.Request) bool {
		return slices.ContainsFunc(r.Headers, ForProxy)
	})
}

// Echo returns the phase of the report with the fields that were asked for.
func (p *Phase) Echo() results.Phase {
	echo := results.Phase{
		Name: p.Name, Loop: p.Loop, Measured: p.Measured,
		Schedule: string(p.Schedule), RampToRPS: p.RampToRPS, BurstSize: p.BurstSize,
	}
	if p.Profile != nil {
		echo.Profile = p.Profile.String()
	}
	return echo
}

func (p *Phase) validate() error {
	switch {
	case p.Loop != results.ClosedLoop && p.Loop != results.OpenLoop:
		return fmt.Errorf("loop %q: closed or open", p.Loop)
	case p.Duration <= 0:
		return fmt.Errorf("duration %v: must be above 0", p.Duration)
	case p.Lead < 0:
		return fmt.Errorf("lead %v: must not be negative", p.Lead)
	case p.ThinkSpin < 0:
		return fmt.Errorf("think spin %v: must not be negative", p.ThinkSpin)
	case (p.MinCompletions > 0 || p.SteadyWithin > 0) && p.MaxDuration < p.Duration:
		return fmt.Errorf("longest duration %v is below the duration %v", p.MaxDuration, p.Duration)
	case p.SteadyWithin > 0 && (p.Measured || p.Loop != results.ClosedLoop || p.Count > 0):
		return errors.New("it ends when the throughput is steady: only a closed warm-up without a count may")
	case (p.SteadyWithin > 0) != (p.HalvesWithin > 0):
		return fmt.Errorf("steady within %v a second and %v between halves: both or neither", p.SteadyWithin, p.HalvesWithin)
	case p.ShedAfter < 0:
		return fmt.Errorf("deadline %v to send: must not be negative", p.ShedAfter)
	case p.Loop == results.OpenLoop:
		return p.validateSchedule()
	}
	return nil
}

// validateSchedule checks the schedule of an open loop.
func (p *Phase) validateSchedule() error {
	ramps := p.Schedule == Ramp && p.RateRPS == 0 && p.RampToRPS > 0
	switch {
	case !p.Adjust && !positive(p.RateRPS) && !ramps:
		return fmt.Errorf("rate %v req/s: must be a number above 0", p.RateRPS)
	case !slices.Contains([]Schedule{Constant, Poisson, Ramp, Burst, Profiled}, p.Schedule):
		return fmt.Errorf("schedule %q: constant, poisson, ramp, burst or profile", p.Schedule)
	case p.Schedule == Ramp && p.RampToRPS != 0 && !positive(p.RampToRPS):
		return fmt.Errorf("ramp to %v req/s: must be a number from 0", p.RampToRPS)
	case p.Schedule != Ramp && p.RampToRPS != 0:
		return fmt.Errorf("ramp to %v req/s with the schedule %q: it belongs to a ramp", p.RampToRPS, p.Schedule)
	case p.Schedule == Burst && p.BurstSize < 1:
		return fmt.Errorf("bursts of %d requests: at least 1 is needed", p.BurstSize)
	case p.Schedule != Burst && p.BurstSize != 0:
		return fmt.Errorf("bursts of %d requests with the schedule %q: they belong to bursts", p.BurstSize, p.Schedule)
	case (p.Schedule == Profiled) != (p.Profile != nil):
		return fmt.Errorf("schedule %q with the profile %v: a profile belongs to the schedule %q", p.Schedule, p.Profile, Profiled)
	case p.Profile != nil:
		return p.Profile.Validate()
	}
	return nil
}

func positive(rate float64) bool { return rate > 0 && !math.IsInf(rate, 0) }
