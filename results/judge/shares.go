package judge

import (
	"fmt"

	"github.com/joust-bench/joust/results"
)

// serverShare returns U_S, nil where it is not known, and its format in words. A
// single thread that fills a CPU of its own counts as full as well, and so does
// a quota that is used up.
func serverShare(m *results.TrialPhase, t results.Thresholds) (share *float64, words string) {
	share, words = m.ServerCPUBusy, "server CPUs %s busy"
	if own, _, ok := foreignWork(m, t); ok {
		share, words = &own, "the server's own work and waiting for its CPUs took %s"
	}
	if m.Server == nil {
		return share, words
	}
	larger := func(x float64, format string) {
		if share == nil || x > *share {
			share, words = &x, format
		}
	}
	if thread := m.Server.BusiestThread; thread != nil && *thread >= t.FullShare {
		larger(*thread, "busiest server thread %s busy")
	}
	if used, ok := quotaShare(m.Server); ok {
		larger(used, fmt.Sprintf("server's quota of %.2f CPUs %%s used", *m.Server.QuotaCPUs))
	}
	return share, words
}

// foreignWork splits the busy share of the server's CPUs. own is the server's CPU
// time, the kernel's interrupts, and the time in which a thread of the server was
// ready and had no CPU; foreign is the work of other programs. ok reports whether
// foreign exceeds the limit, below which the accounts of ticks and of processes
// differ anyway.
func foreignWork(m *results.TrialPhase, t results.Thresholds) (own, foreign float64, ok bool) {
	u := m.Server
	if m.ServerCPUBusy == nil || m.ServerInterrupts == nil || u == nil || u.CPUPressureNS == nil || m.ServerCPUs <= 0 {
		return 0, 0, false
	}
	window := float64(u.ReadT1NS - u.ReadT0NS)
	if window <= 0 {
		return 0, 0, false
	}
	own = float64(u.CPUNS)/window/float64(m.ServerCPUs) + *m.ServerInterrupts + float64(*u.CPUPressureNS)/window
	foreign = *m.ServerCPUBusy - own
	return own, foreign, foreign > t.ForeignWork
}

// quotaShare returns the used share of a CPU quota, 0 to 1. A window cuts periods
// in two, so the share of used-up periods counts as well.
func quotaShare(u *results.Usage) (float64, bool) {
	window := float64(u.ReadT1NS - u.ReadT0NS)
	if u.QuotaCPUs == nil || *u.QuotaCPUs <= 0 || window <= 0 {
		return 0, false
	}
	used := float64(u.CPUNS) / window / *u.QuotaCPUs
	if u.ThrottledPeriods != nil && u.QuotaPeriods != nil && *u.QuotaPeriods > 0 {
		used = max(used, float64(*u.ThrottledPeriods)/float64(*u.QuotaPeriods))
	}
	return min(1, used), true
}

// loaderShare returns U_L, nil where it is not known. For loaders that do not
// report their work, the time for which the busiest thread ran stands in.
func loaderShare(p *results.Phase, m *results.TrialPhase) *float64 {
	if len(p.Threads) == 0 {
		if m.Loader == nil {
			return nil
		}
		return m.Loader.BusiestThread
	}
	work := 0.0
	for _, t := range p.Threads {
		work = max(work, t.Work)
	}
	return &work
}

// server and loader are the shares in words. Both must be known.
func (v *verdict) server() string { return fmt.Sprintf(v.serverWords, percent(*v.ServerShare)) }

func (v *verdict) loader() string {
	thread, work := -1, -1.0
	for i, t := range v.Evidence.Loader.Threads {
		if t.Work > work {
			thread, work = i, t.Work
		}
	}
	if thread < 0 {
		return fmt.Sprintf("busiest loader thread ran %s", percent(*v.LoaderShare))
	}
	return fmt.Sprintf("loader thread %d worked %s", thread+1, percent(work))
}
