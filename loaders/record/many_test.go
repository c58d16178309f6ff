package record

import (
	"fmt"
	"testing"

	"github.com/joust-bench/joust/results"
)

// Of many groups each has its counts and coarse times, and the total has times of full
// precision, as one group would.
func TestManyGroups(t *testing.T) {
	t.Parallel()
	names := make([]string, FineGroups+1)
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	window := Span{Loop: results.OpenLoop, T0: 0, T1: 1e12}
	threads := [2]*Ledger{newLedger(len(names)), newLedger(len(names))}
	whole := newLedger(1)
	for _, l := range []*Ledger{threads[0], threads[1], whole} {
		l.Reserve(true)
		l.Reset(Span{})
		l.Failed(&Exchange{}, 5, results.CauseTimeout, 0, "of the phase before")
		l.Reset(window)
	}
	for i := range 10 * len(names) {
		e := Exchange{Intended: int64(i), Sent: int64(i + 10), FirstByte: int64(i + 20), Group: int32(i % len(names))}
		now := e.Sent + 1_234_567 + int64(i)*1000
		alone := e
		alone.Group = 0
		for l, x := range map[*Ledger]*Exchange{threads[i%2]: &e, whole: &alone} {
			switch {
			case i%7 == 3:
				l.Failed(x, now, results.CauseTimeout, 0, "late")
			case i%7 == 4:
				l.GivenUp(x, now)
			default:
				l.Answered(x, now, 200)
			}
		}
	}
	threads[0].Merge(threads[1])
	var got, want results.Phase
	if err := threads[0].Into(&got, names); err != nil {
		t.Fatal(err)
	}
	if err := whole.Into(&want, names[:1]); err != nil {
		t.Fatal(err)
	}
	for what, pair := range map[string][2]*results.Histogram{
		"service": {got.Total.Service, want.Total.Service}, "corrected": {got.Total.Corrected, want.Total.Corrected},
		"first byte": {got.Total.FirstByte, want.Total.FirstByte}, "failed": {got.Total.FailedTime, want.Total.FailedTime},
	} {
		if *pair[0] != *pair[1] {
			t.Errorf("%s of the total: %+v, of one group %+v", what, pair[0], pair[1])
		}
	}
	if got.Total.Completed != want.Total.Completed || got.Total.Failed != want.Total.Failed || got.Total.Status["200"] != want.Total.Status["200"] {
		t.Errorf("the total is %+v, want %+v", got.Total, want.Total)
	}
	sum := uint64(0)
	for name, g := range got.Groups {
		sum += g.Completed
		if g.FirstByte != nil || g.Service != nil && g.Service.Count != g.Completed {
			t.Errorf("group %s: %d completed, %+v", name, g.Completed, g.Service)
		}
	}
	if sum != got.Total.Completed || len(got.Groups) != len(names) {
		t.Errorf("%d groups with %d of %d", len(got.Groups), sum, got.Total.Completed)
	}
	if a, b := threads[0].ListenNS(), whole.ListenNS(); a != b {
		t.Errorf("it listens for %d ns, one group for %d", a, b)
	}
}
