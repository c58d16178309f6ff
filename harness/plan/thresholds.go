package plan

import (
	"fmt"
	"math"
	"time"

	"github.com/joust-bench/joust/results"
)

// thresholdsYAML are the limits that a plan file changes. Shares are 0 to 1.
type thresholdsYAML struct {
	FullShare        float64       `yaml:"full_share"`
	NearlyFull       float64       `yaml:"nearly_full"`
	Slack            float64       `yaml:"slack"`
	ForeignWork      float64       `yaml:"foreign_work"`
	EstimateFrom     float64       `yaml:"estimate_from"`
	KeptRate         float64       `yaml:"kept_rate"`
	PaceLimit        float64       `yaml:"pace_limit"`
	Unanswered       float64       `yaml:"unanswered"`
	LoaderElasticity float64       `yaml:"loader_elasticity"`
	ServerElasticity float64       `yaml:"server_elasticity"`
	FasterElasticity float64       `yaml:"faster_elasticity"`
	AbovePeak        float64       `yaml:"above_peak"`
	Stalled          float64       `yaml:"stalled"`
	BackedOff        float64       `yaml:"backed_off"`
	ClientGain       float64       `yaml:"client_gain"`
	LagFloor         time.Duration `yaml:"lag_floor"`
	LagShare         float64       `yaml:"lag_share"`
	Bookkeeping      float64       `yaml:"bookkeeping"`
	SteadySlope      float64       `yaml:"steady_slope"`
	SteadyHalves     float64       `yaml:"steady_halves"`
	StealLimit       float64       `yaml:"steal_limit"`
	Pressure         float64       `yaml:"pressure"`
	SpinSlower       float64       `yaml:"spin_slower"`
	LateRead         float64       `yaml:"late_read"`
	ShortWindow      float64       `yaml:"short_window"`
	FewCompletions   int           `yaml:"few_completions"`
}

// thresholds lays what the file says over the default limits.
func (r *fileReader) thresholds(raw *thresholdsYAML) results.Thresholds {
	t := results.DefaultThresholds()
	for _, x := range []struct {
		key  string
		from float64
		to   *float64
	}{
		{"full_share", raw.FullShare, &t.FullShare},
		{"nearly_full", raw.NearlyFull, &t.NearlyFull},
		{"slack", raw.Slack, &t.Slack},
		{"foreign_work", raw.ForeignWork, &t.ForeignWork},
		{"estimate_from", raw.EstimateFrom, &t.EstimateFrom},
		{"kept_rate", raw.KeptRate, &t.KeptRate},
		{"pace_limit", raw.PaceLimit, &t.PaceLimit},
		{"unanswered", raw.Unanswered, &t.Unanswered},
		{"loader_elasticity", raw.LoaderElasticity, &t.LoaderElasticity},
		{"server_elasticity", raw.ServerElasticity, &t.ServerElasticity},
		{"faster_elasticity", raw.FasterElasticity, &t.FasterElasticity},
		{"above_peak", raw.AbovePeak, &t.AbovePeak},
		{"stalled", raw.Stalled, &t.Stalled},
		{"backed_off", raw.BackedOff, &t.BackedOff},
		{"client_gain", raw.ClientGain, &t.ClientGain},
		{"lag_share", raw.LagShare, &t.LagShare},
		{"bookkeeping", raw.Bookkeeping, &t.Bookkeeping},
		{"steady_slope", raw.SteadySlope, &t.SteadySlope},
		{"steady_halves", raw.SteadyHalves, &t.SteadyHalves},
		{"steal_limit", raw.StealLimit, &t.StealLimit},
		{"pressure", raw.Pressure, &t.Pressure},
		{"spin_slower", raw.SpinSlower, &t.SpinSlower},
		{"late_read", raw.LateRead, &t.LateRead},
		{"short_window", raw.ShortWindow, &t.ShortWindow},
	} {
		path := "thresholds." + x.key
		if v := read(r, path, x.from, func(share float64) string { return checkShare(path, share) }); v.set {
			*x.to = v.val
		}
	}
	if v := read(r, "thresholds.lag_floor", raw.LagFloor, window("thresholds.lag_floor")); v.set {
		t.LagFloorNS = float64(v.val.Nanoseconds())
	}
	if v := read(r, "thresholds.few_completions", raw.FewCompletions, count("thresholds.few_completions", 1, maxTrials)); v.set {
		t.FewCompletions = float64(v.val)
	}
	r.order("thresholds.slack", t.Slack, "thresholds.nearly_full", t.NearlyFull)
	r.order("thresholds.nearly_full", t.NearlyFull, "thresholds.full_share", t.FullShare)
	r.order("thresholds.server_elasticity", t.ServerElasticity, "thresholds.loader_elasticity", t.LoaderElasticity)
	return t
}

// order rejects two limits that contradict each other, at the one that the file
// gives.
func (r *fileReader) order(low string, a float64, high string, b float64) {
	if a <= b {
		return
	}
	at := low
	if !r.doc.Has(low) {
		at = high
	}
	r.doc.Reject(at, "%s is %v and %s is %v; the first must not be above the second", low, a, high, b)
}

func checkShare(what string, x float64) string {
	if math.IsNaN(x) || x <= 0 || x > 1 {
		return fmt.Sprintf("%s is a share: above 0 and at most 1, not %v", what, x)
	}
	return ""
}
