package source

import (
	"math/rand/v2"

	"github.com/joust-bench/joust/loaders"
)

// weighted draws requests in proportion to their weights, each draw in the same time
// however many there are: an alias table (Walker 1977), in whole numbers.
type weighted struct {
	asked
	rnd *rand.Rand
	// A draw falls into one of the columns, one a request and each total wide: below the
	// column's share it is the column's own request, else its other one.
	columns []column
	total   uint64
}

// column is one column of an alias table.
type column struct {
	share uint64
	other int32
}

func newWeighted(a asked, spec *loaders.Spec, t Thread) *weighted {
	weights := make([]uint64, len(a.groupOf))
	total := uint64(0)
	for i, r := range spec.EachRequest() {
		weights[i] = uint64(max(1, r.Weight))
		total += weights[i]
	}
	return &weighted{
		asked: a, rnd: rand.New(rand.NewPCG(spec.Seed, uint64(t.Number))),
		columns: aliases(weights, total), total: total,
	}
}

// aliases returns the table of the weights, whose sum is total: the request of column i
// has the share of i, and the rest of every column whose other one it is, which make its
// weight times the number of columns.
func aliases(weights []uint64, total uint64) []column {
	columns := make([]column, len(weights))
	var short, long []int32
	for i, w := range weights {
		columns[i] = column{w * uint64(len(weights)), int32(i)}
		if columns[i].share < total {
			short = append(short, int32(i))
		} else {
			long = append(long, int32(i))
		}
	}
	for len(short) > 0 && len(long) > 0 {
		i, from := short[len(short)-1], long[len(long)-1]
		short = short[:len(short)-1]
		columns[i].other = from
		if columns[from].share -= total - columns[i].share; columns[from].share < total {
			long, short = long[:len(long)-1], append(short, from)
		}
	}
	return columns
}

func (w *weighted) Next(int32, int64) (Ask, bool) {
	draw := w.rnd.Uint64N(w.total * uint64(len(w.columns)))
	i := draw / w.total
	if c := &w.columns[i]; draw%w.total >= c.share {
		i = uint64(c.other)
	}
	return w.ask(int(i)), true
}
