package judge

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
)

// Accounts says what became of a phase's requests, other than a right answer,
// and of its connections: answers that nobody asked for, failed and unanswered
// requests, connections that could not be made. tolerance is the share of
// requests, 0 to 1, that may go wrong before the phase is void.
//
// overloaded is true for an open loop whose server did not keep up and was
// evidently busy: its timeouts and its unanswered requests are censored samples
// of its latency. A server that was not busy has lost them. What was in flight
// when the user interrupted the load is not counted as unanswered.
func Accounts(r *results.Report, p *results.Phase, overloaded bool, tolerance float64) []results.Reason {
	a := accounts{phase: p, failed: p.Failures(), unanswered: p.Unanswered, errors: maps.Clone(p.Total.Errors), tolerance: tolerance}
	if overloaded {
		a.failed -= min(a.failed, a.errors[results.CauseTimeout]+p.TimeoutsOutside)
		delete(a.errors, results.CauseTimeout)
	}
	if overloaded || r.Interrupted {
		a.unanswered = 0
	}
	a.counted = a.failed + a.unanswered + p.Right()
	a.surplus()
	a.requests()
	a.connections()
	return a.reasons
}

type accounts struct {
	phase *results.Phase
	// counted are the requests that failed, had no answer, or a right one.
	failed, unanswered, counted uint64
	errors                      map[results.Cause]uint64
	tolerance                   float64
	reasons                     []results.Reason
}

func (a *accounts) surplus() {
	if n := a.phase.SurplusAnswers; n > 0 {
		a.reasons = append(a.reasons, results.Reason{Code: "surplus", Voids: true,
			Text: fmt.Sprintf("the server sent %s that no request asked for, so its other answers may belong to earlier requests: %s", some(n, "answer"), a.phase.FirstSurplus)})
	}
}

func (a *accounts) requests() {
	if a.failed+a.unanswered == 0 {
		return
	}
	var code, text string
	switch {
	case a.failed == 0:
		code, text = "unanswered", fmt.Sprintf("%d of %d requests had no answer", a.unanswered, a.counted)
	case a.unanswered == 0:
		code, text = "errors", fmt.Sprintf("%d of %d requests failed", a.failed, a.counted)
	default:
		code, text = "errors", fmt.Sprintf("%d of %d requests failed, and %d had no answer", a.failed, a.counted, a.unanswered)
	}
	if share := float64(a.failed+a.unanswered) / float64(a.counted); share <= a.tolerance {
		a.reasons = append(a.reasons, results.Reason{Code: code + "-tolerated", Text: fmt.Sprintf("%s, within the tolerance of %s", text, percent(a.tolerance))})
		return
	}
	if a.failed > 0 {
		text += fmt.Sprintf(" (%s): %s", causes(a.errors), a.phase.Total.FirstError)
	}
	a.reasons = append(a.reasons, results.Reason{Code: code, Voids: true, Text: text})
}

func (a *accounts) connections() {
	n := uint64(0)
	for _, k := range a.phase.ConnectionErrors {
		n += k
	}
	if n == 0 {
		return
	}
	text := fmt.Sprintf("%s could not be made (%s): %s", some(n, "connection"), causes(a.phase.ConnectionErrors), a.phase.FirstConnectionError)
	a.reasons = append(a.reasons, results.Reason{Code: "connection-errors", Text: text,
		Voids: float64(n)/float64(n+a.counted) > a.tolerance})
}

// some is a number of things.
func some(n uint64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// causes lists the failures by cause, the most frequent first.
func causes(errs map[results.Cause]uint64) string {
	list := slices.SortedFunc(maps.Keys(errs), func(a, b results.Cause) int {
		return cmp.Or(cmp.Compare(errs[b], errs[a]), cmp.Compare(a, b))
	})
	if len(list) == 0 {
		return "outside the window"
	}
	words := make([]string, len(list))
	for i, c := range list {
		words[i] = string(c)
		if c.HarnessSide() {
			words[i] += " on the loader's side"
		}
	}
	return strings.Join(words, ", ")
}

// WarmUp says what went wrong in the warm-up straight before the report's phase
// of that name: it voids nothing, since nothing of it is measured, but tells of
// what is. It is empty where all was well.
func WarmUp(r *results.Report, phase string) string {
	at := slices.IndexFunc(r.Phases, func(p results.Phase) bool { return p.Name == phase })
	if at < 1 || r.Phases[at-1].Measured {
		return ""
	}
	p := &r.Phases[at-1]
	var reasons []string
	for _, reason := range Accounts(&results.Report{}, p, false, 0) {
		reasons = append(reasons, reason.Text)
	}
	if len(reasons) == 0 {
		return ""
	}
	return "in the warm-up " + strings.Join(reasons, "; ")
}

// StoodStill says that the loader stood still for so much of a phase's window
// that the numbers show that and not the server; empty where it did not.
func StoodStill(p *results.Phase, limits results.Thresholds) string {
	share, known := p.StalledShare()
	if !known || share <= limits.Stalled {
		return ""
	}
	return fmt.Sprintf("the loader stood still for %s of the window > %s (it was stopped, or kept off its CPUs)", above(share, limits.Stalled), percent(limits.Stalled))
}

// BackedOff says that the loader waited before it connected anew for so much of
// its connections' time that the numbers show that and not the server; empty
// where it did not.
func BackedOff(r *results.Report, p *results.Phase, limits results.Thresholds) string {
	if p.WindowNS() <= 0 || r.ConnectionsAsked == 0 {
		return ""
	}
	share := float64(p.BackoffNS) / float64(p.WindowNS()) / float64(r.ConnectionsAsked)
	if share <= limits.BackedOff {
		return ""
	}
	return fmt.Sprintf("connections ended without an answer, and before it connected anew the loader waited for %s of its connections' time > %s: the numbers show its waiting, not the server",
		above(share, limits.BackedOff), percent(limits.BackedOff))
}
