package results

import "encoding/json"

// Thresholds are the limits by which a run is judged (METHOD.md §3).
type Thresholds struct {
	// FullShare is the busy share from which a side is full, NearlyFull that from
	// which it may be full. Below Slack a side evidently waits.
	FullShare  float64 `json:"full_share"`
	NearlyFull float64 `json:"nearly_full"`
	Slack      float64 `json:"slack"`
	// ForeignWork is the share of the server's CPUs above which the work of other
	// programs there is flagged, and does not count as the server's.
	ForeignWork float64 `json:"foreign_work"`
	// EstimateFrom is the least server share for an upper bound of the throughput.
	EstimateFrom float64 `json:"estimate_from"`
	// KeptRate is the least achieved ÷ offered of an open loop that kept up.
	KeptRate float64 `json:"kept_rate"`
	// PaceLimit is the largest work fraction of a loader that can pace a rate.
	PaceLimit float64 `json:"pace_limit"`
	// Unanswered is the least share of the connections in flight at the window's
	// end that must have an empty receive queue to blame the server for a rate
	// that was not kept.
	Unanswered float64 `json:"unanswered"`
	// LoaderElasticity is the least reading of the elasticity probe that says
	// loader, ServerElasticity the largest that says server.
	LoaderElasticity float64 `json:"loader_elasticity"`
	ServerElasticity float64 `json:"server_elasticity"`
	// FasterElasticity is the distance below 0 from which the elasticity says that
	// the server gets faster under a slower loader: its peak was not found.
	FasterElasticity float64 `json:"faster_elasticity"`
	// AbovePeak is the share by which a rate kept must exceed the peak of the same
	// server process to contradict it.
	AbovePeak float64 `json:"above_peak"`
	// Stalled is the share of the window for which the loader may stand still,
	// BackedOff the share of its connections' time for which it may wait before it
	// connects anew.
	Stalled   float64 `json:"stalled"`
	BackedOff float64 `json:"backed_off"`
	// ClientGain is the relative gain of twice the clients that shows too few.
	ClientGain float64 `json:"client_gain"`
	// LagFloorNS and LagShare bound the loader's own lag at a latency: the larger
	// of the floor and that share of the latency.
	LagFloorNS float64 `json:"lag_floor_ns"`
	LagShare   float64 `json:"lag_share"`
	// Bookkeeping is the share by which a closed loop may miss Little's law.
	Bookkeeping float64 `json:"bookkeeping"`
	// SteadySlope is the largest relative change in a second that ends a warm-up.
	SteadySlope float64 `json:"steady_slope"`
	// SteadyHalves is the largest relative difference of a window's halves, and of
	// those of the second with which a warm-up ends.
	SteadyHalves float64 `json:"steady_halves"`
	// StealLimit is the share of time that the hypervisor may take, Pressure that
	// in which threads may wait for memory or for a disk.
	StealLimit float64 `json:"steal_limit"`
	Pressure   float64 `json:"pressure"`
	// SpinSlower is the share by which a fixed spin may take longer than when the
	// run began, on either side's processors.
	SpinSlower float64 `json:"spin_slower"`
	// LateRead is the largest lateness of a reading, as a share of the window.
	LateRead float64 `json:"late_read"`
	// ShortWindow is the least length of a window, as a share of the plan's.
	ShortWindow float64 `json:"short_window"`
	// FewCompletions is the least number of large transfers that shows whether a
	// window was steady. An experiment's windows need as many requests.
	FewCompletions float64 `json:"few_completions"`
	// EarlyAnswer is the share of a row's least time by which an answer may come
	// sooner: timers that count in whole milliseconds end up to one too early.
	EarlyAnswer float64 `json:"early_answer"`
	// ScriptShare is the least share of the window that a thread of a full loader spends
	// in its script for the script to be named as the limit.
	ScriptShare float64 `json:"script_share"`
}

// DefaultThresholds returns the limits of a plan that changes none.
func DefaultThresholds() Thresholds {
	return Thresholds{
		FullShare: 0.95, NearlyFull: 0.90, Slack: 0.80, ForeignWork: 0.15, EstimateFrom: 0.70,
		KeptRate: 0.99, PaceLimit: 0.70, Unanswered: 0.50,
		LoaderElasticity: 0.60, ServerElasticity: 0.30, FasterElasticity: 0.10, AbovePeak: 0.03, ClientGain: 0.05,
		Stalled: 0.03, BackedOff: 0.01,
		LagFloorNS: 50e3, LagShare: 0.10, Bookkeeping: 0.03,
		SteadySlope: 0.02, SteadyHalves: 0.03, StealLimit: 0.02, Pressure: 0.02, SpinSlower: 0.10, LateRead: 0.01,
		ShortWindow: 0.99, FewCompletions: 20, EarlyAnswer: 0.10, ScriptShare: 0.30,
	}
}

// Limits returns the thresholds of the plan, the default ones where it has none.
func (p *Plan) Limits() Thresholds {
	if p.Thresholds == nil {
		return DefaultThresholds()
	}
	return *p.Thresholds
}

// UnmarshalJSON reads stored limits; one younger than the run has its default.
func (t *Thresholds) UnmarshalJSON(text []byte) error {
	type plain Thresholds
	stored := plain(DefaultThresholds())
	if err := json.Unmarshal(text, &stored); err != nil {
		return err
	}
	*t = Thresholds(stored)
	return nil
}
