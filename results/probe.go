package results

// Probe is an experiment on a closed-loop cell whose shares alone do not tell
// what limited it (METHOD.md §3). It is made once a cell, on the still running
// server of the first valid trial that needs it, after the ladder and outside
// all medians; one that gives no reading is tried once more in a later trial.
type Probe struct {
	Kind ProbeKind `json:"kind"`
	// Off are the windows without the change and On those with it, in the
	// order in which they ran. For ProbeElasticity the two alternate; for
	// ProbeClients Off is the trial's own closed loop.
	Off []ProbeWindow `json:"off,omitempty"`
	On  []ProbeWindow `json:"on,omitempty"`
	// DelayNS is the CPU time that the loader added to each response; for
	// ProbeElasticity.
	DelayNS int64 `json:"delay_ns,omitempty"`
	// Clients is the number of connections with which On was measured; for
	// ProbeClients.
	Clients int `json:"clients,omitempty"`
	// Reading is what the experiment says: for ProbeElasticity
	// −(ΔX/X) ÷ (ΔD_L/D_L), near 1 where the loader limits and near 0 where it
	// does not; for ProbeClients the growth of the throughput, as a share of
	// it. Absent where the experiment failed.
	Reading *float64 `json:"reading,omitempty"`
	// Low and High are the extreme readings of single pairs of windows, where
	// there are several.
	Low  *float64 `json:"low,omitempty"`
	High *float64 `json:"high,omitempty"`
	// Failed says why there is no reading.
	Failed string `json:"failed,omitempty"`
}

// ProbeKind names an experiment.
type ProbeKind string

// The experiments of METHOD.md §3.
const (
	// ProbeElasticity adds a known CPU time to the loader's work per response.
	ProbeElasticity ProbeKind = "elasticity"
	// ProbeClients doubles the connections.
	ProbeClients ProbeKind = "clients"
)

// ProbeWindow is one window of an experiment.
type ProbeWindow struct {
	// Completed counts right answers inside the window of WindowNS.
	Completed uint64 `json:"completed"`
	WindowNS  int64  `json:"window_ns"`
	// LoaderCPUNS is D_L, the loader's CPU time per completed request, empty
	// polls left out.
	LoaderCPUNS float64 `json:"loader_cpu_per_request_ns"`
	// ServerShare and LoaderShare are U_S and U_L in the window, 0 to 1.
	ServerShare *float64 `json:"server_share,omitempty"`
	LoaderShare *float64 `json:"loader_share,omitempty"`
}

// ThroughputRPS is completions per second, 0 for an empty window.
func (w ProbeWindow) ThroughputRPS() float64 {
	if w.WindowNS <= 0 {
		return 0
	}
	return float64(w.Completed) * 1e9 / float64(w.WindowNS)
}
