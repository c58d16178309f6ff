package export

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
)

// writeCSV writes a row a figure of a trial. A cell without a valid trial has one row with
// the reason, and so has each void trial; neither has a value.
func writeCSV(out *bytes.Buffer, from Source) error {
	w := csv.NewWriter(out)
	rows := [][]string{{"run", "server", "scenario", "protocol", "phase", "clients", "trial", "metric", "value", "unit", "mark", "reason"}}
	for _, p := range places(from.Set) {
		rows = append(rows, p.rows()...)
	}
	if err := w.WriteAll(rows); err != nil {
		return fmt.Errorf("writing the run as CSV: %w", err)
	}
	return nil
}

func (p *place) rows() [][]string {
	row := func(trial, metric, value, unit, mark, reason string) []string {
		return []string{p.set.Run.ID, p.Server.Name, p.Table.Scenario, p.Table.Protocol, p.Phase, strconv.Itoa(p.Table.Clients), trial, metric, value, unit, mark, reason}
	}
	var rows [][]string
	if p.Absent != "" {
		rows = append(rows, row("", "", "", "", "", string(p.Absent)+": "+p.Why))
	}
	for _, why := range p.Voids {
		rows = append(rows, row("", "", "", "", "", "void trial: "+why))
	}
	for _, one := range p.trials() {
		trial := strconv.Itoa(one.Valid[0].Trial.Index)
		for _, f := range one.figures() {
			rows = append(rows, row(trial, f.name, number(f.Value), f.unitText(), f.mark(), ""))
		}
	}
	return rows
}

// mark returns the mark of a figure: ≥ for a lower bound, ≤ for an upper one, ~ where the
// loader's own lateness is in it; empty for none.
func (f *figure) mark() string {
	mark := ""
	if f.AtLeast {
		mark += "≥"
	}
	if f.AtMost {
		mark += "≤"
	}
	if f.Rough {
		mark += "~"
	}
	return mark
}

// number prints a value with all its digits.
func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
