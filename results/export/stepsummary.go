package export

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/joust-bench/joust/results/matrix"
)

// mostSummary is the most that a step of a hosted runner may show, 1024 KiB, less what the
// note about missing parts takes.
const mostSummary = 1<<20 - 512

// writeStepSummary writes both matrices, without the sections at their ends that do not fit.
func writeStepSummary(out *bytes.Buffer, from Source) error {
	out.WriteString(whole(matrix.Bench(from.Set)+"\n"+matrix.OpenLoop(from.Set), mostSummary))
	return nil
}

// whole returns the text as far as its sections fit into that many bytes, and says how many
// do not. A section begins with a heading.
func whole(text string, most int) string {
	if len(text) <= most {
		return text
	}
	sections := strings.SplitAfter(text, "\n#")
	kept, size := 0, 0
	for _, s := range sections {
		if size+len(s) > most {
			break
		}
		size += len(s)
		kept++
	}
	left := len(sections) - kept
	return strings.TrimSuffix(text[:size], "#") + fmt.Sprintf("\n%d more sections do not fit here: the run's own folder has them all.\n", left)
}
