package export

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
)

// writeGoBenchmark writes a line a valid trial in the Go benchmark data format, with the
// names of its cell as configuration lines before it. benchstat takes the ratio of medians
// for a difference, and corrects neither for many comparisons nor for the machine's noise.
func writeGoBenchmark(out *bytes.Buffer, from Source) error {
	list := places(from.Set)
	fmt.Fprintf(out, "joust-run: %s\n", from.Set.Run.ID)
	writeUnits(out, list)
	for _, p := range list {
		if len(p.Valid) == 0 {
			continue
		}
		fmt.Fprintf(out, "\nserver: %s\nscenario: %s\nprotocol: %s\nphase: %s\n%s\n", oneLine(p.Server.Name), oneLine(p.Table.Scenario), p.Table.Protocol, oneLine(p.Phase), p.limit())
		for _, one := range p.trials() {
			figures := one.figures()
			if len(figures) == 0 {
				continue
			}
			fmt.Fprintf(out, "%s 1", p.benchmark())
			for _, f := range figures {
				fmt.Fprintf(out, " %s %s", number(f.Value), f.benchmarkUnit())
			}
			out.WriteByte('\n')
		}
	}
	return nil
}

// writeUnits says of each unit which values are the better ones.
func writeUnits(out *bytes.Buffer, list []place) {
	var seen []string
	for _, p := range list {
		for _, f := range p.figures() {
			unit := f.benchmarkUnit()
			if slices.Contains(seen, unit) {
				continue
			}
			seen = append(seen, unit)
			better := "lower"
			if f.metric.MoreIsBetter() {
				better = "higher"
			}
			fmt.Fprintf(out, "Unit %s better=%s\n", unit, better)
		}
	}
}

// limit returns the configuration line of what limited a closed loop; for all others the
// one that says that there is none. Throughput whose limit is the loader is a lower bound.
func (p *place) limit() string {
	if p.Phase != results.PhaseClosed {
		return "bottleneck:"
	}
	return "bottleneck: " + string(p.Bottleneck())
}

// benchmark returns the name of the place's benchmark.
func (p *place) benchmark() string {
	switch p.Phase {
	case results.PhaseClosed:
		return "BenchmarkPeak"
	case cells.WholeLadder:
		return "BenchmarkLadder"
	}
	return "BenchmarkRate"
}

// benchmarkUnit returns a unit that names the figure too, unless it is the throughput.
func (f *figure) benchmarkUnit() string {
	if f.metric.MoreIsBetter() {
		return f.unitText()
	}
	return strings.ReplaceAll(f.name, "_", "-") + "-" + f.unitText()
}

// oneLine returns a text without line breaks and other control characters.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}
