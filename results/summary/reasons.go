package summary

import (
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
	"github.com/joust-bench/joust/results/metric"
)

// Verdict judges the measured phase of a lone load, which has no samples of CPUs.
func Verdict(r *results.Report) results.Verdict {
	p := r.Measured()
	if p == nil {
		return judge.Void("not-measured", "the load ended before its window opened: nothing was measured")
	}
	return judge.Phase(judge.Evidence{
		Loader: p, Report: r, Reconnects: r.ReconnectEvery > 0, Alone: true, Limits: results.DefaultThresholds(),
	})
}

// CodeAborted is the code of the reason that a rule of the user ended the load early.
const CodeAborted = "aborted"

// Reasons returns the reasons that limit belief in a report, with advice. CPU
// shares do so only where the loader was the limit.
func Reasons(r *results.Report) []results.Reason { return reasons(r, Verdict(r)) }

// CodeScript is the code of the reason that the script of the load failed.
const CodeScript = "script-failed"

func reasons(r *results.Report, v results.Verdict) []results.Reason {
	var out []results.Reason
	if s := r.Script; s != nil && s.Error != "" {
		text := "the script failed: " + s.Error
		if s.Ended {
			text += ": this is a partial result"
		}
		out = append(out, results.Reason{Code: CodeScript, Text: text})
	}
	if a := r.Aborted; a != nil {
		out = append(out, results.Reason{Code: CodeAborted, Text: fmt.Sprintf("ended early by the rule %s, %s into the phase %s, when it was %s: this is a partial result",
			a.Rule, span(a.AfterNS), a.Phase, inUnit(metric.Unit(a.Unit), a.Value))})
	} else if r.Interrupted {
		out = append(out, results.Reason{Code: "interrupted", Text: "interrupted: this is a partial result"})
	}
	for _, reason := range v.Reasons {
		switch {
		case (reason.Code == "shares" || reason.Code == "not-sampled") && v.Bottleneck != results.LimitLoader:
		case len(out) > 0 && strings.HasSuffix(out[len(out)-1].Text, reason.Text): // it is said already
		default:
			out = append(out, reason)
		}
	}
	for i := range out {
		if text := advice(r, v, out[i].Code); text != "" {
			out[i].Text += "; " + text
		}
	}
	return out
}

// advice returns the remedy for the user of a load, by a reason's code; empty for
// none.
func advice(r *results.Report, v results.Verdict, code string) string {
	stood := slices.ContainsFunc(v.Reasons, func(r results.Reason) bool { return r.Code == "stalled" })
	switch code {
	case "shares":
		return "the throughput is a lower bound of what the server can do: give the loader more threads with -t, on CPUs of its own"
	case "script":
		return "the throughput is a lower bound of what the server can do: more threads (-t) run the script side by side, and a text that request() returns again costs nearly nothing"
	case "stalled":
		return "throughput and latencies show that, and not the server alone"
	case "loader-behind":
		return behind(v.Bottleneck == results.LimitLoader, stood)
	case "loader-lag":
		return lagging(r, stood)
	case "nothing-completed":
		if p := r.Measured(); p.Right()+p.Unanswered > 0 {
			return "answers take longer than the window: take a longer -d"
		}
	case "nothing-offered":
		return "take a longer -d or a higher -R"
	}
	return ""
}

// portable is the name in reports of the engine that neither pins its threads nor polls.
const portable = "joust portable"

// lagging is the advice for latencies that hold the loader's own lag. A loader that stood
// still, or polls already, needs no other way to wait.
func lagging(r *results.Report, stood bool) string {
	text := "the latencies marked ~ hold that much of the loader's own time"
	switch {
	case stood || r.IdleStrategy == "spin":
		return text
	case r.Loader == portable:
		return text + "; the engine of Linux lags less (--engine evloop)"
	}
	return text + "; give it a CPU of its own with --cpus, where it can poll all the time (--idle spin)"
}

// behind is the advice for a rate that was not kept. limited is true where the loader
// was the limit. A loader that stood still needs no more threads.
func behind(limited, stood bool) string {
	text := ""
	if limited {
		text = "the throughput is a lower bound of what the server can do"
	}
	if stood {
		return text
	}
	return strings.TrimPrefix(text+"; more threads (-t) on CPUs of their own, or a lower -R, may keep the rate", "; ")
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
