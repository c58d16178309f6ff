package summary

import (
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
)

// Verdict judges the measured phase of a lone load, which has no samples of CPUs.
func Verdict(r *results.Report) results.Verdict {
	p := Measured(r)
	if p == nil {
		return judge.Void("not-measured", "the load ended before its window opened: nothing was measured")
	}
	return judge.Phase(judge.Evidence{
		Loader: p, Report: r, Reconnects: r.ReconnectEvery > 0, Alone: true, Limits: results.DefaultThresholds(),
	})
}

// Reasons returns the reasons that limit belief in a report, with advice. CPU
// shares do so only where the loader was the limit.
func Reasons(r *results.Report) []results.Reason { return reasons(r, Verdict(r)) }

func reasons(r *results.Report, v results.Verdict) []results.Reason {
	var out []results.Reason
	if r.Interrupted {
		out = append(out, results.Reason{Code: "interrupted", Text: "interrupted: this is a partial result"})
	}
	for _, reason := range v.Reasons {
		if (reason.Code == "shares" || reason.Code == "not-sampled") && v.Bottleneck != results.LimitLoader {
			continue
		}
		text := advice[reason.Code]
		if p := Measured(r); reason.Code == "nothing-completed" && p.Right() > 0 {
			text = "the answers took longer than the window: take a longer -d"
		}
		if text != "" {
			reason.Text += "; " + text
		}
		out = append(out, reason)
	}
	return out
}

// advice has the remedies for the user of a load, by a reason's code.
var advice = map[string]string{
	"shares":          "the throughput is a lower bound of what the server can do: give the loader more threads with -t, on CPUs of its own",
	"stalled":         "throughput and latencies show that, and not the server alone",
	"loader-behind":   "the throughput is a lower bound of what the server can do; more threads (-t) on CPUs of their own, or a lower -R, may keep the rate",
	"loader-lag":      "the latencies marked ~ hold that much of the loader's own time; give it a CPU of its own with --cpus, where it can poll all the time (--idle spin)",
	"nothing-offered": "take a longer -d or a higher -R",
}

// Void reports whether any of the reasons voids the numbers.
func Void(reasons []results.Reason) bool {
	return slices.ContainsFunc(reasons, func(r results.Reason) bool { return r.Voids })
}

// causes lists the causes of one side, the most frequent first; empty for none.
func causes(errors map[results.Cause]uint64, harnessSide bool) string {
	var words []string
	for _, c := range results.MostFrequent(errors) {
		if c.HarnessSide() == harnessSide {
			words = append(words, fmt.Sprintf("%s %s", c, count(errors[c])))
		}
	}
	return strings.Join(words, ", ")
}
