package core

import (
	"cmp"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/results"
)

// newValues returns nil where no request has pieces. Each team has streams of its own:
// no thread of a later team makes the random values of an earlier one.
func newValues(l *load, thread int) *pieces.Values {
	for _, r := range l.spec.EachRequest() {
		if r.Pieces {
			return pieces.NewValues(l.spec, l.generation<<16+uint64(thread))
		}
	}
	return nil
}

// table lets the pieces of the thread stand for what the source's users know.
func (d *demand) table() {
	if t, ok := d.source.(pieces.Table); ok && d.values != nil {
		d.values.From(t)
	}
}

// render gives the flight, which is the connection's newest, bytes of its own where its
// request has pieces. They stay for a request that is asked again. Requests of a pipeline,
// whose bytes the connection keeps where they wait, share the memory one after the other.
func (s *shard) render(c *connection, f *flight) {
	r := &s.requests[f.request]
	if r.Template == nil {
		return
	}
	if c.own == nil {
		c.own = &codec.Request{}
	}
	c.own.Render(r, s.values, f.row)
	s.ids.mark(c.own)
	f.rendered = true
}

// asked returns the bytes of the flight's request. In a pipeline only the newest flight
// has them.
func (s *shard) asked(c *connection, f *flight) *codec.Request {
	if f.rendered {
		return c.own
	}
	return &s.requests[f.request]
}

// dataUse returns the use of the data rows, nil where the load has none.
func (l *load) dataUse() *results.DataUse { return useOf(l.spec.Data, l.rows) }

// setUse returns the use of the data sets of flows by name, nil where the load has none.
func (l *load) setUse() map[string]results.DataUse {
	if len(l.sets) == 0 {
		return nil
	}
	uses := make(map[string]results.DataUse, len(l.sets))
	for i, rows := range l.sets {
		set := &l.spec.Flows.Sets[i]
		uses[set.Name] = *useOf(set.Data, rows)
	}
	return uses
}

func useOf(d *loaders.Data, rows *source.Rows) *results.DataUse {
	if d == nil {
		return nil
	}
	return &results.DataUse{Rows: uint64(d.Rows()), Order: string(cmp.Or(d.Order, loaders.LoopRows)), Taken: rows.Taken(), UsedUp: rows.UsedUp()}
}
