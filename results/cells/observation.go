package cells

import (
	"cmp"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
)

// Observation is one trial that counts in a cell, with its measurements there.
type Observation struct {
	Trial *results.Trial
	// Load is the loader's report of the phase; empty in a cell of the whole ladder.
	Load *results.Phase
	// Phase holds the harness's own measurements of the phase; empty in a cell of
	// the whole ladder.
	Phase *results.TrialPhase

	distributions Distributions
}

// Value returns one figure of an observation; false where it was not measured.
type Value func(*Observation) (float64, bool)

// Distribution returns one of the distributions, nil where it was not measured.
func (s *Observation) Distribution(of Latency) *Distribution { return s.distributions[of] }

// Throughput is completions a second.
func Throughput(s *Observation) (float64, bool) {
	return s.Load.ThroughputRPS(), true
}

// bodies is bytes of bodies a second: those of requests if sent, else those of
// answers.
func bodies(s *Observation, sent bool) (float64, bool) {
	if sent {
		return perSecond(s.Load.SentBodyBytes, s.Load), true
	}
	return perSecond(s.Load.ReceivedBodyBytes, s.Load), true
}

// TargetRPS is the planned rate of an open loop.
func TargetRPS(s *Observation) (float64, bool) {
	return ofRate(s, func(r *results.RateReport) float64 { return r.TargetRPS })
}

// OfferedRPS is the rate at which the requests of an open loop were due.
func OfferedRPS(s *Observation) (float64, bool) {
	return ofRate(s, func(r *results.RateReport) float64 { return perSecond(r.Offered, s.Load) })
}

// AchievedRPS is the rate at which the requests of an open loop were completed.
func AchievedRPS(s *Observation) (float64, bool) {
	return ofRate(s, func(r *results.RateReport) float64 { return perSecond(r.Achieved, s.Load) })
}

func ofRate(s *Observation, value func(*results.RateReport) float64) (float64, bool) {
	if s.Load.Rate == nil {
		return 0, false
	}
	return value(s.Load.Rate), true
}

func perSecond(n uint64, p *results.Phase) float64 {
	if p.WindowNS() <= 0 {
		return 0
	}
	return float64(n) * 1e9 / float64(p.WindowNS())
}

// ServerShare is U_S of METHOD.md §3.
func ServerShare(s *Observation) (float64, bool) { return number(s.Phase.Verdict.ServerShare) }

// LoaderShare is U_L of METHOD.md §3.
func LoaderShare(s *Observation) (float64, bool) { return number(s.Phase.Verdict.LoaderShare) }

// number returns the number at p; false for nil.
func number[T float64 | uint64](p *T) (float64, bool) {
	if p == nil {
		return 0, false
	}
	return float64(*p), true
}

// ServerCores is the mean number of processors that the server used in its window.
func ServerCores(s *Observation) (float64, bool) {
	u := s.Phase.Server
	if u == nil || u.ReadT1NS <= u.ReadT0NS {
		return 0, false
	}
	return float64(u.CPUNS) / float64(u.ReadT1NS-u.ReadT0NS), true
}

// LoaderCores is the mean number of processors that the loader's work used in its
// window. Empty polls are no work.
func LoaderCores(s *Observation) (float64, bool) {
	if s.Load.WindowNS() <= 0 {
		return 0, false
	}
	ns, ok := judge.LoaderWorkNS(s.Load, s.Phase.Loader)
	return ns / float64(s.Load.WindowNS()), ok
}

// LoaderCeiling is LoaderCores ÷ the loader's threads: the throughput as a share
// of the loader's own ceiling, threads ÷ D_L, D_L being its work per request.
func LoaderCeiling(s *Observation) (float64, bool) {
	cores, ok := LoaderCores(s)
	threads := 0
	for i := range s.Trial.Loaders {
		threads += cmp.Or(s.Trial.Loaders[i].ThreadsUsed, s.Trial.Loaders[i].Threads)
	}
	return cores / float64(max(threads, 1)), ok
}

// OtherWork is the share of the server's processors, 0 to 1, that was busy with
// other work than the server's.
func OtherWork(s *Observation) (float64, bool) {
	cores, ok := ServerCores(s)
	if busy := s.Phase.ServerCPUBusy; ok && busy != nil && s.Phase.ServerCPUs > 0 {
		return max(0, *busy-cores/float64(s.Phase.ServerCPUs)), true
	}
	return 0, false
}

// Stalled is the share of the window, 0 to 1, that the loader lost to stalls.
func Stalled(s *Observation) (float64, bool) { return s.Load.StalledShare() }

// PeakMemory is the kernel's peak of a side's memory in bytes, from the beginning
// of the load to the end of the phase.
func PeakMemory(side Side) Value {
	return Bytes(side, func(u *results.Usage) *uint64 { return u.PeakMemoryBytes })
}

// Bytes is an amount of a side's memory.
func Bytes(side Side, of func(*results.Usage) *uint64) Value {
	return func(s *Observation) (float64, bool) {
		if u := side(s.Phase); u != nil {
			return number(of(u))
		}
		return 0, false
	}
}

// Side picks the usage of one side of a phase; nil where it was not sampled.
type Side func(*results.TrialPhase) *results.Usage

// Server is the server's side.
func Server(p *results.TrialPhase) *results.Usage { return p.Server }

// Loader is the loader's side.
func Loader(p *results.TrialPhase) *results.Usage { return p.Loader }

// Energy is what the machine's processor packages used in the window, for both sides
// together, in joules per completed request.
func Energy(s *Observation) (float64, bool) {
	joules, ok := number(s.Phase.EnergyJoules)
	if !ok || s.Load.Total.Completed == 0 {
		return 0, false
	}
	return joules / float64(s.Load.Total.Completed), true
}

// IdleMemory is the server's memory before load, in bytes.
func IdleMemory(s *Observation) (float64, bool) { return number(s.Trial.IdleMemoryBytes) }

// ladderMemory is the kernel's peak of the server's memory in bytes over all
// phases of the trial.
func ladderMemory(s *Observation) (peak float64, ok bool) {
	for i := range s.Trial.Phases {
		if u := s.Trial.Phases[i].Server; u != nil && u.PeakMemoryBytes != nil {
			peak, ok = max(peak, float64(*u.PeakMemoryBytes)), true
		}
	}
	return peak, ok
}

// upperFactor is the largest ratio of the server's peak to the throughput: 1
// where the server was the limit.
func (s *Observation) upperFactor() (float64, bool) {
	verdict := s.Phase.Verdict
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
