package certify_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/certify"
	"github.com/joust-bench/joust/loaders/certify/lawserver"
)

// The answers are calculated by hand: at 20 000/s, one second in ten, p95 = 1 −
// 0.05·10·(1 − 20/C).
func TestStallKnownAnswers(t *testing.T) {
	t.Parallel()
	s := certify.Stall{RateRPS: 20_000, Length: time.Second, Period: 10 * time.Second}
	for _, c := range []struct {
		q, capacity float64
		want        time.Duration
	}{
		{0.95, 200_000, 550 * time.Millisecond},
		{0.95, 100_000, 600 * time.Millisecond},
		{0.95, 40_000, 750 * time.Millisecond},
		{0.99, 40_000, 950 * time.Millisecond},
		{1, 40_000, time.Second},
		{0.8, 40_000, 0}, // one request in five is late
		{0.5, 200_000, 0},
	} {
		if got := s.Quantile(c.q, c.capacity); (got - c.want).Abs() > time.Microsecond {
			t.Errorf("p%v at %v/s: got %v, want %v", c.q*100, c.capacity, got, c.want)
		}
	}
	if got := s.Drained(40_000); (got - 2*time.Second).Abs() > time.Microsecond {
		t.Errorf("drained after %v, want 2 s: the stop and as long again", got)
	}
	if got := s.Drained(20_000); got != math.MaxInt64 {
		t.Errorf("a server that is no faster than the rate has drained after %v", got)
	}
}

// By hand, k = 2: without a lead and with a long drain, latencies are spread evenly
// from 0 to T. With a drain of D the law breaks at E/2 = (T + D)/2.
func TestOverloadKnownAnswers(t *testing.T) {
	t.Parallel()
	const s, ms = time.Second, time.Millisecond
	all := certify.Overload{Factor: 2, Window: 10 * s, Drain: 11 * s}
	short := certify.Overload{Factor: 2, Window: 10 * s, Drain: 500 * ms}
	led := certify.Overload{Factor: 2, Lead: s, Window: 4 * s, Drain: 6 * s}
	fast := certify.Overload{Factor: 4, Window: 4 * s, Drain: 20 * s}
	for _, c := range []struct {
		name string
		got  time.Duration
		want time.Duration
	}{
		{"p50 of all: the answer at T waited T/2", all.Quantile(0.5), 5 * s},
		{"p99 of all", all.Quantile(0.99), 9900 * ms},
		{"mean of all", all.Mean(), 5 * s},
		{"lower bounds of all", all.CensoredFrom(), 0},
		// x answers and x − 0.5 lower bounds are half of 10 at x = 2.75.
		{"p50 of the short drain", short.Quantile(0.5), 2750 * ms},
		{"the largest of the short drain", short.Quantile(1), 5250 * ms},
		// (5.25²/2 + (5.25² − 0.5²)/2) / 10
		{"mean of the short drain", short.Mean(), 2743750 * time.Microsecond},
		{"lower bounds", short.CensoredFrom(), 500 * ms},
		{"p50 with a lead", led.Quantile(0.5), 3 * s},
		{"the first with a lead", led.Quantile(1e-9), s},
		{"p50 at four times", fast.Quantile(0.5), 6 * s},
	} {
		if (c.got - c.want).Abs() > 10*time.Microsecond {
			t.Errorf("%s: got %v, want %v", c.name, c.got, c.want)
		}
	}
	if got := short.Unanswered(); math.Abs(got-0.475) > 1e-9 { // (10 − 5.25) / 10
		t.Errorf("unanswered share %v, want 0.475", got)
	}
	if got := all.Unanswered(); got != 0 {
		t.Errorf("unanswered share %v, want none", got)
	}
}

func TestDelayKnownAnswer(t *testing.T) {
	t.Parallel()
	if got := (certify.Delay{Delay: 20 * time.Millisecond, Connections: 50}).ThroughputRPS(); got != 2500 {
		t.Errorf("got %v/s, want 2500", got)
	}
}

// serveAll is one server, first come first served: it returns the end of each
// request that comes at arrivals, in seconds. open returns the first instant at
// which the server works.
func serveAll(arrivals []float64, capacity float64, open func(float64) float64) []float64 {
	free, ends := 0.0, make([]float64, len(arrivals))
	for i, at := range arrivals {
		free = open(max(free, at)) + 1/capacity
		ends[i] = free
	}
	return ends
}

func every(rate, seconds float64) []float64 {
	arrivals := make([]float64, int(rate*seconds))
	for k := range arrivals {
		arrivals[k] = float64(k) / rate
	}
	return arrivals
}

func quantile(sorted []float64, q float64) float64 {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// A simulated queue keeps the stall law, to within a gap and a service time.
func TestStallLawIsASimulatedQueue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		rate := rapid.Float64Range(300, 1500).Draw(rt, "rate")
		capacity := rate * rapid.Float64Range(1.3, 20).Draw(rt, "headroom")
		length := rapid.Float64Range(0.05, 0.3).Draw(rt, "length")
		s := certify.Stall{RateRPS: rate, Length: seconds(length), Period: 2 * time.Second}
		if s.Drained(capacity) > 1800*time.Millisecond {
			rt.Skip("not drained within the period")
		}
		arrivals := every(rate, 4)
		ends := serveAll(arrivals, capacity, func(at float64) float64 {
			if into := math.Mod(at, 2) - 0.1; into >= 0 && into < length {
				return at - into + length
			}
			return at
		})
		for i := range ends {
			ends[i] -= arrivals[i]
		}
		slices.Sort(ends)
		for _, q := range []float64{0.9, 0.95, 0.99, 0.999} {
			if want := s.Quantile(q, capacity).Seconds(); want > 0 && math.Abs(quantile(ends, q)-want) > 3/rate {
				rt.Errorf("p%v: the queue gives %v s, the law %v s", q*100, quantile(ends, q), want)
			}
		}
	})
}

// A simulated queue keeps the overload law, with the rules of drain and lower
// bounds.
func TestOverloadLawIsASimulatedQueue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		const capacity = 1000.0
		o := certify.Overload{
			Factor: rapid.Float64Range(1.2, 4).Draw(rt, "factor"),
			Lead:   seconds(rapid.Float64Range(0, 0.5).Draw(rt, "lead")),
			Window: seconds(rapid.Float64Range(0.5, 2).Draw(rt, "window")),
			Drain:  seconds(rapid.Float64Range(0.1, 5).Draw(rt, "drain")),
		}
		from, to := o.Lead.Seconds(), (o.Lead + o.Window).Seconds()
		end, rate := to+o.Drain.Seconds(), o.Factor*capacity
		arrivals := every(rate, to)
		ends := serveAll(arrivals, capacity, func(at float64) float64 { return at })
		var latencies []float64
		unanswered, sum, censored := 0, 0.0, math.Inf(1)
		for i, at := range arrivals {
			if at < from {
				continue
			}
			latency := ends[i] - at
			if ends[i] > end {
				unanswered++
				latency = end - at
				censored = min(censored, latency)
			}
			sum += latency
			latencies = append(latencies, latency)
		}
		slices.Sort(latencies)
		n := float64(len(latencies))
		check := func(figure string, got, want, within float64) {
			if math.Abs(got-want) > within {
				rt.Errorf("%+v: %s: the queue gives %v, the law %v", o, figure, got, want)
			}
		}
		const within = 0.01 // seconds: a few service times
		for _, q := range []float64{0.1, 0.5, 0.95, 0.99} {
			check(percent(q), quantile(latencies, q), o.Quantile(q).Seconds(), within)
		}
		check("mean", sum/n, o.Mean().Seconds(), within)
		check("share unanswered", float64(unanswered)/n, o.Unanswered(), 0.01)
		if unanswered > 10 {
			check("lower bounds", censored, o.CensoredFrom().Seconds(), within)
		}
	})
}

func percent(q float64) string { return time.Duration(q * 100 * float64(time.Second)).String() }

func seconds(s float64) time.Duration { return time.Duration(s * 1e9) }

// All cases of a battery can be run: laws and loads are valid and names unique.
func TestBatteriesAreValid(t *testing.T) {
	t.Parallel()
	for _, quick := range []bool{false, true} {
		cases, err := certify.Battery(certify.Selection{Quick: quick})
		if err != nil {
			t.Fatal(err)
		}
		var total time.Duration
		names := map[string]bool{}
		for _, c := range cases {
			if names[c.Name()] {
				t.Errorf("two cases are called %q", c.Name())
			}
			names[c.Name()] = true
			total += certify.Planned(c)
			if err := c.Law(1).Validate(); err != nil {
				t.Errorf("%s: law: %v", c.Name(), err)
			}
			s := c.Load(1000)
			s.Target = loaders.Target{Network: "tcp", Address: "127.0.0.1:1", Host: "x"}
			if err := s.WithDefaults().Validate(); err != nil {
				t.Errorf("%s: load: %v", c.Name(), err)
			}
		}
		if limit := 3 * time.Minute; total > limit || quick && total > time.Minute {
			t.Errorf("quick %v: the battery takes %v", quick, total)
		}
	}
}

func TestBatteryCoversEveryBehaviour(t *testing.T) {
	t.Parallel()
	cases, err := certify.Battery(certify.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	covered := map[lawserver.Behaviour]bool{}
	for _, c := range cases {
		covered[c.Law(0).Behaviour] = true
	}
	for _, b := range lawserver.Behaviours() {
		if !covered[b] {
			t.Errorf("no case for behaviour %q", b)
		}
	}
}

func TestBatteryRefuses(t *testing.T) {
	t.Parallel()
	for _, o := range []certify.Selection{
		{Families: []certify.Family{"gravity"}},
		{RatesRPS: []float64{0}},
		{RatesRPS: []float64{math.NaN()}},
		{RatesRPS: []float64{1e9}},
	} {
		if _, err := certify.Battery(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
	one, err := certify.Battery(certify.Selection{Families: []certify.Family{certify.FamilyStall}, RatesRPS: []float64{30_000}})
	if err != nil || len(one) != 1 || one[0].Law(0).CapacityRPS < 60_000 {
		t.Errorf("got %+v, %v: want one case with twice the rate as capacity", one, err)
	}
}
