package judge

import (
	"fmt"
	"slices"

	"github.com/joust-bench/joust/results"
)

// Each adds to the verdict on a load of several loaders what makes the share of
// one of them void: in the sum of all it may not show. The verdicts on the parts
// are in the loaders' order; without any, the whole stays as it is.
func Each(whole results.Verdict, parts []results.Verdict) results.Verdict {
	for i, part := range parts {
		for _, r := range part.Reasons {
			known := slices.ContainsFunc(whole.Reasons, func(x results.Reason) bool { return x.Voids && x.Code == r.Code })
			if !r.Voids || known {
				continue
			}
			r.Text = fmt.Sprintf("loader %d of %d: %s", i+1, len(parts), r.Text)
			whole.Reasons = append([]results.Reason{r}, whole.Reasons...)
			whole.Valid = false
		}
	}
	return whole
}
