package arrival

import (
	"fmt"
	"math"
	"math/bits"
)

// The rates that a schedule accepts, in arrivals per second. The lower bound
// keeps the exact arithmetic within 128 bits, the upper one is one arrival a
// nanosecond.
const (
	MinRate = 0.001
	MaxRate = 1e9
)

const (
	nsPerSecond = 1_000_000_000
	// maxInstant bounds every schedule, in nanoseconds: 146 years. Sums of two
	// instants stay within an int64.
	maxInstant = math.MaxInt64 / 2
)

func checkRate(what string, rate float64) error {
	if !(rate >= MinRate && rate <= MaxRate) { // NaN fails both
		return fmt.Errorf("%s of %v per second: give a rate from %v to %v", what, rate, MinRate, MaxRate)
	}
	return nil
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

// span is the exact time of k arrivals, k · 10⁹ / rate nanoseconds, as whole
// nanoseconds and num-ths of one; ok is false beyond maxInstant.
func (r ratio) span(k uint64) (whole int64, rest uint64, ok bool) {
	hi, lo := bits.Mul64(k, nsPerSecond)
	if hi>>(64-r.shift) != 0 {
		return 0, 0, false
	}
	hi, lo = hi<<r.shift|lo>>(64-r.shift), lo<<r.shift
	if hi >= r.num {
		return 0, 0, false
	}
	q, rest := bits.Div64(hi, lo, r.num)
	return int64(q), rest, q <= maxInstant
}
