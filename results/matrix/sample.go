package matrix

import (
	"fmt"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
	"github.com/joust-bench/joust/results/stats"
)

// throughput is completions a second, over all agents.
func (s sample) throughput() float64 {
	total := 0.0
	for _, p := range s.loads {
		total += p.ThroughputRPS()
	}
	return total
}

// bodyRate is bytes of bodies a second: those of requests where the row sends
// any, else those of answers.
func (s sample) bodyRate(sent bool) float64 {
	total := 0.0
	for _, p := range s.loads {
		n := p.ReceivedBodyBytes
		if sent {
			n = p.SentBodyBytes
		}
		if w := p.WindowNS(); w > 0 {
			total += float64(n) * 1e9 / float64(w)
		}
	}
	return total
}

// serverShare is U_S of method.md §3.
func serverShare(s sample) (float64, bool) { return deref(s.phase.Verdict.ServerShare) }

// loaderShare is U_L of method.md §3.
func loaderShare(s sample) (float64, bool) { return deref(s.phase.Verdict.LoaderShare) }

func deref(p *float64) (float64, bool) {
	if p == nil {
		return 0, false
	}
	return *p, true
}

// serverCores is the processors that the server kept busy over its window.
func serverCores(s sample) (float64, bool) {
	u := s.phase.Server
	if u == nil || u.ReadT1NS <= u.ReadT0NS {
		return 0, false
	}
	return float64(u.CPUNS) / float64(u.ReadT1NS-u.ReadT0NS), true
}

// loaderCores is the processors that the loader kept busy with work over its
// window, over all agents. Empty polls are no work.
func loaderCores(s sample) (float64, bool) {
	total := 0.0
	for _, p := range s.loads {
		ns, ok := judge.LoaderWorkNS(p, s.phase.Loader)
		if !ok || p.WindowNS() <= 0 {
			return 0, false
		}
		total += ns / float64(p.WindowNS())
	}
	return total, len(s.loads) > 0
}

// distribution is what tables need of one of the phase's histograms, over all
// agents. It is nil where it was not measured; unreadable data is told beneath
// the tables.
func (v *view) distribution(s sample, pick picked) *digest {
	var parts []*results.Histogram
	for _, p := range s.loads {
		h, table := pick(p)
		if table != nil {
			return printed(table) // a foreign loader is alone
		}
		if h != nil {
			parts = append(parts, h)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	if d, ok := v.digests[parts[0]]; ok {
		return d
	}
	d, err := digestOf(parts)
	if err != nil {
		v.problem(fmt.Sprintf("trial %d, %s: %v", s.trial.Index, s.phase.Name, err))
	}
	v.digests[parts[0]] = d
	return d
}

// errorBars are the loader's own lags in the phase, over all agents; unreadable
// ones are told beneath the tables.
func (v *view) errorBars(s sample) stats.ErrorBars {
	if b, ok := v.bars[s.phase]; ok {
		return b
	}
	b, err := stats.Bars(v.run.Plan.Limits(), s.loads...)
	if err != nil {
		v.problem(fmt.Sprintf("trial %d: %v", s.trial.Index, err))
	}
	v.bars[s.phase] = b
	return b
}

// picked is one of a phase's distributions: samples, or a table that a foreign
// loader printed.
type picked func(*results.Phase) (*results.Histogram, *results.Percentiles)

func service(p *results.Phase) (*results.Histogram, *results.Percentiles) {
	return p.Total.Service, p.Total.ServiceTable
}

func corrected(p *results.Phase) (*results.Histogram, *results.Percentiles) {
	return p.Total.Corrected, p.Total.CorrectedTable
}

func sendLag(p *results.Phase) (*results.Histogram, *results.Percentiles) { return p.SendLagIdle, nil }
func receiveLag(p *results.Phase) (*results.Histogram, *results.Percentiles) {
	return p.ReceiveLag, nil
}
