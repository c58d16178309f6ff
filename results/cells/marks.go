package cells

import (
	"fmt"
	"slices"

	"github.com/joust-bench/joust/results"
)

// Mark is a sign that tables draw at a value, in its place, or at the head of a
// column. Its form and its legend stand in one table, so no mark is drawn
// without a legend.
type Mark int

// The marks, in the order of legends.
const (
	LowerPeak Mark = iota
	ImpliedPeak
	BetweenPeaks
	NoUpperPeak
	AtClients
	SharedCPUs
	UnknownLimit
	KneeOfClients
	BestOfClients
	LowerRate
	WithoutRate
	NoRateKept
	UnclearRate
	RefusedRate
	UnconfirmedRate
	SaturatedRate
	FewConnections
	OfLowerPeak
	LowerLatency
	RoughLatency
	NoPercentile
	FewSamples
	MedianInterval
	TrialRange
	RankPlace
	RankColumn
	BaselineItself
	BaselineDifference
	BaselineAlike
	NoiseColumn
	DetectableColumn
	SomeVoid
	FewerTrials
	UpperMemory
	LoaderWork
	NotMeasured
	marks // their number
)

// Legend explains a mark.
type Legend struct {
	// Sign is the mark as a reader sees it.
	Sign string
	// Words explain it on a page, in clauses without a full stop.
	Words string
	// Short explains it on a terminal; it is empty where a terminal needs no words.
	Short string
}

// Drawing draws the marks of one page and remembers them for its legend. It is
// not safe for several goroutines.
type Drawing struct {
	signs  [marks]sign
	drawn  [marks]bool
	absent []Absence
}

// NewDrawing returns the drawing of an empty page. Legends name the limits.
func NewDrawing(limits results.Thresholds) *Drawing { return &Drawing{signs: signs(limits)} }

// Mark returns the mark with the values in its form.
func (d *Drawing) Mark(m Mark, values ...any) string {
	d.drawn[m] = true
	return fmt.Sprintf(d.signs[m].form, values...)
}

// Absent returns the text that stands in the place of a value.
func (d *Drawing) Absent(a Absence) string {
	if !slices.Contains(d.absent, a) {
		d.absent = append(d.absent, a)
	}
	return "— " + string(a)
}

// Legend explains the marks that were drawn, each once.
func (d *Drawing) Legend() []Legend {
	var out []Legend
	for m, s := range d.signs {
		if d.drawn[m] {
			out = append(out, s.Legend)
		}
	}
	for _, a := range Absences() {
		if slices.Contains(d.absent, a) {
			out = append(out, Legend{Sign: "— " + string(a), Words: a.Words()})
		}
	}
	return out
}
