package judge

import (
	"fmt"
	"math"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// openLoop judges an open loop: it has no bottleneck unless it fell behind.
func (v *verdict) openLoop() {
	v.errorBars()
	r := v.Evidence.Loader.Rate
	if r == nil || r.Offered == 0 {
		v.void("nothing-offered", "the schedule had no request in the window")
		return
	}
	if v.Evidence.Loader.Flows != nil {
		v.arrivals()
		return
	}
	switch kept := r.KeptShare(); {
	case kept < v.Limits.KeptRate:
		v.behind(fmt.Sprintf("%s of what was offered was answered in the window < %s", percent(kept), percent(v.Limits.KeptRate)))
	case backlogGrew(r, v.Limits.KeptRate):
		v.behind(fmt.Sprintf("the backlog of unsent requests grew from %d to %d in the window", r.BacklogT0, r.BacklogT1))
	}
}

// backlogGrew reports whether the backlog at the window's end exceeds that at its
// start by more than a hundredth of the requests offered.
func backlogGrew(r *results.RateReport, keptRate float64) bool {
	return float64(r.BacklogT1) > float64(r.BacklogT0)+math.Max(1, (1-keptRate)*float64(r.Offered))
}

// askedInTime reports whether an open loop sent its requests in time, so that
// only failed answers keep it below its rate: nobody fell behind.
func askedInTime(p *results.Phase, keptRate float64) bool {
	return float64(p.Rate.Achieved+p.Total.Failed) >= keptRate*float64(p.Rate.Offered) && !backlogGrew(p.Rate, keptRate)
}

// behind judges who could not keep the rate. It blames nobody where connections
// could not be made or ended without an answer, or requests failed: other reasons say so.
func (v *verdict) behind(fell string) {
	us, ul, t := v.ServerShare, v.LoaderShare, v.Limits
	if v.Evidence.Loader.GoneNS > 0 || backedOff(v.Report, v.Evidence.Loader, t) != "" {
		return
	}
	if still := stoodStill(v.Evidence.Loader, t); still != "" {
		v.unpaced(results.LimitLoader, "%s, and %s", fell, still)
		return
	}
	if v.Shared {
		v.Bottleneck = results.LimitSharedCPU
		v.flag(results.FlagSaturated)
		v.because("fell-behind", "%s; server and loader share their CPUs", fell)
		return
	}
	if us != nil && *us >= t.FullShare {
		v.saturated("%s; %s ≥ %s", fell, v.server(), percent(t.FullShare))
		return
	}
	if askedInTime(v.Evidence.Loader, t.KeptRate) {
		return
	}
	if ul == nil || us == nil && v.Report.Foreign != nil {
		v.unpaced(results.LimitUnknown, "%s, and the CPU use of both sides is needed to tell whose doing it was", fell)
		return
	}
	if v.Report.Foreign != nil && *ul < t.Slack {
		v.foreignBehind(fell)
		return
	}
	share, looked := unanswered(v.Evidence.Loader)
	busy, needed := mostlyBlocked(v.Evidence.Loader), v.connectionsNeeded()
	switch {
	case *ul >= t.Slack:
		v.unpaced(results.LimitLoader, "%s, %sand %s ≥ %s: the loader failed to pace", fell, v.serverNotFull(), v.loader(), percent(t.Slack))
	case looked && share < t.Unanswered:
		v.unpaced(results.LimitLoader, "%s, and %s of the connections in flight had an answer that the loader had not read: only %s < %s waited for the server, so the loader failed to pace",
			fell, percent(1-share), percent(share), percent(t.Unanswered))
	case us == nil && (looked || busy):
		v.eitherBehind(fell)
	case busy && *us < t.Slack && needed > v.Report.ConnectionsAsked:
		v.Bottleneck = results.LimitConnections
		v.because("fell-behind", "%s; every connection was busy while %s < %s: about %d connections are needed at this rate by Little's law, %d were there",
			fell, v.server(), percent(t.Slack), needed, v.Report.ConnectionsAsked)
	case looked:
		v.saturated("%s; %s of the connections in flight were unanswered ≥ %s, by the kernel's receive queues, while %s < %s",
			fell, percent(share), percent(t.Unanswered), v.loader(), percent(t.Slack))
	default:
		v.unpaced(results.LimitLoader, "%s, and nothing shows that the connections waited for the server: the loader failed to pace", fell)
	}
}

// serverNotFull says that the server was not full; empty for an unknown share.
func (v *verdict) serverNotFull() string {
	if v.ServerShare == nil {
		return ""
	}
	return fmt.Sprintf("%s < %s ", v.server(), percent(v.Limits.FullShare))
}

// eitherBehind judges a rate that was not kept while the connections waited for
// a server whose CPU use is not known: that server is full, or the connections
// are too few.
func (v *verdict) eitherBehind(fell string) {
	v.Bottleneck = results.LimitUnknown
	v.flag(results.FlagSaturated)
	waited := "every connection was waiting for the server"
	if share, looked := unanswered(v.Evidence.Loader); looked {
		waited = fmt.Sprintf("%s of the connections in flight were unanswered ≥ %s, by the kernel's receive queues", percent(share), percent(v.Limits.Unanswered))
	}
	if n := v.Evidence.Loader.Reconnects; n > 0 {
		waited += fmt.Sprintf(", and %s had to be made anew, each a wait of its own", results.Counted(n, "connection"))
	}
	few := ""
	if n := v.connectionsNeeded(); n > v.Report.ConnectionsAsked {
		few = fmt.Sprintf(" (its service time and this rate need about %d)", n)
	}
	v.because("fell-behind", "%s; %s, while %s < %s: the server is saturated or leaves requests unanswered, or there are too few connections%s",
		fell, waited, v.loader(), percent(v.Limits.Slack), few)
}

// foreignBehind judges a rate that a foreign loader did not keep while neither
// side was full. A lowest rate that was kept shows that the loader can pace.
func (v *verdict) foreignBehind(fell string) {
	us, t, kept := *v.ServerShare, v.Limits, v.LowestKept
	if kept != nil && *kept >= t.KeptRate && us >= t.NearlyFull {
		v.saturated("%s; %s ≥ %s, and the loader, which kept the lowest rate, %s < %s", fell, v.server(), percent(t.NearlyFull), v.loader(), percent(t.Slack))
		return
	}
	v.Bottleneck = results.LimitUnknown
	paced := "nothing shows that the loader can pace"
	if kept != nil {
		paced = fmt.Sprintf("at the lowest rate it answered %s of what was offered", percent(*kept))
	}
	v.because("fell-behind", "%s; %s and %s: a foreign loader tells no more of whose doing it was (%s)", fell, v.server(), v.loader(), paced)
}

// saturated blames the server.
func (v *verdict) saturated(format string, args ...any) {
	v.Bottleneck = results.LimitServer
	v.flag(results.FlagSaturated)
	v.because("fell-behind", format, args...)
}

// unanswered returns the share of the connections in flight at the window's end
// whose receive queue was empty; looked is false where the engine cannot tell.
func unanswered(p *results.Phase) (share float64, looked bool) {
	if p.QueuesRead == nil || p.QueuesEmpty == nil || *p.QueuesRead == 0 {
		return 0, false
	}
	return float64(*p.QueuesEmpty) / float64(*p.QueuesRead), true
}

// mostlyBlocked reports whether most late requests, unsent ones included, met no
// idle connection, which is not the loader's fault.
func mostlyBlocked(p *results.Phase) bool {
	blocked := p.Rate.NeverSent
	if p.SendLagBlocked != nil {
		blocked += p.SendLagBlocked.Count
	}
	return blocked > 0 && (p.SendLagIdle == nil || blocked >= p.SendLagIdle.Count)
}

// connectionsNeeded returns the number of connections by Little's law: rate × mean
// service time; 0 without an answer. The highest rate of a ramp counts.
func (v *verdict) connectionsNeeded() int {
	p := v.Evidence.Loader
	if p.Total.Service == nil {
		return 0
	}
	busy := max(p.Rate.TargetRPS, p.RampToRPS) * p.Total.Service.MeanNS / 1e9
	return int(math.Ceil(busy / float64(max(1, v.Report.Depth))))
}

// unpaced judges a rate that was not kept, by the loader's doing or perhaps by it.
// The rate was never offered, so a comparison has no number for it. A lone load
// keeps its number, with the limit given.
func (v *verdict) unpaced(limit results.Bottleneck, format string, args ...any) {
	v.unequal(codeBehind, format, args...)
	if v.Alone {
		v.Bottleneck = limit
	}
}

// errorBars notes that the loader's own lag hides the median. Every percentile that
// a lag reaches carries a mark.
func (v *verdict) errorBars() {
	p := v.Evidence.Loader
	bars, err := stats.Bars(v.Limits, p)
	if err != nil {
		v.void("unreadable", "%v", err)
		return
	}
	latency, err := stats.Decode(p.Total.Corrected)
	if err != nil {
		v.void("unreadable", "the latency histogram cannot be decoded: %v", err)
		return
	}
	if lag := bars.At(0.5, latency.Quantile(0.5)); latency.Count() > 0 && lag.Exceeds() {
		v.because("loader-lag", "half of all requests were %s by %v or more > %v: the loader's own lag hides the median",
			lag.Name, brief(lag.NS), brief(lag.BoundNS))
	}
}

// MostPaced returns the highest rate in req/s that Pace lets pass.
func MostPaced(limits results.Thresholds, costNS float64, threads int) float64 {
	if costNS <= 0 {
		return math.Inf(1)
	}
	return limits.PaceLimit * float64(max(1, threads)) * 1e9 / costNS
}

// Pace says why the loader cannot pace a rate with a CPU cost per request in
// nanoseconds over that many threads; it is empty where the loader can. A cost of
// 0 is not known and lets every rate pass.
func Pace(limits results.Thresholds, rps, costNS float64, threads int) string {
	work := rps * costNS / (float64(max(1, threads)) * 1e9)
	if work <= limits.PaceLimit {
		return ""
	}
	return fmt.Sprintf("beyond the loader: %.0f req/s at %.2f µs of its CPU each would keep it working %s > %s",
		rps, costNS/1e3, percent(work), percent(limits.PaceLimit))
}
