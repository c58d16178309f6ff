package matrix

import (
	"fmt"

	"github.com/joust-bench/joust/results"
)

// examined is what the machine's examination before the run found wrong, and
// how much it looked at; nothing for runs that were not examined.
func examined(findings []results.Finding) []string {
	var out []string
	known := 0
	for _, f := range findings {
		switch f.State {
		case results.StateUnknown:
			continue
		case results.StateWarn, results.StateFail:
			out = append(out, fmt.Sprintf("Examined, %s: %s: %s; %s", f.State, f.Check, f.Found, f.Why))
		}
		known++
	}
	if known > 0 && len(out) == 0 {
		out = append(out, fmt.Sprintf("Examined: all of %s are ok", plural(known, "fact")))
	}
	return out
}
