package judge

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
)

// voids applies the rules that void a phase, except for failed requests.
func (v *verdict) voids() {
	p, r := v.Evidence.Loader, v.Report
	if p.GoneNS > 0 { // the reason of all others; failures gives it
		return
	}
	if window := time.Duration(p.WindowNS()); v.Asked > 0 && float64(window) < v.Limits.ShortWindow*float64(v.Asked) {
		v.flag(results.FlagInterrupted)
		v.void("short-window", "the window lasted %v of the %v asked for < %s", window.Round(time.Millisecond), v.Asked, percent(v.Limits.ShortWindow))
	}
	if known := !slices.Contains(r.Unknown, "connections_open"); known && r.ConnectionsOpen != r.ConnectionsAsked {
		v.unequal("connections", "%d connections were open of the %d asked for", r.ConnectionsOpen, r.ConnectionsAsked)
	} else if lost := r.ConnectionsAsked - p.MinConnectionsOpen; known && lost > 0 && !v.Reconnects && p.Closes() == 0 {
		v.unequal("connections", "only %d of %d connections were open at one time in the window", p.MinConnectionsOpen, r.ConnectionsAsked)
	}
	if waited := backedOff(r, p, v.Limits); waited != "" {
		v.unequal("backed-off", "%s", waited)
	}
	switch {
	case p.Loop == results.OpenLoop && (p.Rate == nil || p.Rate.Offered == 0): // openLoop voids it
	case p.Total.Completed == 0 && answeredLater(p):
		v.because("answered-later", "no answer of the window's requests came inside the window, so its throughput is 0; their latencies are known from the answers behind it")
	case p.Total.Completed == 0 && p.Total.Abandoned > 0 && p.Failures() == 0:
		v.because("abandoned", "all %d exchanges ended on purpose before an answer, so the throughput of right answers is 0", p.Total.Abandoned)
	case p.Total.Completed == 0 && p.Total.Failed > 0:
		v.void("nothing-completed", "no request was answered rightly in the window")
	case p.Total.Completed == 0:
		v.void("nothing-completed", "no request completed in the window")
	}
}

// answeredLater reports whether an open loop has latencies although no request
// completed in its window: their answers came behind it.
func answeredLater(p *results.Phase) bool {
	return p.Loop == results.OpenLoop && p.CompletedAfter > 0 && p.Total.Service != nil && p.Total.Service.Count > 0
}

// failures puts the reasons of failed requests first, since they cause the others.
// Requests that a full server did not answer in an open loop are censored samples
// of its latency instead.
func (v *verdict) failures() {
	saturated := v.Has(results.FlagSaturated)
	busy := v.Shared || v.ServerShare != nil && *v.ServerShare >= v.Limits.FullShare
	allowed := allowance{overloaded: saturated && busy, tolerance: v.Tolerance, alone: v.Alone, waiting: v.Waiting * max(1, v.Report.Depth)}
	reasons := accountsOf(v.Report, v.Evidence.Loader, allowed)
	// Tables show the first reason, which must not be a tolerated one.
	var first []results.Reason
	for _, r := range reasons {
		if v.Valid = v.Valid && !r.Voids; r.Voids || v.Alone {
			first = append(first, r)
		} else {
			v.Reasons = append(v.Reasons, r)
		}
	}
	v.Reasons = slices.Concat(first, v.Reasons)
	if text := warmUp(v.Report, v.Evidence.Loader.Name, allowed.waiting); text != "" {
		v.because("warm-up", "%s", text)
	}
}

// allowance says which failures a phase may have and stay valid.
type allowance struct {
	// overloaded is true for an open loop that fell behind at a busy server: its
	// timeouts and unanswered requests are censored samples of its latency. A
	// server that was not busy has lost them.
	overloaded bool
	// tolerance is the share of requests, 0 to 1, that may go wrong.
	tolerance float64
	// alone is as in Evidence: failures are results.
	alone bool
	// waiting is the number of requests that may wait for a server that accepts
	// fewer connections than there are.
	waiting int
}

// accountsOf returns the reasons that surplus answers, failed and unanswered
// requests and failed connects give. Requests that an interruption of the load cut
// off do not count as unanswered.
func accountsOf(r *results.Report, p *results.Phase, allowed allowance) (reasons []results.Reason) {
	because := func(code string, voids bool, format string, args ...any) {
		reasons = append(reasons, results.Reason{Code: code, Voids: voids, Text: fmt.Sprintf(format, args...)})
	}
	failed, unanswered, errors := p.Failures(), p.Unanswered, maps.Clone(p.Total.Errors)
	if allowed.overloaded {
		failed -= min(failed, errors[results.CauseTimeout]+p.TimeoutsOutside)
		delete(errors, results.CauseTimeout)
	}
	if allowed.overloaded || r.Interrupted {
		unanswered = 0
	}
	if waited := min(unanswered, uint64(allowed.waiting)); waited > 0 {
		unanswered -= waited
		because(codeWaited, false, "%s waited for a server that accepts fewer connections, as the row wants", results.Counted(int(waited), "request"))
	}
	counted := failed + unanswered + p.Right()
	if p.GoneNS > 0 {
		because("gone", true, "%s", gone(r, p))
	}
	if n := p.SurplusAnswers; n > 0 {
		because("surplus", true, "the server sent %s that no request asked for, so its other answers may belong to earlier requests: %s", results.Counted(n, "answer"), p.FirstSurplus)
	}
	code, text := "errors", fmt.Sprintf("%d of %d requests failed", failed, counted)
	switch {
	case failed == 0:
		code, text = "unanswered", fmt.Sprintf("%d of %d requests had no answer", unanswered, counted)
	case unanswered > 0:
		text += fmt.Sprintf(", and %d had no answer", unanswered)
	}
	switch {
	case failed+unanswered == 0:
	case float64(failed+unanswered)/float64(counted) <= allowed.tolerance:
		because(code+"-tolerated", false, "%s, within the tolerance of %s", text, percent(allowed.tolerance))
	case failed > 0:
		because(code, !allowed.alone, "%s (%s): %s", text, causes(errors), p.Total.FirstError)
	default:
		because(code, !allowed.alone, "%s", text)
	}
	if n := p.FailedConnects(); n > 0 && p.GoneNS == 0 {
		because("connection-errors", !allowed.alone && float64(n)/float64(n+counted) > allowed.tolerance,
			"%s could not be made (%s): %s", results.Counted(n, "connection"), causes(p.ConnectionErrors), p.FirstConnectionError)
	}
	return reasons
}

// causes lists the causes of failures, the most frequent first.
func causes(counts map[results.Cause]uint64) string {
	var words []string
	for _, c := range results.MostFrequent(counts) {
		word := string(c)
		if c.HarnessSide() {
			word += " on the loader's side"
		}
		words = append(words, word)
	}
	if len(words) == 0 {
		return "outside the window"
	}
	return strings.Join(words, ", ")
}

// warmUp says what went wrong in the warm-up straight before the report's phase of
// that name. It voids nothing. waiting is as in allowance.
func warmUp(r *results.Report, phase string, waiting int) string {
	at := slices.IndexFunc(r.Phases, func(p results.Phase) bool { return p.Name == phase })
	if at < 1 || r.Phases[at-1].Measured {
		return ""
	}
	var texts []string
	before := r.Phases[at-1]
	if r.Phases[at].GoneNS > 0 { // the phase says so itself
		before.GoneNS, before.ConnectionErrors = 0, nil
	}
	for _, reason := range accountsOf(&results.Report{Phases: r.Phases}, &before, allowance{waiting: waiting}) {
		if reason.Code != codeWaited {
			texts = append(texts, reason.Text)
		}
	}
	if len(texts) == 0 {
		return ""
	}
	return "in the warm-up " + strings.Join(texts, "; ")
}

// stoodStill says for how much of a phase's window the loader stood still, empty
// within the limit. The numbers then show the loader, not the server.
func stoodStill(p *results.Phase, limits results.Thresholds) string {
	share, known := p.StalledShare()
	if !known || share <= limits.Stalled {
		return ""
	}
	return fmt.Sprintf("the loader stood still for %s of the window > %s (it was stopped, or kept off its CPUs)", above(share, limits.Stalled), percent(limits.Stalled))
}

// backedOff says for how much of its connections' time the loader waited before
// it connected anew, empty within the limit.
func backedOff(r *results.Report, p *results.Phase, limits results.Thresholds) string {
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
