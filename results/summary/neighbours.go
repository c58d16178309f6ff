package summary

import (
	"fmt"
	"strconv"
	"time"

	"github.com/joust-bench/joust/results"
)

// neighbours returns a sentence for each other joust that measured meanwhile.
func neighbours(r *results.Report) []string {
	var list []string
	for _, n := range r.Neighbours {
		pid := "of an unknown number"
		if n.PID > 0 {
			pid = strconv.Itoa(n.PID)
		}
		since := ""
		if !n.Since.IsZero() {
			since = ", since " + n.Since.UTC().Format(time.RFC3339)
		}
		list = append(list, fmt.Sprintf("another joust measured on this machine at the same time, and took CPU time from this load (process %s%s: %s)",
			pid, since, n.Command))
	}
	return list
}
