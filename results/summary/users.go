package summary

import (
	"fmt"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
)

// askedUsers returns the settings of the load's users.
func askedUsers(r *results.Report) string {
	text := plural(r.Users, "user")
	if r.Think != "" {
		text += " thinking " + r.Think
	}
	if r.UserRampNS > 0 {
		text += ", started over " + span(r.UserRampNS)
	}
	return text
}

// users prints how many requests users made, and how exactly their think times were kept.
func (t *summary) users() {
	n := t.phase.RequestsPerUser
	if n == nil {
		return
	}
	t.item("users", "%s requests each (mean; min %s, max %s, stdev %s)", digits(n.Mean), count(n.Min), count(n.Max), digits(n.Stdev))
	idle := t.named("send lag, idle")
	if t.report.Think == "" || idle == nil {
		return
	}
	text := "think times overrun where a connection was idle:"
	for i, name := range []metric.Name{metric.P50, metric.P99, metric.Max} {
		if i > 0 {
			text += ","
		}
		f := idle.at(name)
		text += fmt.Sprintf(" %s %s%s", name, t.mark(f), duration(int64(f.NS)))
	}
	t.item("", "%s", text)
}
