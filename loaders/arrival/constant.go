package arrival

import (
	"math"
	"math/bits"
)

// Constant spaces arrivals evenly: t(k) = ⌊k·10⁹/rate⌋ ns for k = 0, 1, 2 …,
// exact for any k, so that nothing drifts. The rate is in arrivals per second
// over all shards.
func Constant(rate float64) (Schedule, error) {
	if err := checkRate("constant schedule", rate); err != nil {
		return nil, err
	}
	return byFormula(ratioOf(rate).instant), nil
}

// ratio is a rate in arrivals per second as the exact fraction num / 2^shift.
// Every float64 is one, so that no rate is rounded.
type ratio struct {
	num   uint64
	shift uint
}

// ratioOf splits a rate that checkRate accepts; its shift is below 64.
func ratioOf(rate float64) ratio {
	fraction, exponent := math.Frexp(rate) // rate = fraction · 2^exponent
	num := uint64(fraction * (1 << 53))
	shift := 53 - exponent
	zeros := min(bits.TrailingZeros64(num), shift)
	return ratio{num: num >> zeros, shift: uint(shift - zeros)}
}

// instant is the exact time of k arrivals, ⌊k · 10⁹ / rate⌋.
func (r ratio) instant(k uint64) (t int64, ok bool) {
	hi, lo := bits.Mul64(k, nsPerSecond)
	if hi>>(64-r.shift) != 0 {
		return 0, false
	}
	hi, lo = hi<<r.shift|lo>>(64-r.shift), lo<<r.shift
	if hi >= r.num {
		return 0, false
	}
	q, _ := bits.Div64(hi, lo, r.num)
	if q > maxInstant {
		return 0, false
	}
	return int64(q), true
}
