package table

// Scale is a unit with its size in base units.
type Scale struct {
	Per  float64
	Unit string
}

// Durations returns the scales of nanoseconds, the largest first.
func Durations() []Scale { return []Scale{{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}, {1, "ns"}} }

// ScaleOf returns the scale in which the value is 1 or more, or the smallest.
func ScaleOf(scales []Scale, value float64) Scale {
	for _, s := range scales {
		if value >= s.Per {
			return s
		}
	}
	return scales[len(scales)-1]
}

// Digits prints the value in the scale, without its unit.
func (s Scale) Digits(value float64) string { return Digits(value / s.Per) }
