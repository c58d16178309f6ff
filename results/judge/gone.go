package judge

import (
	"fmt"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
)

// gone says that the phase ended without a server, after how many answers of the load.
// Failed connects, back-off and a rate that was not kept follow from that.
func gone(r *results.Report, p *results.Phase) string {
	answers := uint64(0)
	for i := range r.Phases {
		answers += r.Phases[i].Right()
		if r.Phases[i].Name == p.Name {
			break
		}
	}
	return fmt.Sprintf("the server went away after %s: no connection could be made in the last %v of the phase: %s",
		results.Counted(answers, "answer"), time.Duration(p.GoneNS).Round(100*time.Millisecond), strings.TrimPrefix(p.FirstConnectionError, "connecting: "))
}
