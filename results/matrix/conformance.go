package matrix

import (
	"fmt"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/table"
)

// conformanceTable returns a line a server: the score of its HTTP/1.1 battery, and the
// points that it failed. It is empty where no server was asked.
func (v *view) conformanceTable() *table.Table {
	out := &table.Table{Head: []string{"server", "HTTP/1.1", "points that it failed"}, Left: 1, WordsLast: true}
	for _, s := range v.servers {
		if s.Conformance == nil {
			continue
		}
		passed, asked := s.Conformance.Score()
		out.Add(s.Name, fmt.Sprintf("%d of %d", passed, asked), conformanceText(s.Conformance))
	}
	return out
}

// conformanceText names the points that failed, with their sections.
func conformanceText(c *results.Conformance) string {
	var points []string
	for _, p := range c.Failed() {
		points = append(points, p.Name+" ("+p.Section+")")
	}
	if len(points) == 0 {
		return "none"
	}
	return strings.Join(points, "; ")
}

// conformance writes how well the servers keep to HTTP/1.1.
func (v *view) conformance(p *page) {
	p.section("## HTTP/1.1 conformance", "Before the first trial each server was asked a battery of broken and unusual requests, and connections that end. "+
		"A failing point voids nothing; joust check SERVER --verbose shows what was sent and what came.", v.conformanceTable())
}
