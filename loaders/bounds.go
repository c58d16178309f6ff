package loaders

import (
	"fmt"
	"math"
	"time"
)

// The bounds of a Spec. Beyond them a load could only overflow the clock, exhaust the
// memory or miss its schedule.
const (
	// Longest is the longest time that a Spec may ask for: sums of several stay within
	// the clock.
	Longest = 365 * 24 * time.Hour
	// MostPerThread is the highest rate of a thread in requests per second, and the
	// greatest number that may be due on it at once.
	MostPerThread = 5_000_000
	// MostPlaces is the greatest number of users, and of requests in flight.
	MostPlaces = 1 << 24
)

// withinBounds passes each value that is beyond a bound to refuse.
func (s *Spec) withinBounds(refuse func(bad bool, format string, args ...any)) {
	for _, d := range []struct {
		what string
		d    time.Duration
	}{
		{"connect timeout", s.ConnectTimeout}, {"request timeout", s.RequestTimeout}, {"drain", s.Drain},
		{"interval", s.Interval}, {"segment", s.Segment}, {"think time", max(s.Think.From, s.Think.To)}, {"ramp of users", s.UserRamp},
	} {
		refuse(d.d > Longest, "%s %v: must be at most %v, a year", d.what, d.d, Longest)
	}
	refuse(s.Users > MostPlaces, "%d users: at most %d are possible", s.Users, MostPlaces)
	refuse(s.Connections > 0 && s.Depth > MostPlaces/s.Connections, "depth %d on %d connections: at most %d requests may be in flight", s.Depth, s.Connections, MostPlaces)
	for i := range s.Phases {
		if err := s.Phases[i].withinBounds(max(1, s.Threads)); err != nil {
			refuse(true, "phase %q: %w", s.Phases[i].Name, err)
		}
	}
}

// withinBounds returns an error for a phase with a value beyond a bound.
func (p *Phase) withinBounds(threads int) error {
	for _, d := range []struct {
		what string
		d    time.Duration
	}{
		{"duration", p.Duration}, {"lead", p.Lead}, {"longest duration", p.MaxDuration},
		{"deadline to send", p.ShedAfter}, {"think spin", p.ThinkSpin},
	} {
		if d.d > Longest {
			return fmt.Errorf("%s %v: must be at most %v, a year", d.what, d.d, Longest)
		}
	}
	parts := float64(threads * max(1, p.Share.Of))
	rate := max(p.RateRPS, p.RampToRPS)
	if p.Profile != nil {
		rate = p.Profile.PeakRPS(p.RateRPS)
	}
	if rate/parts > MostPerThread && !math.IsInf(rate, 0) {
		return fmt.Errorf("rate %.10g req/s (loader threads: %d): nobody paces more than %d a thread: ask for less, or for more threads", rate, threads, MostPerThread)
	}
	if float64(p.BurstSize)/parts > MostPerThread {
		return fmt.Errorf("bursts of %d requests (loader threads: %d): nobody sends more than %d a thread at once: ask for less, or for more threads", p.BurstSize, threads, MostPerThread)
	}
	return nil
}
