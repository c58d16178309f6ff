package source

import (
	"math/rand/v2"
	"sync/atomic"

	"github.com/joust-bench/joust/loaders"
)

// Rows gives the data rows of a load to all of its threads. Each request takes one. A nil
// *Rows has none to give.
type Rows struct {
	n      int64
	random bool
	// ends is true where each row is given once.
	ends bool
	next atomic.Int64
}

// NewRows returns the rows of the data, nil for nil.
func NewRows(d *loaders.Data) *Rows {
	if d == nil {
		return nil
	}
	return &Rows{
		n: int64(d.Rows()), random: d.Order == loaders.RandomRows,
		ends: d.Order == loaders.SequentialRows || d.Order == loaders.UniqueRows,
	}
}

// Taken returns the number of rows that were given, each time anew.
func (r *Rows) Taken() uint64 {
	taken := r.next.Load()
	if r.ends {
		taken = min(taken, r.n)
	}
	return uint64(taken)
}

// UsedUp reports whether a request found no row left.
func (r *Rows) UsedUp() bool { return r.ends && r.next.Load() > r.n }

// NewSets returns the rows of each data set of the flows.
func NewSets(f *loaders.Flows) []*Rows {
	if f == nil {
		return nil
	}
	list := make([]*Rows, len(f.Sets))
	for i := range list {
		list[i] = NewRows(f.Sets[i].Data)
	}
	return list
}

// Take returns the number of the next row; ok is false where none is left.
func (r *Rows) Take(rnd *rand.Rand) (row int32, ok bool) {
	n := r.next.Add(1) - 1
	switch {
	case r.random:
		return int32(rnd.Int64N(r.n)), true
	case r.ends && n >= r.n:
		return 0, false
	}
	return int32(n % r.n), true
}

// fed is a source whose requests have data rows. It ends with them.
type fed struct {
	Source
	rows *Rows
	rnd  *rand.Rand
}

// rowStream gives rows other random numbers than weights and users.
const rowStream = 1 << 41

// feeding returns the source with the rows.
func feeding(of Source, spec *loaders.Spec, t Thread) Source {
	return &fed{Source: of, rows: t.Rows, rnd: rand.New(rand.NewPCG(spec.Seed, rowStream+uint64(t.Number)))}
}

// Next implements Source.
func (f *fed) Next(user int32, now int64) (Ask, bool) {
	ask, ok := f.Source.Next(user, now)
	if ok {
		ask.Row, ok = f.rows.Take(f.rnd)
	}
	return ask, ok
}
