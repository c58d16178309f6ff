package pieces

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/joust-bench/joust/loaders"
)

// Check returns every problem of the pieces in the requests of a Spec. Its data must fit
// together.
func Check(spec *loaders.Spec) error {
	var errs []error
	columns, used := ColumnsOf(spec), false
	checked := map[uint64]bool{}
	for _, r := range spec.EachRequest() {
		if !r.Pieces {
			continue
		}
		m, err := Mark(r, columns, spec.Target.Host)
		if err != nil {
			errs = append(errs, fmt.Errorf("request %q: %w", cmp.Or(r.Name, r.Method+" "+r.Path), err))
			continue
		}
		if spec.Follow {
			path, _, _ := strings.Cut(r.Path, "?")
			moves := m.inBody || strings.Contains(path, Begin)
			if moves {
				errs = append(errs, fmt.Errorf("request %q: redirects are followed from one path and with one body: leave out the pieces in them, or the redirects", r.Name))
			}
		}
		used = used || m.UsesData()
		for _, h := range r.Headers {
			list, _ := Parse(h.Value, columns) // Mark reports the error
			for _, p := range list {
				if p.kind == kindColumn && spec.Data != nil && !checked[p.size] {
					checked[p.size] = true
					errs = append(errs, checkColumn(spec.Data, int(p.size), h.Name))
				}
			}
		}
	}
	if spec.Data != nil && !used && len(errs) == 0 {
		errs = append(errs, fmt.Errorf("no request uses a column of the data: write %s%s} in the URL, a header or the body, or leave the data out", Begin, spec.Data.Columns[0]))
	}
	return errors.Join(errs...)
}

// UsesData reports whether a piece is a column.
func (m *Marked) UsesData() bool {
	for _, p := range m.pieces {
		if p.kind == kindColumn {
			return true
		}
	}
	return false
}

// Columns returns the names of the columns, none for nil.
func Columns(d *loaders.Data) []string {
	if d == nil {
		return nil
	}
	return d.Columns
}

// ColumnsOf returns the names of the columns that pieces of a load may name: those of its
// data, or those of its flows.
func ColumnsOf(spec *loaders.Spec) []string {
	if spec.Flows != nil {
		return spec.Flows.Columns()
	}
	return Columns(spec.Data)
}

// checkColumn refuses a value that would end the header field it stands in.
func checkColumn(d *loaders.Data, column int, header string) error {
	for row := range d.Rows() {
		for _, c := range d.Value(row, column) {
			if c < ' ' && c != '\t' || c == 0x7f {
				return fmt.Errorf("header %s: row %d of the data has the control character %q in its column %s, which cannot stand in a header", header, row+1, c, d.Columns[column])
			}
		}
	}
	return nil
}
