package arrival

import "math/rand/v2"

// Poisson draws arrivals as independent users cause them: exponential gaps
// with a mean of 1/rate seconds, the rate in arrivals per second over all
// shards. Shards are independent streams of rate/shards each, whose union is
// again a Poisson process of the rate. The same seed and number of shards give
// the same instants.
func Poisson(rate float64) (Schedule, error) {
	if err := checkRate("poisson schedule", rate); err != nil {
		return nil, err
	}
	return poisson{rate: rate}, nil
}

type poisson struct{ rate float64 }

func (p poisson) Cursor(shard, shards int, seed uint64) Cursor {
	shards = max(shards, 1)
	if shard < 0 || shard >= shards {
		return &poissonCursor{ended: true}
	}
	// Neighbouring shards and seeds must not give neighbouring states.
	a := scramble(seed)
	b := scramble(a ^ uint64(shard))
	return &poissonCursor{
		gaps: rand.New(rand.NewPCG(a, b)),
		mean: nsPerSecond / p.rate * float64(shards),
	}
}

// poissonCursor keeps its instant as whole nanoseconds and the fraction of
// one, so that rounding neither biases high rates nor grows with time.
type poissonCursor struct {
	gaps  *rand.Rand
	mean  float64 // of the gaps, in nanoseconds
	at    int64
	rest  float64 // in [0, 1) nanoseconds
	ended bool
}

func (c *poissonCursor) Next() (int64, bool) {
	if c.ended {
		return 0, false
	}
	gap := c.gaps.ExpFloat64()*c.mean + c.rest
	if !(gap < float64(maxInstant-c.at)) {
		c.ended = true
		return 0, false
	}
	whole := int64(gap)
	c.rest = gap - float64(whole)
	c.at += whole
	return c.at, true
}

// scramble is the output function of SplitMix64 (Steele, Lea and Flood 2014):
// a bijection in which every input bit changes about half of the output's.
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
