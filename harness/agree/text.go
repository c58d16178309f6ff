package agree

import (
	"fmt"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/table"
)

// Text returns the matches as tables: for a terminal, or as markdown.
func Text(matches []Match, markdown bool) string {
	var out strings.Builder
	clean := table.OneLine
	if markdown {
		clean = table.Escape
	}
	for i := range matches {
		c := &matches[i]
		title := fmt.Sprintf("%s, %s: %s", c.Server, c.Scenario, c.loop())
		if markdown {
			title = "### " + clean(title) + "\n"
		}
		fmt.Fprintln(&out, title)
		t := c.table()
		if markdown {
			out.WriteString(t.Markdown() + "\n")
		} else {
			out.WriteString(t.Terminal())
		}
		for _, line := range append(c.notes(), c.Why...) {
			fmt.Fprintln(&out, "- "+clean(line))
		}
		fmt.Fprintln(&out)
	}
	return out.String()
}

func (c *Match) loop() string {
	text := fmt.Sprintf("closed loop, %d connections", c.Clients)
	if c.Loop == results.OpenLoop {
		text = fmt.Sprintf("open loop at %s req/s (half of joust's peak), %d connections", table.Digits(c.RateRPS), c.Clients)
	}
	if c.Depth > 1 {
		text += fmt.Sprintf(", depth %d", c.Depth)
	}
	return text
}

// table has one row a loader. The ratio to joust stands in brackets.
func (c *Match) table() *table.Table {
	latency := "service"
	if c.Loop == results.OpenLoop {
		latency = "corrected"
	}
	t := &table.Table{Left: 1, Head: []string{
		"loader", "req/s", latency + " mean, µs", "p50, µs", "p99, µs", "loader work, µs/req", "server CPU, µs/req", "loader busy", "server busy", "trials",
	}}
	for i := range c.Contenders {
		s := &c.Contenders[i]
		name := strings.TrimSpace(s.Loader + " " + s.Version)
		if s.NotExpressible != "" {
			t.Add(name, "— not expressible", "", "", "", "", "", "", "", "")
			continue
		}
		if s.Valid == 0 {
			t.Add(name, "— void", "", "", "", "", "", "", "", fmt.Sprintf("0 of %d", len(s.Void)))
			continue
		}
		r := s.Ratios
		if r == nil {
			r = &Ratios{}
		}
		t.Add(name, value(s.ThroughputRPS, 1, r.Throughput), value(s.MeanNS, 1e3, r.Mean), value(s.P50NS, 1e3, r.P50), value(s.P99NS, 1e3, r.P99),
			value(s.LoaderCPUNS, 1e3, r.LoaderCPU), value(s.ServerCPUNS, 1e3, r.ServerCPU), share(s.LoaderShare), share(s.ServerShare), s.count())
	}
	return t
}

func (s *Contender) count() string {
	if len(s.Void) > 0 {
		return fmt.Sprintf("%d, %d void", s.Valid, len(s.Void))
	}
	return fmt.Sprint(s.Valid)
}

// value is a figure divided by its unit, with its ratio to joust.
func value(x *float64, per float64, ratio *float64) string {
	if x == nil {
		return "—"
	}
	text := table.Digits(*x / per)
	if ratio != nil {
		text += fmt.Sprintf(" (%.2f ×)", *ratio)
	}
	return text
}

func share(x *float64) string {
	if x == nil {
		return "—"
	}
	return fmt.Sprintf("%.0f %%", *x*100)
}

// notes say why figures are missing from the table.
func (c *Match) notes() []string {
	var notes []string
	for i := range c.Contenders {
		s := &c.Contenders[i]
		if s.NotExpressible != "" {
			notes = append(notes, "not expressible: "+s.NotExpressible)
		}
		if len(s.Void) > 0 {
			notes = append(notes, fmt.Sprintf("%s: %d of %d trials void: %s", s.Loader, len(s.Void), len(s.Void)+s.Valid, s.Void[0]))
		}
	}
	return notes
}
