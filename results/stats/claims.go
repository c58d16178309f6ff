package stats

import "slices"

// Sample is what the trials of one cell of a table found.
type Sample struct {
	Name string
	// Values are positive, one a trial.
	Values []float64
	// Upper is set where a trial bounds the truth by an interval: Upper[i] is
	// the upper end to the lower end Values[i]. Such a cell is above another
	// only where its lower ends are, and below only where its upper ends are.
	Upper []float64
}

// usable tells whether the cell can be compared at all.
func (s Sample) usable() bool {
	return len(s.Values) > 1 && positive(s.Values) && (s.Upper == nil || len(s.Upper) == len(s.Values) && positive(s.Upper))
}

func (s Sample) upper() []float64 {
	if s.Upper == nil {
		return s.Values
	}
	return s.Upper
}

// ClaimOptions say what is compared with what.
type ClaimOptions struct {
	// Baseline is the name of the cell that all others are compared with;
	// empty for all pairs.
	Baseline string
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
	// Called is true when the two differ: Adjusted is at most Significance and
	// the ratio lies outside the band. B is then the greater where the ratio
	// is above 1.
	Called bool
}

// Table is what may be said about the cells of one metric of one table.
type Table struct {
	Cells  []Sample
	Spread Spread
	// Claims are the comparisons that were made, in the order of the cells; a
	// cell with fewer than two values has none.
	Claims []Claim
}

// Claims compares the cells (METHOD.md §4).
func Claims(cells []Sample, o ClaimOptions) Table {
	t := Table{Cells: cells}
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
			switch o.Baseline {
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

// compare tests the ends of the two cells that face each other; two intervals
// that overlap are the same, with a ratio of 1 within what they leave open.
func compare(a, b Sample) Claim {
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

// RankRange is the ranks that a cell may have, from 1 for the best on.
type RankRange struct{ Best, Worst int }

// RankRanges are the ranks that the claims of all pairs leave open: one worse
// than the number of cells that are called better, and as many from the end as
// are called worse. Cells that cannot be told apart share ranks, and a cell may
// share them with two others that differ. A cell without a comparison has no
// rank, {0, 0}, and takes none from the others.
func (t Table) RankRanges(lowIsBest bool) []RankRange {
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
	k := 0
	for _, yes := range compared {
		if yes {
			k++
		}
	}
	for i := range ranks {
		if compared[i] {
			ranks[i] = RankRange{Best: 1 + better[i], Worst: k - worse[i]}
		}
	}
	return ranks
}

// Decidable tells whether any comparison of the table could have been called.
func (t Table) Decidable() bool {
	for _, c := range t.Claims {
		if CanDecide(len(t.Cells[c.A].Values), len(t.Cells[c.B].Values), len(t.Claims)) {
			return true
		}
	}
	return false
}

// Trials is the number of values by which bands and detectable differences of
// the table are told: of its comparisons the median of the smaller side, the
// greater one of two; 0 where nothing is compared.
func (t Table) Trials() int {
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

// SmallestDetectable is the function of that name for the table's own spread,
// comparisons and Trials; infinite where nothing can be detected.
func (t Table) SmallestDetectable() float64 {
	return SmallestDetectable(t.Trials(), t.Spread, len(t.Claims))
}
