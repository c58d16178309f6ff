package judge

import (
	"fmt"
	"math"

	"github.com/joust-bench/joust/results"
)

// arrivals judges an open loop whose users walk through flows. Iterations may be longer than
// the window, so that only arrivals that began nothing count against it: its users
// are too few for the rate, since they are, or the server is too slow.
func (v *verdict) arrivals() {
	p := v.Evidence.Loader
	missed := p.Rate.Blocked + p.Rate.NeverSent
	if float64(missed) <= (1-v.Limits.KeptRate)*float64(p.Rate.Offered) {
		return
	}
	v.Bottleneck = results.LimitUnknown
	v.flag(results.FlagSaturated)
	needed := ""
	if n := int(math.Ceil(p.UsersNeeded())); n > 0 {
		needed = fmt.Sprintf(" (this rate keeps %s busy on average, by Little's law)", results.Counted(n, "user"))
	}
	v.because("arrivals-blocked", "%s of %s began nothing, since no user or no connection was idle: the server is too slow for this rate, or %s too few%s",
		percent(float64(missed)/float64(p.Rate.Offered)), results.Counted(p.Rate.Offered, "arrival"), are(v.Report.Users), needed)
}

// are returns the subject of a sentence about too few users.
func are(users int) string {
	if users == 1 {
		return "1 user is"
	}
	return fmt.Sprintf("%d users are", users)
}
