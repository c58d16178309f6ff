package stats

import "slices"

// CellValues are the values of one cell of a table.
type CellValues struct {
	Name string
	// Values are positive, one a trial.
	Values []float64
	// Upper is set where the trials give intervals: Upper[i] is the upper end to
	// the lower end Values[i]. Such a cell is above another only where its lower
	// ends are, and below only where its upper ends are.
	Upper []float64
}

// usable reports whether the cell can be compared.
func (c CellValues) usable() bool {
	return len(c.Values) > 1 && positive(c.Values) && (c.Upper == nil || len(c.Upper) == len(c.Values) && positive(c.Upper))
}

func (c CellValues) upper() []float64 {
	if c.Upper == nil {
		return c.Values
	}
	return c.Upper
}

// Claim is one comparison of a table.
type Claim struct {
	// A and B are indices of cells.
	A, B int
	// Ratio is B/A.
	Ratio Ratio
	// P is of the test alone, Adjusted after Holm's correction over the table.
	P, Adjusted float64
	// Band is the noise band that the ratio must leave.
	Band float64
	// Called is true when Adjusted is significant and Ratio outside the band.
	Called bool
}

// ClaimSet holds the comparisons of the cells of one metric in one table.
type ClaimSet struct {
	Cells  []CellValues
	Spread Spread
	// Claims are in the order of the cells, without those of fewer than two values.
	Claims []Claim
}

// Claims compares all cells, or each with the baseline's (METHOD.md §4).
func Claims(cells []CellValues, baseline string) ClaimSet {
	t := ClaimSet{Cells: cells}
	var pooled [][]float64
	for _, c := range cells {
		if c.usable() {
			pooled = append(pooled, c.Values)
		}
	}
	t.Spread = PooledSpread(pooled)
	var p []float64
	for a := range cells {
		for b := a + 1; b < len(cells); b++ {
			i, j := a, b
			switch baseline {
			case "", cells[a].Name:
			case cells[b].Name:
				i, j = b, a
			default:
				continue
			}
			if cells[i].usable() && cells[j].usable() {
				c := compare(cells[i], cells[j])
				c.A, c.B = i, j
				c.Band = t.Spread.NoiseBand(len(cells[i].Values), len(cells[j].Values))
				t.Claims, p = append(t.Claims, c), append(p, c.P)
			}
		}
	}
	for i, adjusted := range Holm(p) {
		c := &t.Claims[i]
		c.Adjusted = adjusted
		c.Called = Significant(adjusted) && Outside(c.Ratio.Value, c.Band)
	}
	return t
}

// compare tests the ends of two cells that face each other. Overlapping intervals
// are the same: their ratio is 1.
func compare(a, b CellValues) Claim {
	up, _ := HodgesLehmann(a.upper(), b.Values)
	down, _ := HodgesLehmann(a.Values, b.upper())
	switch {
	case a.Upper == nil && b.Upper == nil, up.Value > 1:
		return Claim{Ratio: up, P: MannWhitney(a.upper(), b.Values)}
	case down.Value < 1:
		return Claim{Ratio: down, P: MannWhitney(a.Values, b.upper())}
	}
	return Claim{Ratio: Ratio{Value: 1, Low: up.Low, High: down.High, Coverage: min(up.Coverage, down.Coverage)}, P: 1}
}

// RankRange is the range of ranks that a cell may have, from 1 for the best.
type RankRange struct{ Best, Worst int }

// RankRanges returns the ranks that the claims of all pairs leave open: below the
// cells that are called better, above those that are called worse. Cells that do
// not differ share ranks, and a cell may share them with two others that differ.
// A cell without a comparison has no rank, {0, 0}.
func (t ClaimSet) RankRanges(lowIsBest bool) []RankRange {
	ranks := make([]RankRange, len(t.Cells))
	better, worse := make([]int, len(ranks)), make([]int, len(ranks))
	compared := make([]bool, len(ranks))
	for _, c := range t.Claims {
		compared[c.A], compared[c.B] = true, true
		if !c.Called {
			continue
		}
		best, other := c.A, c.B
		if (c.Ratio.Value > 1) != lowIsBest {
			best, other = c.B, c.A
		}
		better[other]++
		worse[best]++
	}
	k := len(slices.DeleteFunc(slices.Clone(compared), func(yes bool) bool { return !yes }))
	for i := range ranks {
		if compared[i] {
			ranks[i] = RankRange{Best: 1 + better[i], Worst: k - worse[i]}
		}
	}
	return ranks
}

// Decidable reports whether any comparison could have been called.
func (t ClaimSet) Decidable() bool {
	return slices.ContainsFunc(t.Claims, func(c Claim) bool {
		return CanDecide(len(t.Cells[c.A].Values), len(t.Cells[c.B].Values), len(t.Claims))
	})
}

// Trials returns the upper median of the smaller sides of all comparisons, or 0.
func (t ClaimSet) Trials() int {
	var n []int
	for _, c := range t.Claims {
		n = append(n, min(len(t.Cells[c.A].Values), len(t.Cells[c.B].Values)))
	}
	if len(n) == 0 {
		return 0
	}
	slices.Sort(n)
	return n[len(n)/2]
}

// SmallestDetectable applies the function of that name to the set.
func (t ClaimSet) SmallestDetectable() float64 {
	return SmallestDetectable(t.Trials(), t.Spread, len(t.Claims))
}
