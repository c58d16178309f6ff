package results

// AddKnown returns the sum of two counts that may be absent: nil where both are.
func AddKnown[N int | uint64](a, b *N) *N {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return new(*a + *b)
}
