package core

// divide shares n, which is at least the number of weights, out in proportion to the
// weights: at least 1 each, and what is left over to those with the largest remainders.
func divide(n int, weights []uint64) []int {
	total := uint64(0)
	for _, w := range weights {
		total += w
	}
	parts, exact := make([]int, len(weights)), make([]float64, len(weights))
	rest := n
	for i, w := range weights {
		exact[i] = float64(n) * (float64(w) / float64(total))
		parts[i] = max(1, int(exact[i]))
		rest -= parts[i]
	}
	for ; rest > 0; rest-- {
		parts[furthest(parts, func(i int) float64 { return exact[i] - float64(parts[i]) })]++
	}
	for ; rest < 0; rest++ { // the least parts took more than they should
		parts[furthest(parts, func(i int) float64 {
			if parts[i] == 1 {
				return -float64(n)
			}
			return float64(parts[i]) - exact[i]
		})]--
	}
	return parts
}

// furthest returns the number of the part with the greatest distance.
func furthest(parts []int, distance func(int) float64) int {
	most := 0
	for i := range parts {
		if distance(i) > distance(most) {
			most = i
		}
	}
	return most
}
