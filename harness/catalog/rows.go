package catalog

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results/suggest"
	"github.com/joust-bench/joust/scenarios"
)

// checkScenarios checks the names of rows and families.
func (c *checker) checkScenarios() {
	c.doc.ReportIf(len(c.m.Scenarios) == 0, "scenarios", "scenarios is required: the rows that the server answers, by their names or those of their families")
	groups := c.rows.Families()
	for i, name := range c.m.Scenarios {
		at := fmt.Sprintf("scenarios[%d]", i)
		row, err := c.rows.Find(name)
		switch {
		case slices.Contains(c.m.Scenarios[:i], name):
			c.doc.Report(at, "scenario %q stands twice", name)
		case err == nil && slices.Contains(c.m.Scenarios, row.Family):
			c.doc.Report(at, "scenario %q stands twice: it is one of the family %s", name, row.Family)
		case err == nil:
			c.doc.ReportIf(len(c.m.Protocols) > 0 && !c.speaks(row), at, "scenario %q runs on none of the server's protocols (%s)", name, strings.Join(c.m.Protocols, ", "))
		case !slices.Contains(groups, name):
			c.doc.Report(at, "%v", unknownRow(name, c.rows))
		default:
			left := slices.ContainsFunc(c.rows, func(row scenarios.Scenario) bool { return row.Family == name && c.claims(&row) })
			c.doc.ReportIf(!left, at, "scenarios: the server claims no row of the family %s", name)
		}
	}
}

// unknownRow is the error of a name that is neither a row nor a family.
func unknownRow(name string, rows scenarios.Rows) error {
	return errors.New(suggest.Unknown("scenario", name, slices.Concat(rows.Names(), rows.Families())))
}

// speaks reports whether the row has a meaning on one of the server's protocols.
func (c *checker) speaks(row *scenarios.Scenario) bool {
	return slices.ContainsFunc(c.m.Protocols, func(p string) bool { return row.Supports(scenarios.Protocol(p)) })
}

// claims reports whether the manifest claims the row, by its name or its family's.
func (c *checker) claims(row *scenarios.Scenario) bool {
	if slices.Contains(c.m.Scenarios, row.Name) {
		return true
	}
	return slices.Contains(c.m.Scenarios, row.Family) && c.m.Unsupported[row.Name] == "" && c.speaks(row)
}

// claimed returns the names of the claimed rows: those that the manifest names in its
// own order, and those of families in the order of the table.
func (c *checker) claimed() []string {
	var names []string
	for _, name := range c.m.Scenarios {
		if _, err := c.rows.Find(name); err == nil {
			names = append(names, name)
			continue
		}
		for i := range c.rows {
			if row := &c.rows[i]; row.Family == name && c.claims(row) {
				names = append(names, row.Name)
			}
		}
	}
	return names
}

func (c *checker) checkUnsupported() {
	for _, name := range slices.Sorted(maps.Keys(c.m.Unsupported)) {
		at := "unsupported." + name
		_, err := c.rows.Find(name)
		c.doc.ReportIf(err != nil, at, "%v", err)
		c.doc.ReportIf(slices.Contains(c.m.Scenarios, name), at, "scenario %q is both claimed (line %d) and unsupported", name, c.doc.Line("scenarios"))
		c.doc.ReportIf(strings.TrimSpace(c.m.Unsupported[name]) == "", at, "%s needs the reason, which tables show", at)
	}
}
