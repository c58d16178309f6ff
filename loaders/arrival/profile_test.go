package arrival_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/arrival"
)

// rateAt is the rate of a profile t seconds after the begin of a phase of d seconds at the
// rate r: pywrkr's definitions (traffic_profiles.py), written down a second time.
func rateAt(p *loaders.Profile, t, d, r float64) float64 {
	cycle := func() float64 { return math.Mod(t/d*p.Cycles, 1) }
	switch p.Kind {
	case loaders.Sine:
		half := (1 - p.Min) / 2
		return r * (p.Min + half + half*math.Sin(2*math.Pi*p.Cycles*t/d))
	case loaders.Step:
		n := len(p.Levels)
		return p.Levels[max(0, min(int(t/d*float64(n)), n-1))]
	case loaders.Sawtooth:
		return r * (p.Min + (1-p.Min)*cycle())
	case loaders.Square:
		if cycle() < 0.5 {
			return r
		}
		return r * p.Low
	case loaders.SpikeKind:
		if math.Mod(t, p.Every.Seconds()) < p.Spike.Seconds() {
			return r * p.Multiplier
		}
		return r * p.Baseline
	case loaders.BusinessHours:
		hour := t / d * 24
		switch {
		case hour < 6, hour >= 21:
			return r * 0.05
		case hour < 9:
			return r * (0.05 + 0.95*(hour-6)/3)
		case hour < 17:
			return r * (1 - 0.15*math.Sin(math.Pi*(hour-9)/8))
		}
		return r * (1 - 0.95*(hour-17)/4)
	}
	value, last := p.Points[0].Value, p.Points[0]
	for _, at := range p.Points {
		from, to := last.At.Seconds(), at.At.Seconds()
		if t < to {
			if t > from {
				value = last.Value + (at.Value-last.Value)*(t-from)/(to-from)
			}
			break
		}
		value, last = at.Value, at
	}
	if p.Shares {
		value *= r
	}
	return value
}

// profiles draws one of all kinds.
func profiles() *rapid.Generator[*loaders.Profile] {
	return rapid.Custom(func(t *rapid.T) *loaders.Profile {
		share := func(name string) float64 { return rapid.Float64Range(0, 1).Draw(t, name) }
		kind := rapid.SampledFrom([]loaders.ProfileKind{
			loaders.Sine, loaders.Step, loaders.Sawtooth, loaders.Square, loaders.SpikeKind, loaders.BusinessHours, loaders.CSV,
		}).Draw(t, "kind")
		p := &loaders.Profile{Kind: kind}
		switch kind {
		case loaders.Sine, loaders.Sawtooth:
			p.Cycles, p.Min = rapid.Float64Range(0.1, 9).Draw(t, "cycles"), share("min")
		case loaders.Square:
			p.Cycles, p.Low = rapid.Float64Range(0.1, 9).Draw(t, "cycles"), share("low")
		case loaders.Step:
			p.Levels = rapid.SliceOfN(rapid.Float64Range(0, 500), 1, 6).Draw(t, "levels")
			p.Levels[0]++
		case loaders.SpikeKind:
			p.Every = time.Duration(rapid.Int64Range(1e8, 2e10).Draw(t, "interval"))
			p.Spike = time.Duration(rapid.Int64Range(1e7, 1e10).Draw(t, "length"))
			p.Multiplier, p.Baseline = 4*share("multiplier")+0.1, share("baseline")
		case loaders.CSV:
			p.Shares = rapid.Bool().Draw(t, "shares")
			scale := 500.0
			if p.Shares {
				scale = 2
			}
			at := time.Duration(0)
			for i := range rapid.IntRange(1, 6).Draw(t, "points") {
				at += time.Duration(rapid.SampledFrom([]int64{0, 1, 1e9, 7e9}).Draw(t, "after"))
				p.Points = append(p.Points, loaders.ProfilePoint{At: at, Value: scale * share("value")})
				if i == 0 {
					p.Points[0].Value += scale / 10
				}
			}
		}
		return p
	})
}

func profile(t testing.TB, p *loaders.Profile, rate float64, over time.Duration) arrival.Schedule {
	t.Helper()
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	s, err := arrival.Profile(p, rate, over)
	return must(t, s, err)
}

// Up to any instant the requests that are due are the integral of the rate, give or take
// one, and none goes back in time or is due at the end or behind it.
func TestProfileFollowsItsIntegral(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := profiles().Draw(rt, "profile")
		rate, seconds := rapid.Float64Range(1, 300).Draw(rt, "rate"), rapid.Float64Range(1, 20).Draw(rt, "seconds")
		over := time.Duration(seconds * 1e9)
		s, err := arrival.Profile(p, rate, over)
		if err != nil {
			rt.Skip(err) // a file whose rates are 0 for so long
		}
		all := instants(s.Cursor(0, 1, 0), math.MaxInt64)
		if !slices.IsSorted(all) || len(all) > 0 && all[len(all)-1] >= int64(over) {
			rt.Fatalf("%s: the arrivals are not in order, or not before the end", p)
		}
		// The midpoint rule errs where the rate jumps, by half a step of the jump at most.
		const steps = 20_000
		step, least := seconds/steps, p.PeakRPS(rate)/100
		sum, jump, due := 0.0, 0.0, 0
		for i := range steps {
			now := rateAt(p, (float64(i)+0.5)*step, seconds, rate)
			sum += now * step
			if i > 0 {
				change := math.Abs(now - rateAt(p, (float64(i)-0.5)*step, seconds, rate))
				if change > least {
					jump += change * step / 2
				}
			}
			for end := int64((float64(i) + 1) * step * 1e9); due < len(all) && all[due] < end; {
				due++
			}
			if math.Abs(float64(due)-sum) > 1.05+jump {
				rt.Fatalf("%s at %v/s over %v: %d are due in the first %v s, the integral is %v", p, rate, over, due, (float64(i)+1)*step, sum)
			}
		}
	})
}

func TestProfileShardsMakeTheWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p, rate := profiles().Draw(rt, "profile"), rates().Draw(rt, "rate")
		over := time.Duration(rapid.Int64Range(1e6, int64(time.Hour)).Draw(rt, "over"))
		if s, err := arrival.Profile(p, rate, over); err == nil {
			checkUnion(rt, s, rapid.IntRange(1, 9).Draw(rt, "shards"))
		}
	})
}

// Known answers: the instants at which rates change are those of arrivals before them.
func TestProfileInstants(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		over time.Duration
		// k is the number of an arrival at 100/s, and want its instant in seconds.
		k    int
		want float64
	}{
		{"step:levels=100,0,50", 30 * time.Second, 999, 9.99},
		{"step:levels=100,0,50", 30 * time.Second, 1000, 20}, // behind the pause
		{"step:levels=100,0,50", 30 * time.Second, 1001, 20.02},
		{"square:cycles=2,low=0", 8 * time.Second, 200, 4},
		{"square:cycles=2,low=0", 8 * time.Second, 399, 5.99},
		{"sawtooth:cycles=2,min=0", 20 * time.Second, 500, 10},
		{"sawtooth:cycles=2,min=0", 20 * time.Second, 125, 5}, // t² · 5
		{"spike", time.Minute, 1000, 2},
		{"spike", time.Minute, 1001, 2.05},
		{"spike", time.Minute, 1160, 10},
		{"sine:cycles=1,min=0", 20 * time.Second, 1000, 20},
		{"sine:cycles=1,min=0", 20 * time.Second, 500 + 318, 10}, // 50·10 + 100·10/π = 818.3
		{"business-hours", 24 * time.Second, 30, 6},
	} {
		p, err := loaders.ParseProfile(c.text)
		if err != nil {
			t.Fatal(err)
		}
		cursor := profile(t, &p, 100, c.over).Cursor(0, c.k, 0)
		cursor.Next()
		at, ok := cursor.Next()
		if ended := c.want == c.over.Seconds(); ended != !ok {
			t.Errorf("%s: arrival %d exists: %v", c.text, c.k, ok)
		} else if !ended && math.Abs(float64(at)/1e9-c.want) > 0.01 {
			t.Errorf("%s: arrival %d is at %v s, want %v", c.text, c.k, float64(at)/1e9, c.want)
		}
	}
}

// A day at 20 000 requests a second ends as exactly as it begins: the integral up to an
// arrival is its number, to a millionth of a request and the nanosecond that is cut off.
func TestProfilesDoNotDrift(t *testing.T) {
	t.Parallel()
	const rate, day = 20_000.0, 24 * time.Hour
	rapid.Check(t, func(rt *rapid.T) {
		k := rapid.IntRange(1, 800_000_000).Draw(rt, "k")
		for _, c := range []struct {
			text  string
			count func(t float64) float64
		}{
			{"sine:cycles=24,min=0.2", func(t float64) float64 {
				const w = 2 * math.Pi / 3600
				half := math.Sin(math.Mod(t, 3600) * w / 2)
				return rate * (0.6*t + 0.4*2*half*half/w)
			}},
			{"square:cycles=24,low=0.5", func(t float64) float64 {
				rest := math.Mod(t, 3600)
				return rate * ((t-rest)*0.75 + min(rest, 1800) + 0.5*max(0, rest-1800))
			}},
		} {
			p, err := loaders.ParseProfile(c.text)
			if err != nil {
				rt.Fatal(err)
			}
			cursor := profile(t, &p, rate, day).Cursor(0, k, 0)
			cursor.Next()
			at, ok := cursor.Next()
			if !ok {
				rt.Fatalf("%s: there is no arrival %d", c.text, k)
			}
			if off := math.Abs(c.count(float64(at)/1e9) - float64(k)); off > 1e-4+rate*2e-9 {
				rt.Fatalf("%s: arrival %d is off by %v arrivals, at %v s", c.text, k, off, float64(at)/1e9)
			}
		}
	})
}

func TestMeanRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{
		"sine:cycles=3,min=0.2":        60,
		"step:levels=100,500,600":      400,
		"sawtooth:min=0":               50,
		"square:low=0.2":               60,
		"spike:interval=10":            116, // 2 s of 500 and 8 s of 20
		"business-hours":               100 * (9*0.05 + 3*0.525 + 8*(1-0.15*2/math.Pi) + 4*0.525) / 24,
		"spike:interval=1h,baseline=0": 100 * 5 * 2. / 60,
	} {
		p, err := loaders.ParseProfile(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := arrival.MeanRate(&p, 100, time.Minute); err != nil || math.Abs(got-want) > 1e-6 {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestProfilesRefused(t *testing.T) {
	t.Parallel()
	late := &loaders.Profile{Kind: loaders.CSV, File: "f", Points: []loaders.ProfilePoint{{At: 0}, {At: time.Hour}, {At: time.Hour, Value: 5}}}
	sine := &loaders.Profile{Kind: loaders.Sine, Cycles: 2}
	spike := &loaders.Profile{Kind: loaders.SpikeKind, Every: 1, Spike: 1, Multiplier: 5}
	for _, c := range []struct {
		p    *loaders.Profile
		rate float64
		over time.Duration
	}{{sine, 0, time.Second}, {sine, math.NaN(), time.Second}, {sine, 5, 0}, {spike, 5e8, time.Second}, {late, 5, time.Minute}} {
		if _, err := arrival.Profile(c.p, c.rate, c.over); err == nil {
			t.Errorf("%s at %v/s over %v was accepted", c.p, c.rate, c.over)
		}
		if _, err := arrival.MeanRate(c.p, c.rate, c.over); err == nil {
			t.Errorf("%s at %v/s over %v has a mean rate", c.p, c.rate, c.over)
		}
	}
}

// curves is one schedule of each kind of profile, for the tests of all schedules.
func curves(t testing.TB) map[string]arrival.Schedule {
	all := map[string]arrival.Schedule{}
	for _, text := range []string{"sine", "step:100000,5000,20000", "sawtooth", "square", "spike", "business-hours"} {
		p, err := loaders.ParseProfile(text)
		if err != nil {
			t.Fatal(err)
		}
		all[fmt.Sprint("profile ", p.Kind)] = profile(t, &p, 123_456.7, 24*time.Hour)
	}
	return all
}
