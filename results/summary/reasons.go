package summary

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
	"github.com/joust-bench/joust/results/stats"
)

// Reasons says what limits belief in a report, in plain sentences. One that
// voids means that its numbers are not those of the server.
func Reasons(r *results.Report) []results.Reason {
	v, limits := &verdict{report: r, phase: Measured(r)}, results.DefaultThresholds()
	if r.Interrupted {
		v.note("interrupted", "interrupted: this is a partial result")
	}
	if v.phase == nil {
		v.void("not-measured", "the load ended before its window opened: nothing was measured")
		return v.reasons
	}
	if r.ConnectionsOpen != r.ConnectionsAsked {
		v.void("connections", "%s of the %s connections asked for could be opened", count(uint64(r.ConnectionsOpen)), count(uint64(r.ConnectionsAsked)))
	}
	v.still = judge.StoodStill(v.phase, limits)
	v.waited = judge.BackedOff(r, v.phase, limits)
	if v.waited != "" {
		v.void("backed-off", "%s", v.waited)
	}
	if v.phase.Loop == results.OpenLoop {
		v.openLoop()
	} else if v.still != "" {
		v.note("stalled", "%s: the throughput is a lower bound of what the server can do", v.still)
	} else if loaderLimited(v.phase) {
		v.note("loader-limit", "the loader was the limit: its busiest thread worked %s of the time, so the throughput is a lower bound of what the server can do; give the loader more threads with -t, on CPUs of its own", percent(busiest(v.phase)))
	}
	v.reasons = append(v.reasons, judge.Accounts(r, v.phase, false, 0)...)
	if text := judge.WarmUp(r, v.phase.Name); text != "" {
		v.note("warm-up", "%s", text)
	}
	if v.phase.Total.Completed == 0 {
		v.void("nothing-completed", "no request was answered rightly in the window")
	}
	return v.reasons
}

// Void tells whether any of the reasons voids the numbers.
func Void(reasons []results.Reason) bool {
	return slices.ContainsFunc(reasons, func(r results.Reason) bool { return r.Voids })
}

type verdict struct {
	report *results.Report
	phase  *results.Phase
	// still says that the loader stood still, waited that it waited before it
	// connected anew; each is empty where it did not.
	still, waited string
	reasons       []results.Reason
}

func (v *verdict) note(code, format string, args ...any) {
	v.reasons = append(v.reasons, results.Reason{Code: code, Text: fmt.Sprintf(format, args...)})
}

func (v *verdict) void(code, format string, args ...any) {
	v.reasons = append(v.reasons, results.Reason{Code: code, Voids: true, Text: fmt.Sprintf(format, args...)})
}

// busiest is the largest work fraction of a loader thread, 0 to 1.
func busiest(p *results.Phase) float64 {
	work := 0.0
	for _, t := range p.Threads {
		work = max(work, t.Work)
	}
	return work
}

// loaderLimited tells a closed loop in which the loader had nothing left.
func loaderLimited(p *results.Phase) bool {
	return p.Loop != results.OpenLoop && busiest(p) >= results.DefaultThresholds().FullShare
}

// openLoop says who did not keep the rate, if anybody.
func (v *verdict) openLoop() {
	p := v.phase
	if p.Rate == nil || p.Rate.Offered == 0 {
		v.void("nothing-offered", "the schedule had no request in the window: take a longer -d or a higher -R")
		return
	}
	v.lag()
	kept, limits := float64(p.Rate.Achieved)/float64(p.Rate.Offered), results.DefaultThresholds()
	if kept >= limits.KeptRate && !judge.BacklogGrew(p.Rate, limits.KeptRate) {
		if v.still != "" {
			v.note("stalled", "%s: latencies show that, too", v.still)
		}
		return
	}
	fell := fmt.Sprintf("%s of the offered rate was achieved", percent(kept))
	if v.still != "" {
		v.void("loader-behind", "%s, and %s", fell, v.still)
		return
	}
	if v.waited != "" || judge.AskedInTime(p, limits.KeptRate) {
		return
	}
	work := busiest(p)
	if work >= limits.Slack || !judge.MostlyBlocked(p) {
		v.void("loader-behind", "the loader could not pace this rate: %s, and its busiest thread worked %s of the time; give it more threads with -t, on CPUs of its own, or a lower -R", fell, percent(work))
		return
	}
	text := fell + ": every connection was waiting for the server, so it is saturated, or there are too few connections"
	if p.Unanswered > 0 {
		text = fell + ": every connection was waiting for the server, which leaves requests unanswered or is saturated, or there are too few connections"
	}
	if n := v.needed(); n > v.report.ConnectionsAsked {
		text += fmt.Sprintf(" (its service time and this rate need about %s)", count(uint64(n)))
	}
	v.note("fell-behind", "%s", text)
}

// needed is what Little's law asks for: rate × mean service time.
func (v *verdict) needed() int {
	if v.phase.Total.Service == nil {
		return v.report.ConnectionsAsked
	}
	busy := v.phase.Rate.TargetRPS * v.phase.Total.Service.MeanNS / 1e9
	return int(math.Ceil(busy / float64(max(1, v.report.Depth))))
}

// lag says that the loader's own lag reaches even the median.
func (v *verdict) lag() {
	bars, err1 := stats.Bars(results.DefaultThresholds(), v.phase)
	corrected, err2 := stats.Decode(v.phase.Total.Corrected)
	if err1 != nil || err2 != nil || corrected.Count() == 0 {
		return // Text fails on what cannot be decoded
	}
	if lag := bars.At(0.5, corrected.Quantile(0.5)); lag.Exceeds() {
		v.note("loader-lag", "half of all requests were %s by %s or more: the latencies marked ~ hold that much of the loader's own time; give it a CPU of its own with --cpus, where it can poll all the time (--idle spin)", lag.What, duration(lag.NS))
	}
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
