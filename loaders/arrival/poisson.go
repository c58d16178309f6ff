package arrival

import (
	"math"
	"math/rand/v2"
)

// Poisson draws arrivals as independent users cause them: exponential gaps
// with a mean of 1/rate seconds, the rate in arrivals per second over all
// shards. Shards are independent streams of rate/shards each, whose union is
// again a Poisson process of the rate. The same seed and number of shards give
// the same instants.
func Poisson(rate float64) (Schedule, error) {
	if err := checkRate("poisson schedule", rate); err != nil {
		return nil, err
	}
	return func(shard, shards int, seed uint64) Cursor {
		// Neighbouring shards and seeds must not give neighbouring states.
		a := scramble(seed)
		gaps := rand.New(rand.NewPCG(a, scramble(a^uint64(shard))))
		mean := nsPerSecond / rate * float64(shards)
		// The instant is whole nanoseconds and the fraction of one: rounding must
		// neither bias high rates nor grow with time.
		at, fraction := int64(0), 0.0
		return func() (int64, bool) {
			gap := gaps.ExpFloat64()*mean + fraction
			if !(gap < float64(maxInstant-at)) {
				mean = math.Inf(1) // there is none any more
				return 0, false
			}
			whole := int64(gap)
			fraction = gap - float64(whole)
			at += whole
			return at, true
		}
	}, nil
}

// scramble is the output function of SplitMix64 (Steele, Lea and Flood 2014):
// a bijection in which every input bit changes about half of the output's.
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
