package judge

import (
	"fmt"

	"github.com/joust-bench/joust/results"
)

// Each judges a phase of a load and the part of each of several loaders: the sum
// may hide what voids one part, and that voids the whole. parts are the loaders'
// reports in their order; empty for one loader.
func Each(e Evidence, parts []results.Report) results.Verdict {
	whole := Phase(e)
	for i := range parts {
		part := e
		part.Report, part.Loader = &parts[i], parts[i].Phase(e.Loader.Name)
		if part.Loader == nil {
			continue
		}
		for _, r := range Phase(part).Reasons {
			if known := find(whole, r.Code); !r.Voids || known != nil && known.Voids {
				continue
			}
			r.Text = fmt.Sprintf("loader %d of %d: %s", i+1, len(parts), r.Text)
			whole.Reasons = append([]results.Reason{r}, whole.Reasons...)
			whole.Valid = false
		}
	}
	return whole
}

// Exceeded flags the closed loops among the phases of one trial whose
// throughput an open loop of the same trial exceeded: a rate that a server keeps
// is no more than its peak. report is the trial's; phases are judged already.
func Exceeded(report *results.Report, phases []results.TrialPhase, limits results.Thresholds) {
	best, name := 0.0, ""
	for i := range phases {
		p := report.Phase(phases[i].Name)
		if p != nil && p.Loop == results.OpenLoop && phases[i].Verdict.Valid && phases[i].Verdict.Bottleneck == "" && p.ThroughputRPS() > best {
			best, name = p.ThroughputRPS(), p.Name
		}
	}
	for i := range phases {
		p, v := report.Phase(phases[i].Name), &verdict{Verdict: phases[i].Verdict}
		if p == nil || p.Loop != results.ClosedLoop || best <= p.ThroughputRPS()*(1+limits.AbovePeak) {
			continue
		}
		v.flag(results.FlagExceeded)
		if v.Bottleneck == results.LimitServer || v.Bottleneck == results.LimitBalanced {
			v.Bottleneck, v.UpperRPS = results.LimitUnknown, nil
		}
		v.because("exceeded", "the open loop of phase %s kept %.0f req/s, %s above the %.0f of this closed loop > %s: its peak was not found",
			name, best, percent(best/p.ThroughputRPS()-1), p.ThroughputRPS(), percent(limits.AbovePeak))
		phases[i].Verdict = v.Verdict
	}
}
