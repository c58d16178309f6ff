package scenarios

import (
	"fmt"
	"slices"

	"github.com/joust-bench/joust/scenarios/suggest"
)

// Table is the scenario table: valid rows with unique names, in catalogue
// order. It does not change once loaded.
type Table struct {
	rows []Scenario
}

// Names lists the rows' names in catalogue order.
func (t *Table) Names() []string {
	names := make([]string, len(t.rows))
	for i := range t.rows {
		names[i] = t.rows[i].Name
	}
	return names
}

// All returns the rows in catalogue order. The slice is the caller's; what the
// rows point to is shared and must not be changed.
func (t *Table) All() []Scenario { return slices.Clone(t.rows) }

// Find returns the row of that name. The row is shared and must not be
// changed. The error names the nearest row.
func (t *Table) Find(name string) (*Scenario, error) {
	for i := range t.rows {
		if t.rows[i].Name == name {
			return &t.rows[i], nil
		}
	}
	return nil, fmt.Errorf("unknown scenario %q%s", name, suggest.Hint(name, t.Names()))
}
