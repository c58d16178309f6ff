package judge

import (
	"fmt"
	"math"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// openLoop judges an open loop: it has no bottleneck unless it fell behind.
func (v *verdict) openLoop(e Evidence) {
	v.sendLag(e.Loader)
	r := e.Loader.Rate
	if r == nil || r.Offered == 0 {
		v.void("nothing-offered", "the schedule had no request in the window")
		return
	}
	kept := float64(r.Achieved) / float64(r.Offered)
	if kept >= KeptRate && !backlogGrew(r) {
		return
	}
	v.behind(e, kept)
}

// backlogGrew tells whether more was waiting to be sent at the window's end
// than at its start, beyond a hundredth of what was offered.
func backlogGrew(r *results.RateReport) bool {
	return float64(r.BacklogT1) > float64(r.BacklogT0)+math.Max(1, (1-KeptRate)*float64(r.Offered))
}

// behind names who could not keep the rate.
func (v *verdict) behind(e Evidence, kept float64) {
	fell := fmt.Sprintf("%s of what was offered was answered in the window < %s", percent(kept), percent(KeptRate))
	if r := e.Loader.Rate; kept >= KeptRate {
		fell = fmt.Sprintf("the backlog of unsent requests grew from %d to %d in the window", r.BacklogT0, r.BacklogT1)
	}
	switch {
	case e.Shared:
		v.Bottleneck = results.LimitSharedCPU
		v.flag(results.FlagSaturated)
		v.because("fell-behind", "%s; server and loader share their CPUs", fell)
	case v.ServerShare != nil && *v.ServerShare >= FullShare:
		v.Bottleneck = results.LimitServer
		v.flag(results.FlagSaturated)
		v.because("fell-behind", "%s; server CPUs %s busy ≥ %s", fell, percent(*v.ServerShare), percent(FullShare))
	case v.LoaderShare == nil || v.ServerShare == nil || *v.LoaderShare >= Slack || !mostlyBlocked(e.Loader):
		v.void("loader-behind", "%s, and the loader cannot show that it kept its schedule: it failed to pace", fell)
	case *v.ServerShare < Slack:
		v.Bottleneck = results.LimitConnections
		v.because("fell-behind", "%s; every connection was busy while server CPUs were %s busy < %s: about %d connections are needed at this rate by Little's law",
			fell, percent(*v.ServerShare), percent(Slack), connectionsNeeded(e))
	default:
		v.Bottleneck = results.LimitServer
		v.flag(results.FlagSaturated)
		v.because("fell-behind", "%s; every connection waited for the server while the loader worked %s < %s", fell, percent(*v.LoaderShare), percent(Slack))
	}
}

// mostlyBlocked tells whether late requests found no idle connection, which
// is not the loader's doing.
func mostlyBlocked(p *results.Phase) bool {
	if p.SendLagBlocked == nil {
		return p.Rate.NeverSent > 0 && p.SendLagIdle == nil
	}
	return p.SendLagIdle == nil || p.SendLagBlocked.Count >= p.SendLagIdle.Count
}

// connectionsNeeded is what Little's law asks for: rate × mean service time.
func connectionsNeeded(e Evidence) int {
	if e.Loader.Total.Service == nil {
		return e.Report.ConnectionsAsked
	}
	busy := e.Loader.Rate.TargetRPS * e.Loader.Total.Service.MeanNS / 1e9
	return int(math.Ceil(busy / float64(max(1, e.Report.Depth))))
}

// sendLag voids a phase in which the loader's own lag hides the median.
func (v *verdict) sendLag(p *results.Phase) {
	lag, err1 := stats.Decode(p.SendLagIdle)
	latency, err2 := stats.Decode(p.Total.Corrected)
	switch {
	case err1 != nil:
		v.void("unreadable", "the send-lag histogram cannot be decoded: %v", err1)
	case err2 != nil:
		v.void("unreadable", "the latency histogram cannot be decoded: %v", err2)
	case lag.Count() == 0 || latency.Count() == 0:
	default:
		median, bound := lag.Quantile(0.5), LagBound(latency.Quantile(0.5))
		if median > bound {
			v.void("send-lag", "half of all requests were sent %v late or more with an idle connection at hand > %v: the loader's own lag hides the median",
				time.Duration(median), time.Duration(bound))
		}
	}
}

// LagBound is the loader's largest tolerable lag beside a latency, both in
// nanoseconds.
func LagBound(latencyNS int64) int64 {
	return max(int64(LagFloor), int64(LagShare*float64(latencyNS)))
}
