package matrix

import (
	"fmt"

	"github.com/clipperhouse/displaywidth"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/table"
)

// profiles writes the captured profiles: where each server spent the most.
func (v *view) profiles(p *page) {
	out := &table.Table{Head: []string{"server", "scenario", "profile", "most of it in", "file"}, Left: 5}
	for i := range v.Run.Trials {
		t := &v.Run.Trials[i]
		switch {
		case t.Kind != results.TrialProfile:
		case t.State != results.TrialOK || t.Profile == nil:
			out.Add(t.Server, t.Scenario, v.Run.Plan.Profile, "— "+t.Reason, "—")
		default:
			out.Add(t.Server, t.Scenario, t.Profile.Kind, ProfileWords(t.Profile), t.Profile.File)
		}
	}
	p.section("## Profiles", "Of one trial each, which counts in no table: a profiled server is slower. Shares are those of the functions themselves, without what they call.", out)
}

// ProfileWords names the functions with the largest shares of a profile.
func ProfileWords(p *results.Profile) string {
	if len(p.Top) == 0 {
		return "no summary"
	}
	words := p.Of + ": "
	for i, e := range p.Top[:min(len(p.Top), namedFunctions)] {
		if i > 0 {
			words += ", "
		}
		words += fmt.Sprintf("%.0f %% %s", e.Share*100, displaywidth.TruncateString(e.Function, longestFunction, "…"))
	}
	if p.Samples > 0 && p.Samples < enoughSamples {
		words += fmt.Sprintf(" (of %d samples only)", p.Samples)
	}
	return words
}

const (
	// namedFunctions is the number of functions that ProfileWords names.
	namedFunctions = 5
	// enoughSamples is the number of samples below which shares are rough: a tenth of 100
	// samples is known to a third of itself.
	enoughSamples = 100
	// longestFunction is the longest name of a function in columns: those of C++ have
	// their templates' arguments.
	longestFunction = 60
)
