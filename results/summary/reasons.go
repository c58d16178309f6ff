package summary

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
)

// Verdict is what results/judge says of the measured phase of a lone load: the
// server's CPU use and the kernel's counters are not known, and the load is
// compared with nothing.
func Verdict(r *results.Report) results.Verdict {
	p := Measured(r)
	if p == nil {
		return judge.Void("not-measured", "the load ended before its window opened: nothing was measured")
	}
	return judge.Phase(judge.Evidence{Loader: p, Report: r, Reconnects: r.ReconnectEvery > 0, Alone: true})
}

// Reasons are those of the report's verdict that limit belief in it, with what
// the user of a load can do about them. What a closed loop's CPU shares say is
// one of them only where the loader was the limit.
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
		if what := advice(reason.Code); what != "" {
			reason.Text += "; " + what
		}
		out = append(out, reason)
	}
	return out
}

// advice says what the user of a load can do about a reason, by its code; empty
// where nothing.
func advice(code string) string {
	return map[string]string{
		"shares":          "the throughput is a lower bound of what the server can do: give the loader more threads with -t, on CPUs of its own",
		"stalled":         "throughput and latencies show that, and not the server alone",
		"loader-behind":   "give the loader more threads with -t, on CPUs of its own, or a lower -R",
		"loader-lag":      "the latencies marked ~ hold that much of the loader's own time; give it a CPU of its own with --cpus, where it can poll all the time (--idle spin)",
		"nothing-offered": "take a longer -d or a higher -R",
	}[code]
}

// Void tells whether any of the reasons voids the numbers.
func Void(reasons []results.Reason) bool {
	return slices.ContainsFunc(reasons, func(r results.Reason) bool { return r.Voids })
}

// causes lists those of one side, the most frequent first; empty for none.
func causes(errors map[results.Cause]uint64, harnessSide bool) string {
	list := slices.SortedFunc(maps.Keys(errors), func(a, b results.Cause) int {
		if errors[a] != errors[b] {
			if errors[a] > errors[b] {
				return -1
			}
			return 1
		}
		return strings.Compare(string(a), string(b))
	})
	var words []string
	for _, c := range list {
		if c.HarnessSide() == harnessSide {
			words = append(words, fmt.Sprintf("%s %s", c, count(errors[c])))
		}
	}
	return strings.Join(words, ", ")
}
