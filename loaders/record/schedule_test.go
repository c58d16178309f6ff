package record_test

import (
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/record"
)

// A profile is pressed into lead and window, and the loaders of a share make it together.
func TestScheduleOfAProfile(t *testing.T) {
	t.Parallel()
	p := loaders.Phase{Schedule: loaders.Profiled, Profile: &loaders.Profile{Kind: loaders.Step, Levels: []float64{10, 30}}}
	at := record.Timing{Begin: 100, T0: 100 + int64(time.Second), T1: 100 + int64(2*time.Second)}
	var due []int
	for index := range 3 {
		if index > 0 {
			p.Share = loaders.Share{Index: index - 1, Of: 2}
		}
		s, err := record.NewSchedule(&p, at, 1)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		cursor := s.Cursor(0, 1, 0)
		for last, ok := cursor.Next(); ok; last, ok = cursor.Next() {
			if n++; last >= int64(2*time.Second) {
				t.Errorf("an arrival at %d, behind the phase", last)
			}
		}
		due = append(due, n)
	}
	if due[0] != 40 || due[1] != 20 || due[2] != 20 {
		t.Errorf("%d arrivals for one loader, %d and %d for two", due[0], due[1], due[2])
	}
}
