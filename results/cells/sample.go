package cells

import (
	"cmp"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
)

// Sample is one trial that counts in a cell, with what it measured there.
type Sample struct {
	Trial *results.Trial
	// Loads has one phase a loader; none in a cell of the whole ladder.
	Loads []*results.Phase
	// Seen is what the harness saw of the phase; empty in a cell of the whole
	// ladder.
	Seen *results.TrialPhase

	readings Readings
}

// Value is one figure of a sample; false where it was not measured.
type Value func(*Sample) (float64, bool)

// Reading is one distribution of the sample, nil where it was not measured.
func (s *Sample) Reading(of Latency) *Reading { return s.readings[of] }

// Throughput is completions a second, over all loaders.
func Throughput(s *Sample) (float64, bool) {
	total := 0.0
	for _, p := range s.Loads {
		total += p.ThroughputRPS()
	}
	return total, len(s.Loads) > 0
}

// bodies is bytes of bodies a second: those of requests where the row sends any,
// else those of answers.
func bodies(s *Sample, sent bool) (float64, bool) {
	total := 0.0
	for _, p := range s.Loads {
		n := p.ReceivedBodyBytes
		if sent {
			n = p.SentBodyBytes
		}
		total += perSecond(n, p)
	}
	return total, len(s.Loads) > 0
}

// TargetRPS, OfferedRPS and AchievedRPS are the rates of an open loop, over all
// loaders.
func TargetRPS(s *Sample) (float64, bool) {
	return overLoads(s, func(p *results.Phase) float64 { return p.Rate.TargetRPS })
}

// OfferedRPS is as TargetRPS.
func OfferedRPS(s *Sample) (float64, bool) {
	return overLoads(s, func(p *results.Phase) float64 { return perSecond(p.Rate.Offered, p) })
}

// AchievedRPS is as TargetRPS.
func AchievedRPS(s *Sample) (float64, bool) {
	return overLoads(s, func(p *results.Phase) float64 { return perSecond(p.Rate.Achieved, p) })
}

func perSecond(n uint64, p *results.Phase) float64 {
	if p.WindowNS() <= 0 {
		return 0
	}
	return float64(n) * 1e9 / float64(p.WindowNS())
}

// overLoads adds up what each loader's phase gives.
func overLoads(s *Sample, of func(*results.Phase) float64) (float64, bool) {
	total := 0.0
	for _, p := range s.Loads {
		if p.Rate == nil {
			return 0, false
		}
		total += of(p)
	}
	return total, len(s.Loads) > 0
}

// ServerShare and LoaderShare are U_S and U_L of METHOD.md §3.
func ServerShare(s *Sample) (float64, bool) { return deref(s.Seen.Verdict.ServerShare) }

// LoaderShare is as ServerShare.
func LoaderShare(s *Sample) (float64, bool) { return deref(s.Seen.Verdict.LoaderShare) }

func deref(p *float64) (float64, bool) {
	if p == nil {
		return 0, false
	}
	return *p, true
}

// ServerCores is the processors that the server kept busy over its window.
func ServerCores(s *Sample) (float64, bool) {
	u := s.Seen.Server
	if u == nil || u.ReadT1NS <= u.ReadT0NS {
		return 0, false
	}
	return float64(u.CPUNS) / float64(u.ReadT1NS-u.ReadT0NS), true
}

// LoaderCores is the processors that the loader kept busy with work over its
// window, over all loaders. Empty polls are no work.
func LoaderCores(s *Sample) (float64, bool) {
	total := 0.0
	for _, p := range s.Loads {
		ns, ok := judge.LoaderWorkNS(p, s.Seen.Loader)
		if !ok || p.WindowNS() <= 0 {
			return 0, false
		}
		total += ns / float64(p.WindowNS())
	}
	return total, len(s.Loads) > 0
}

// LoaderCeiling is LoaderCores as a share of the loader's threads: throughput ÷
// (1 ÷ D_L), D_L being its work per request.
func LoaderCeiling(s *Sample) (float64, bool) {
	cores, ok := LoaderCores(s)
	threads := 0
	for i := range s.Trial.Loaders {
		threads += cmp.Or(s.Trial.Loaders[i].ThreadsUsed, s.Trial.Loaders[i].Threads)
	}
	return cores / float64(max(threads, 1)), ok
}

// OtherWork is the busy share of the server's processors, 0 to 1, that was not
// the server's.
func OtherWork(s *Sample) (float64, bool) {
	cores, ok := ServerCores(s)
	if busy := s.Seen.ServerCPUBusy; ok && busy != nil && s.Seen.ServerCPUs > 0 {
		return max(0, *busy-cores/float64(s.Seen.ServerCPUs)), true
	}
	return 0, false
}

// Stalled is the share of the window, 0 to 1, that the loader lost to stalls:
// the largest of all loaders.
func Stalled(s *Sample) (share float64, known bool) {
	for _, p := range s.Loads {
		if x, ok := p.StalledShare(); ok {
			share, known = max(share, x), true
		}
	}
	return share, known
}

// PeakMemory is the kernel's peak of a side's memory in bytes, from the begin of
// the load to the end of the phase.
func PeakMemory(side Side) Value {
	return Bytes(side, func(u *results.Usage) *uint64 { return u.PeakMemoryBytes })
}

// Bytes is an amount of memory that was counted of a side.
func Bytes(side Side, of func(*results.Usage) *uint64) Value {
	return func(s *Sample) (float64, bool) {
		u := side(s.Seen)
		if u == nil || of(u) == nil {
			return 0, false
		}
		return float64(*of(u)), true
	}
}

// Side picks the usage of one side of a phase; nil where it was not sampled.
type Side func(*results.TrialPhase) *results.Usage

// Server is the server's side.
func Server(p *results.TrialPhase) *results.Usage { return p.Server }

// Loader is the loader's side.
func Loader(p *results.TrialPhase) *results.Usage { return p.Loader }

// IdleMemory is what the server held before load, in bytes.
func IdleMemory(s *Sample) (float64, bool) {
	if s.Trial.IdleMemoryBytes == nil {
		return 0, false
	}
	return float64(*s.Trial.IdleMemoryBytes), true
}

// ladderMemory is the kernel's peak of the server's memory in bytes over all
// phases of the trial.
func ladderMemory(s *Sample) (peak float64, ok bool) {
	for i := range s.Trial.Phases {
		if u := s.Trial.Phases[i].Server; u != nil && u.PeakMemoryBytes != nil {
			peak, ok = max(peak, float64(*u.PeakMemoryBytes)), true
		}
	}
	return peak, ok
}

// upperFactor is how far the server's peak may lie above what was reached: not
// at all where the server was the limit.
func (s *Sample) upperFactor() (float64, bool) {
	verdict := s.Seen.Verdict
	rps, _ := Throughput(s)
	switch {
	case verdict.Bottleneck == results.LimitServer:
		return 1, true
	case verdict.UpperRPS != nil && rps > 0:
		return max(1, *verdict.UpperRPS/rps), true
	case verdict.ServerShare != nil && *verdict.ServerShare > 0:
		return max(1, 1 / *verdict.ServerShare), true
	}
	return 0, false
}
