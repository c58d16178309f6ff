package judge

import (
	"fmt"
	"slices"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// ProbeShare is the CPU time that the elasticity probe adds, as a share of D_L.
const ProbeShare = 0.20

// mostDistance is the largest distance between the readings of the pairs of
// windows, without one of them, at which the elasticity probe has a reading: the
// distance between a loader that limits and one that does not.
const mostDistance = 0.6

// Needs returns the experiment that the table of METHOD.md §3 asks for; empty
// where the two shares say enough, and where the phase is not valid. Beyond the
// table, a full server with a full loader needs one as well.
func Needs(e Evidence) results.ProbeKind {
	e.Probes = nil
	v := Phase(e)
	if !v.Valid || find(v, codeStalled) != nil || v.ServerShare == nil || v.LoaderShare == nil || e.Loader.Loop != results.ClosedLoop {
		return ""
	}
	if kind := probeFor(v, e.Limits); kind != results.ProbeClients || !e.FixedClients {
		return kind
	}
	return ""
}

// probeFor returns the kind of experiment for a verdict by the two shares; empty
// for none. The shares of two full sides do not say whose limit it was: a server
// with fewer requests at a time wakes up more often, and so fills its CPU at a
// throughput that a faster loader would raise.
func probeFor(v results.Verdict, t results.Thresholds) results.ProbeKind {
	full := *v.ServerShare >= t.FullShare && *v.LoaderShare >= t.FullShare
	switch b := v.Bottleneck; {
	case b == results.LimitConnections:
		return results.ProbeClients
	case b == results.LimitSharedCPU, b == results.LimitServer && !full:
		return ""
	}
	return results.ProbeElasticity
}

// experiment lets the cell's probe overrule the table.
func (v *verdict) experiment() {
	kind := probeFor(v.Verdict, v.Limits)
	if kind == results.ProbeClients && v.FixedClients {
		v.because("fixed-clients", "the row fixes its number of clients, so more were not tried")
		return
	}
	p := v.probe(kind)
	switch {
	case p == nil:
	case kind == results.ProbeClients:
		v.moreClients(p)
	default:
		v.elasticity(p)
	}
}

// probe returns the first experiment of the kind with a reading, or the last.
func (v *verdict) probe(kind results.ProbeKind) (best *results.Probe) {
	for i := range v.Probes {
		if p := &v.Probes[i]; p.Kind == kind {
			if best = p; p.Reading != nil {
				break
			}
		}
	}
	return best
}

// elasticity decides by the throughput under a slower loader.
func (v *verdict) elasticity(p *results.Probe) {
	if p.Reading == nil {
		v.because("probe-failed", "the elasticity probe gave no reading: %s", p.Failed)
		return
	}
	x, t := *p.Reading, v.Limits
	text := fmt.Sprintf("slowing the loader by %.2f µs a response had an elasticity of %.2f", float64(p.DelayNS)/1e3, x)
	switch full := *v.ServerShare >= t.NearlyFull; {
	case x < -t.FasterElasticity:
		v.Bottleneck = results.LimitUnknown
		v.because("probe", "%s < −%.2f: the server gets faster when the loader is slower, so this is not its own peak", text, t.FasterElasticity)
	case x >= t.LoaderElasticity:
		v.Bottleneck = results.LimitLoader
		v.because("probe", "%s ≥ %.2f: the loader limits", text, t.LoaderElasticity)
	case x > t.ServerElasticity:
		v.Bottleneck = results.LimitBalanced
		v.because("probe", "%s, between %.2f and %.2f: both sides limit", text, t.ServerElasticity, t.LoaderElasticity)
	case full:
		v.Bottleneck = results.LimitServer
		v.because("probe", "%s ≤ %.2f and %s ≥ %s: the server limits", text, t.ServerElasticity, v.server(), percent(t.NearlyFull))
	default:
		v.Bottleneck = results.LimitUnknown
		v.because("probe", "%s ≤ %.2f, so it is not the loader, and %s < %s, so it is not the server's CPUs", text, t.ServerElasticity, v.server(), percent(t.NearlyFull))
	}
}

// moreClients decides by the gain of twice the clients.
func (v *verdict) moreClients(p *results.Probe) {
	switch {
	case p.Reading == nil:
		v.Bottleneck = results.LimitUnknown
		v.because("probe-failed", "whether more clients bring more could not be tried: %s", p.Failed)
	case *p.Reading > v.Limits.ClientGain:
		v.because("probe", "%d clients instead of %d brought %s more > %s: too few clients limit", p.Clients, v.Report.ConnectionsAsked, above(*p.Reading, v.Limits.ClientGain), percent(v.Limits.ClientGain))
	default:
		v.Bottleneck = results.LimitUnknown
		v.because("probe", "%d clients instead of %d brought %s more ≤ %s, so it is not the number of clients, and neither side works enough to be the limit",
			p.Clients, v.Report.ConnectionsAsked, percent(*p.Reading), percent(v.Limits.ClientGain))
	}
}

// Read computes Reading, Low and High of an experiment, or Failed.
func Read(p *results.Probe, limits results.Thresholds) {
	if p.Failed != "" {
		return
	}
	if len(p.Off) == 0 || len(p.On) == 0 {
		p.Failed = "it has no window to compare"
		return
	}
	if least := leastCompleted(p); float64(least) < limits.FewCompletions {
		p.Failed = fmt.Sprintf("too few requests: %d completed, at least %.0f are needed", least, limits.FewCompletions)
		return
	}
	switch p.Kind {
	case results.ProbeElasticity:
		readElasticity(p)
	case results.ProbeClients:
		gain := medianOf(p.On, results.ProbeWindow.ThroughputRPS)/medianOf(p.Off, results.ProbeWindow.ThroughputRPS) - 1
		p.Reading = &gain
	}
}

// leastCompleted returns the least number of requests on either side of a
// comparison: of windows one by one, or of all of a side for ProbeClients.
func leastCompleted(p *results.Probe) uint64 {
	completed := func(windows []results.ProbeWindow) uint64 {
		least, sum := windows[0].Completed, uint64(0)
		for _, w := range windows {
			least, sum = min(least, w.Completed), sum+w.Completed
		}
		if p.Kind == results.ProbeClients {
			return sum
		}
		return least
	}
	return min(completed(p.Off), completed(p.On))
}

// readElasticity takes the median over the pairs of neighbouring windows, without
// the pair that differs most: neither drift nor one disturbed window decides.
func readElasticity(p *results.Probe) {
	cost := func(w results.ProbeWindow) float64 { return w.LoaderCPUNS }
	off, on := medianOf(p.Off, cost), medianOf(p.On, cost)
	if off <= 0 || p.DelayNS <= 0 {
		p.Failed = "the loader's CPU time per request is not known"
		return
	}
	// A loader that waits for the server wakes up less often when it is slower,
	// and may save as much as was added: then the known delay is what counts.
	added := change(off, max(on, off+float64(p.DelayNS)/2))
	var readings []float64
	for i := range min(len(p.Off), len(p.On)) {
		readings = append(readings, change(p.On[i].ThroughputRPS(), p.Off[i].ThroughputRPS())/added)
	}
	slices.Sort(readings)
	n := len(readings)
	p.Low, p.High = &readings[0], &readings[n-1]
	near := readings
	if n > 2 {
		// Without the one that is furthest from the others.
		near = readings[:n-1]
		if readings[n-1]-readings[1] < readings[n-2]-readings[0] {
			near = readings[1:]
		}
	}
	// Below 0 says no more than 0, above 1 no more than 1.
	bounded := func(x float64) float64 { return min(max(x, 0), 1) }
	if distance := bounded(near[len(near)-1]) - bounded(near[0]); distance > mostDistance {
		p.Failed = fmt.Sprintf("its pairs of windows disagree: they read from %.2f to %.2f, and even without one of them they are %.2f apart > %.2f",
			readings[0], readings[n-1], distance, mostDistance)
		return
	}
	x := stats.Median(near).Value
	p.Reading = &x
}

// change returns the change from a to b as a share of their mean. With it,
// −(ΔX/X) ÷ (ΔD_L/D_L) of a loader that limits alone (X ∝ 1/D_L) is exactly 1,
// however large the change.
func change(a, b float64) float64 {
	if a+b == 0 {
		return 0
	}
	return (b - a) / ((a + b) / 2)
}

func medianOf(windows []results.ProbeWindow, of func(results.ProbeWindow) float64) float64 {
	values := make([]float64, len(windows))
	for i, w := range windows {
		values[i] = of(w)
	}
	return stats.Median(values).Value
}

// Window returns the figures of a phase that an experiment's reading needs.
func Window(p *results.Phase, m *results.TrialPhase, limits results.Thresholds) results.ProbeWindow {
	w := results.ProbeWindow{Completed: p.Total.Completed, WindowNS: p.WindowNS(), LoaderShare: loaderShare(p, m)}
	w.ServerShare, _ = serverShare(m, limits)
	if ns, ok := LoaderWorkNS(p, m.Loader); ok && w.Completed > 0 {
		w.LoaderCPUNS = ns / float64(w.Completed)
	}
	return w
}

// LoaderWorkNS returns the CPU time in nanoseconds that the loader worked in the
// phase's window, without empty polls. All CPU time of its process stands in for
// a loader that does not report its threads; ok is false without either.
func LoaderWorkNS(p *results.Phase, process *results.Usage) (ns float64, ok bool) {
	if work, ok := p.WorkNS(); ok {
		return float64(work), true
	}
	if process == nil || process.ReadT1NS <= process.ReadT0NS {
		return 0, false
	}
	return float64(process.CPUNS) * float64(p.WindowNS()) / float64(process.ReadT1NS-process.ReadT0NS), true
}
