package lualib

import "math"

// random is the generator of LuaJIT: four Tausworthe generators with a period of 2²²³
// (L'Ecuyer 1991, table 3). A script draws the same numbers as under wrk, which gives each
// state the same seed.
type random [4]uint64

// seed begins the sequence that belongs to the number.
func (r *random) seed(x float64) {
	least := [4]uint64{1 << 1, 1 << 6, 1 << 9, 1 << 17}
	for i := range r {
		x = float64(x*math.Pi) + math.E
		r[i] = math.Float64bits(x)
		if r[i] < least[i] {
			r[i] += least[i]
		}
	}
	for range 10 {
		r.next()
	}
}

// next returns the next number, from 0 on and below 1.
func (r *random) next() float64 {
	const fraction, one = 1<<52 - 1, 0x3ff << 52
	var all uint64
	for i, g := range [4]struct{ k, q, s uint }{{63, 31, 18}, {58, 19, 28}, {55, 24, 7}, {47, 21, 8}} {
		z := r[i]
		z = ((z<<g.q)^z)>>(g.k-g.s) ^ z&(math.MaxUint64<<(64-g.k))<<g.s
		all ^= z
		r[i] = z
	}
	return math.Float64frombits(all&fraction|one) - 1
}
