package certify

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/certify/lawserver"
	"github.com/joust-bench/joust/results/stats"
)

// Stall is an open loop against a server of some capacity that stops for Length
// once per Period. The law includes the time in which the server works off the
// waiting requests while new ones come.
type Stall struct {
	RateRPS     float64
	CapacityRPS float64 // of the server's law; the figures follow from the measured one
	Length      time.Duration
	Period      time.Duration
	// Periods is the length of the window in periods.
	Periods     int
	Connections int
	// Within bounds the quantiles, as a share; P50Within the difference of the
	// median from that of the server's own stamps.
	Within    float64
	P50Within time.Duration
}

var _ Case = Stall{}

// Quantile is the corrected latency at q (0 to 1), given the measured capacity
// in req/s: S · [1 − (1 − q) · (P/S) · (1 − ρ)] with ρ = rate ÷ capacity, and 0
// where that is not above 0.
//
// A request that is intended x into a stop of length S waits for the rest of the
// stop, S − x, and for the rate·x requests before it, each 1/capacity: its latency
// is S − x·(1 − ρ), down to 0 at x = S/(1 − ρ). Latencies are therefore spread
// evenly from 0 to S over the share S/(1 − ρ)/P of all requests.
func (s Stall) Quantile(q, capacityRPS float64) time.Duration {
	rho := s.RateRPS / capacityRPS
	length, period := float64(s.Length), float64(s.Period)
	return time.Duration(max(0, length*(1-(1-q)*(period/length)*(1-rho))))
}

// Drained is the time from the beginning of a stop until its backlog is gone.
func (s Stall) Drained(capacityRPS float64) time.Duration {
	if capacityRPS <= s.RateRPS {
		return math.MaxInt64
	}
	return time.Duration(float64(s.Length) / (1 - s.RateRPS/capacityRPS))
}

// Name implements Case.
func (s Stall) Name() string {
	return fmt.Sprintf("stall %v per %v at %.6g/s", s.Length, s.Period, s.RateRPS)
}

func (s Stall) window() time.Duration { return time.Duration(s.Periods) * s.Period }

// Law implements Case. The first stop begins a twentieth of a period inside the
// window: every stop and its drain lie within the window.
func (s Stall) Law(t0 int64) lawserver.Law {
	return lawserver.Law{
		CapacityRPS: s.CapacityRPS,
		Stall:       &lawserver.Stall{Length: s.Length, Period: s.Period, AnchorNS: t0 + int64(s.Period/20)},
		Stamps:      int(s.RateRPS*(s.window()+2*lead).Seconds()) + 1,
	}
}

// Load implements Case.
func (s Stall) Load(float64) loaders.Spec {
	return spec(s.Connections, openPhase(s.RateRPS, s.window()))
}

// Checks implements Case.
func (s Stall) Checks(seen Observation) ([]Check, error) {
	if most := s.Period * 9 / 10; s.Drained(seen.CapacityRPS) > most {
		return nil, fmt.Errorf("a measured capacity of %.0f req/s is too little for %.0f req/s: the backlog of a stop must be gone within %v; take a lower rate, or a faster or quieter machine", seen.CapacityRPS, s.RateRPS, most)
	}
	p := seen.phase()
	corrected, err := stats.Decode(p.Total.Corrected)
	if err != nil {
		return nil, err
	}
	service, err := stats.Decode(p.Total.Service)
	if err != nil {
		return nil, err
	}
	r := checks{law: s.Name()}
	if p.Rate != nil {
		// An interval of whole gaps holds as many instants as gaps, give or take
		// one on its edge.
		r.number("requests intended", Requests, s.RateRPS*s.window().Seconds(), float64(p.Rate.Offered), Bound{Absolute, 1})
	}
	r.count("requests failed", Requests, 0, p.Failures())
	if !corrected.Supports(0.95) {
		return nil, fmt.Errorf("%d latencies are too few for a p95: %s", corrected.Count(), p.Total.FirstError)
	}
	for _, q := range []float64{0.95, 0.99, 0.999} {
		if want := s.Quantile(q, seen.CapacityRPS); want > 0 && corrected.Supports(q) {
			r.duration("corrected "+percentile(q), want, time.Duration(corrected.Quantile(q)), Bound{Relative, s.Within})
		}
	}
	if want, ok := medianOf(seen.Stamps, seen.Spec.Phases[0], p.T0NS, p.T1NS); ok {
		r.duration("corrected p50, by the server's stamps", want, time.Duration(corrected.Quantile(0.5)), Bound{Absolute, float64(s.P50Within)})
	}
	// Only requests that were in flight when a stop began, at most one a
	// connection, have the stop in their service time.
	if inFlight := float64(s.Connections) / (s.RateRPS * s.Period.Seconds()); inFlight < 0.02 {
		r.duration("service p95, which hides the stop", s.Length/10, time.Duration(service.Quantile(0.95)), Bound{Kind: AtMost})
	}
	return r.list, nil
}

// medianOf returns the median latency of the requests intended in [t0, t1) by the
// server's stamps: request k is intended k/rate after the load begins, and the
// k-th answer is its answer. It returns false where stamps are missing.
func medianOf(stamps lawserver.Stamps, p loaders.Phase, t0, t1 int64) (time.Duration, bool) {
	begin := float64(t0 - int64(p.Lead))
	var latencies []int64
	for k, answered := range stamps.AnsweredNS {
		intended := int64(begin + float64(k)*1e9/p.RateRPS)
		if intended >= t0 && intended < t1 {
			latencies = append(latencies, answered-intended)
		}
	}
	if float64(len(latencies)) < p.RateRPS*float64(t1-t0)/1e9-1 {
		return 0, false
	}
	slices.Sort(latencies)
	return time.Duration(latencies[len(latencies)/2]), true
}
