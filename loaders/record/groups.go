package record

import (
	"errors"

	"github.com/joust-bench/joust/results"
)

// record puts a time into a histogram of the group, and into that of all groups.
func (l *Ledger) record(group int32, of func(*Group) *Histogram, ns int64) {
	of(&l.Groups[group]).Record(ns)
	if l.all != nil {
		of(l.all).Record(ns)
	}
}

// groupsInto writes the groups and their total. A single group is its own
// total.
func (l *Ledger) groupsInto(r *results.Phase, names []string) error {
	var errs []error
	total := &l.Groups[0]
	if len(l.Groups) > 1 {
		total = &Group{}
		r.Groups = make(map[string]results.Group, len(l.Groups))
		for i := range l.Groups {
			if l.all == nil {
				total.Merge(&l.Groups[i])
			} else {
				l.all.mergeCounts(&l.Groups[i])
			}
			group, err := l.Groups[i].Result()
			r.Groups[names[i]] = group
			errs = append(errs, err)
		}
	}
	if l.all != nil {
		total = l.all
	}
	var err error
	r.Total, err = total.Result()
	return errors.Join(append(errs, err)...)
}
