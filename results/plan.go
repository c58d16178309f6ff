package results

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Plan is a resolved plan, with its defaults and its scenarios spelled out.
type Plan struct {
	Name string `json:"name"`
	// Source is the plan's file as the user named it; empty for none.
	Source string `json:"source,omitempty"`
	// Seed decides the order of trials and every random choice of the loader.
	Seed    uint64      `json:"seed"`
	Entries []PlanEntry `json:"entries"`
	Tables  []PlanTable `json:"tables"`
	// Env has variables for every server, in addition to its own.
	Env map[string]string `json:"env,omitempty"`
	// IdleStrategy is how the loader waits: "spin", "hybrid" or "wait".
	IdleStrategy string `json:"idle_strategy"`
	// LoaderThreads is the number of event loops of the loader.
	LoaderThreads int `json:"loader_threads"`
	// RequestTimeoutNS bounds one request.
	RequestTimeoutNS int64 `json:"request_timeout_ns"`
	// DrainNS bounds the wait for outstanding answers after a window.
	DrainNS int64 `json:"drain_ns"`
	// ErrorTolerance is the share of requests that may fail in a valid cell.
	ErrorTolerance float64 `json:"error_tolerance"`
	// NoProbes is true for a run without experiments on the limits of cells.
	NoProbes bool `json:"no_probes,omitempty"`
	// NoConformance is true for a run without the HTTP/1.1 battery.
	NoConformance bool `json:"no_conformance,omitempty"`
	// Profile is the kind of profile that is captured of each cell's server; empty for
	// none.
	Profile string `json:"profile,omitempty"`
	// Thresholds are absent in runs stored before plans could change them.
	Thresholds *Thresholds `json:"thresholds,omitempty"`
	// Baseline is the entry to compare all others with; empty for all pairs.
	Baseline string `json:"baseline,omitempty"`
	// Percentiles are those that tables show beside the usual ones, such as
	// "p99.95".
	Percentiles []string `json:"percentiles,omitempty"`
	// PlannedNS is the nominal duration without builds; AtMostNS adds all repeats
	// of disturbed trials that their budget allows.
	PlannedNS int64 `json:"planned_ns"`
	AtMostNS  int64 `json:"at_most_ns"`
	// Engine is "evloop" or "portable".
	Engine string `json:"engine"`
	// Loader is the foreign tool that makes the load; absent for joust's own.
	Loader string `json:"loader,omitempty"`
	// Loaders is the number of loader processes; absent for one.
	Loaders int `json:"loaders,omitempty"`
	// LoaderImage is the container image of the tool; absent for its usual one.
	LoaderImage string `json:"loader_image,omitempty"`
	// Peaks are those of an earlier run, for the fractions of ladders without a
	// closed loop; absent where every ladder finds its own peak.
	Peaks []PlanPeak `json:"peaks,omitempty"`
}

// PlanPeak is the peak of one server that an earlier run found.
type PlanPeak struct {
	// Server is the entry's name in tables.
	Server   string `json:"server"`
	Scenario string `json:"scenario"`
	Protocol string `json:"protocol"`
	// PeakRPS is above 0.
	PeakRPS float64 `json:"peak_rps"`
}

// PlanEntry is one server of a plan under its name in tables.
type PlanEntry struct {
	Server string `json:"server"`
	As     string `json:"as"`
	// WarmupCapNS is the longest warm-up of its manifest; 0 for the plan's length.
	WarmupCapNS int64 `json:"warmup_cap_ns,omitempty"`
	// Isolation is IsolationContainer, or empty for a process.
	Isolation string `json:"isolation,omitempty"`
	// With are the values of the server's parameters that differ from its own.
	With map[string]string `json:"with,omitempty"`
	// Profiler is the runtime that captures the plan's profile: "go", "jvm" or "node".
	// NoProfile is the reason why the plan's profile cannot be captured of it.
	Profiler  string `json:"profiler,omitempty"`
	NoProfile string `json:"no_profile,omitempty"`
}

// Key is the same text for two entries that start the same server the same way.
func (e *PlanEntry) Key() string {
	key := []string{e.Server, e.Isolation}
	for _, name := range slices.Sorted(maps.Keys(e.With)) {
		key = append(key, strconv.Quote(name+"="+e.With[name]))
	}
	return strings.Join(key, " ")
}

// PlanTable is one scenario × protocol over the servers, with its ladder.
type PlanTable struct {
	Scenario string `json:"scenario"`
	Protocol string `json:"protocol"`
	// Clients is the number of connections, before a sweep that of its warm-up.
	Clients int `json:"clients"`
	// Trials is n, the number of ladders a server.
	Trials int `json:"trials"`
	// WarmupNS is the shortest warm-up. Entries with a cap above it are warmed up
	// until they are steady.
	WarmupNS int64 `json:"warmup_ns"`
	// Closed is true when the ladder has a closed-loop phase.
	Closed           bool  `json:"closed"`
	ClosedDurationNS int64 `json:"closed_duration_ns,omitempty"`
	// MinCompletions and MaxDurationNS stretch the windows of large transfers: that of
	// the closed loop to the time of so many completions, that of an open loop to the
	// time in which as many requests are due.
	MinCompletions int        `json:"min_completions,omitempty"`
	MaxDurationNS  int64      `json:"max_duration_ns,omitempty"`
	Rates          []PlanRate `json:"rates,omitempty"`
	OpenDurationNS int64      `json:"open_duration_ns,omitempty"`
	// Schedule is the open-loop arrival law: "constant", "poisson", "ramp" or
	// "burst". A ramp begins with each of the rates. It ends with RampToRPS, in
	// req/s, or with RampToFraction of the process's own peak, above 0. The rates
	// are the means of bursts of BurstSize requests.
	Schedule       string  `json:"schedule,omitempty"`
	RampToRPS      float64 `json:"ramp_to_rps,omitempty"`
	RampToFraction float64 `json:"ramp_to_fraction,omitempty"`
	BurstSize      int     `json:"burst_size,omitempty"`
	// Sweep has the numbers of clients among which each trial finds the best for
	// its own ladder; absent where there is only Clients.
	Sweep *PlanSweep `json:"sweep,omitempty"`
	// Objective is that of a search for the highest rate; absent for no search.
	Objective *Objective `json:"objective,omitempty"`
	// Scaled holds the numbers of the row, or of the plan, that this machine cannot
	// hold, with those that stand in for them; empty for none.
	Scaled []Scaling `json:"scaled,omitempty"`
	// NotExpressible says why the plan's loader cannot send the row's requests.
	NotExpressible string `json:"not_expressible,omitempty"`
}

// Scaling is a number that was scaled down to what the machine can hold.
type Scaling struct {
	// Of names the number: ScaledClients or ScaledRate.
	Of string `json:"of"`
	// Asked is the number of the row or the plan; Used, which is smaller, stands in
	// for it.
	Asked float64 `json:"asked"`
	Used  float64 `json:"used"`
	// Why names the limit.
	Why string `json:"why"`
}

// The numbers that may be scaled down.
const (
	ScaledClients = "clients"
	ScaledRate    = "req/s"
)

// String returns a sentence such as "1024 of 4096 clients: a process may open 1024
// files".
func (s Scaling) String() string {
	return s.Words(func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) })
}

// Words is String with numbers as digits prints them.
func (s Scaling) Words(digits func(float64) string) string {
	return digits(s.Used) + " of " + digits(s.Asked) + " " + s.Of + ": " + s.Why
}

// PlanSweep is a list of numbers of clients.
type PlanSweep struct {
	// Clients are in ascending order.
	Clients []int `json:"clients"`
	// Auto is true when the sweep ends where throughput stops growing.
	Auto bool `json:"auto,omitempty"`
}

// PlanRate is one open-loop step of a ladder.
type PlanRate struct {
	// Kind is "fraction" (of the process's own peak), "absolute" or "common".
	Kind RateKind `json:"kind"`
	// Fraction is of the peak, above 0; for kind "fraction".
	Fraction float64 `json:"fraction,omitempty"`
	// RateRPS is for kind "absolute".
	RateRPS float64 `json:"rate_rps,omitempty"`
}

// RateKind is the unit of an open-loop rate.
type RateKind string

// The kinds of rates.
const (
	RateFraction RateKind = "fraction"
	RateAbsolute RateKind = "absolute"
	RateCommon   RateKind = "common"
)

// The names of phases; PlanRate.PhaseName names those of open loops.
const (
	PhaseWarmup = "warm-up"
	PhaseClosed = "closed"
)

// PhaseName returns the stable name of the open-loop phase at this rate: "open
// 50%" (of the peak), "open 20000/s" or "open common".
func (r PlanRate) PhaseName() string {
	switch r.Kind {
	case RateFraction:
		return "open " + percent(r.Fraction)
	case RateAbsolute:
		return "open " + strconv.FormatFloat(r.RateRPS, 'f', -1, 64) + "/s"
	}
	return "open " + string(r.Kind)
}

// percent returns a share such as "33.3%". Ten digits hide the error of binary
// fractions.
func percent(share float64) string { return strconv.FormatFloat(share*100, 'g', 10, 64) + "%" }

// Arrivals returns the arrival law of the table's open loop in words: "constant",
// "poisson", "ramp to 20000/s", "ramp to 90%" or "bursts of 50"; empty for none.
func (t *PlanTable) Arrivals() string {
	if t.RampToFraction > 0 {
		return t.Schedule + " to " + percent(t.RampToFraction)
	}
	return arrivals(t.Schedule, t.RampToRPS, t.BurstSize)
}

// Arrivals returns the arrival law of the phase, as PlanTable.Arrivals does, with the
// curve of a profile.
func (p *Phase) Arrivals() string {
	if p.Profile != "" {
		return p.Schedule + " " + p.Profile
	}
	return arrivals(p.Schedule, p.RampToRPS, p.BurstSize)
}

func arrivals(schedule string, rampToRPS float64, burstSize int) string {
	switch schedule {
	case "ramp":
		return "ramp to " + strconv.FormatFloat(rampToRPS, 'f', -1, 64) + "/s"
	case "burst":
		return "bursts of " + strconv.Itoa(burstSize)
	}
	return schedule
}
