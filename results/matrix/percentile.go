package matrix

import (
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
)

// percentile is a percentile of the cell; stored data that could not be read is
// noted.
func (v *view) percentile(c *cells.Cell, of cells.Latency, place int) cells.Percentile {
	for _, text := range c.Damage(of) {
		v.problem(text)
	}
	return c.Percentile(of, place)
}

// marked is the value with its marks, or "—" by the sample rule.
func marked(l cells.Percentile, in scale) string {
	if l.Kind == stats.None {
		return "—"
	}
	marks := ""
	if l.AtLeast {
		marks += "≥ "
	}
	if l.Rough {
		marks += "~ "
	}
	return marks + in.text(l.Value)
}

// latencyScale is the common scale of a column.
func latencyScale(column []cells.Percentile) scale {
	var values []float64
	for _, l := range column {
		if l.Kind != stats.None {
			values = append(values, l.Value)
		}
	}
	return latencies(values...)
}
