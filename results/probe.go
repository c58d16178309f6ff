package results

// Probe is an experiment on a closed-loop cell whose shares alone do not show its
// limit (METHOD.md §3). Each cell has one, on the server of the first valid trial
// that needs it, after the ladder and outside all medians. A probe without a
// reading is repeated once in a later trial.
type Probe struct {
	Kind ProbeKind `json:"kind"`
	// Off are the windows without the change and On those with it, in order. For
	// ProbeElasticity the two alternate; for ProbeClients Off is the trial's own
	// closed loop.
	Off []ProbeWindow `json:"off,omitempty"`
	On  []ProbeWindow `json:"on,omitempty"`
	// DelayNS is the CPU time that ProbeElasticity added to each response.
	DelayNS int64 `json:"delay_ns,omitempty"`
	// Clients is the number of connections in On, for ProbeClients.
	Clients int `json:"clients,omitempty"`
	// Reading is, for ProbeElasticity, −(ΔX/X) ÷ (ΔD_L/D_L), near 1 where the
	// loader limits and near 0 where it does not; for ProbeClients the growth of
	// the throughput, as a share of it. Absent where the experiment failed.
	Reading *float64 `json:"reading,omitempty"`
	// Low and High are the extreme readings of pairs of windows; absent for one.
	Low  *float64 `json:"low,omitempty"`
	High *float64 `json:"high,omitempty"`
	// Failed says why Reading is absent.
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
	// LoaderCPUNS is D_L, the loader's work per completed request.
	LoaderCPUNS float64 `json:"loader_cpu_per_request_ns"`
	// ServerShare and LoaderShare are U_S and U_L in the window, 0 to 1.
	ServerShare *float64 `json:"server_share,omitempty"`
	LoaderShare *float64 `json:"loader_share,omitempty"`
}

// ThroughputRPS returns the completions per second, 0 for an empty window.
func (w ProbeWindow) ThroughputRPS() float64 { return perSecond(w.Completed, w.WindowNS) }
