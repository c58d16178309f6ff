package summary

import (
	"maps"
	"slices"

	"github.com/joust-bench/joust/results"
)

// data prints the use of data rows.
func (t *summary) data() {
	if d := t.report.Data; d != nil {
		t.item("data", "%s", useOf(d, "a request"))
	}
	for _, name := range slices.Sorted(maps.Keys(t.report.DataSets)) {
		d := t.report.DataSets[name]
		t.item("data", "%s: %s", name, useOf(&d, "an iteration"))
	}
}

// useOf says how rows were used by what takes them.
func useOf(d *results.DataUse, taker string) string {
	if d.UsedUp {
		return "all " + count(d.Rows) + " rows used, each once: the load ended with them"
	}
	return count(d.Taken) + " times " + taker + " took one of " + count(d.Rows) + " rows, order " + d.Order
}
