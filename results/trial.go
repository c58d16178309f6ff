package results

import "time"

// Trial is one ladder on one fresh server process.
type Trial struct {
	// Index counts the journal's trials from 0.
	Index int `json:"index"`
	// Block counts from 1; 0 is scouting.
	Block    int       `json:"block"`
	Kind     TrialKind `json:"kind"`
	Server   string    `json:"server"`
	Scenario string    `json:"scenario"`
	Protocol string    `json:"protocol"`
	// Repetition counts this server × scenario × protocol from 1.
	Repetition int        `json:"repetition"`
	Started    time.Time  `json:"started"`
	DurationNS int64      `json:"duration_ns"`
	State      TrialState `json:"state"`
	// Reason says why a trial is void or interrupted.
	Reason string `json:"reason,omitempty"`
	// ServerLog is the end of the server's log where the trial failed.
	ServerLog string `json:"server_log,omitempty"`
	// ReadyNS is the time from the start of the server to its first correct
	// answer.
	ReadyNS int64 `json:"ready_ns,omitempty"`
	// IdleMemoryBytes is the resident memory of the server's tree before
	// load; AfterMemoryBytes after it.
	IdleMemoryBytes  *uint64 `json:"idle_memory_bytes,omitempty"`
	AfterMemoryBytes *uint64 `json:"after_memory_bytes,omitempty"`
	// Loaders holds the report of the load: of all loaders together where several
	// made it.
	Loaders []Report `json:"loaders,omitempty"`
	// Parts holds the report of each of several loaders; absent for one.
	Parts []Report `json:"parts,omitempty"`
	// Phases are the measured phases in the order in which they ran, each with
	// what the harness saw of both sides.
	Phases []TrialPhase `json:"phases,omitempty"`
	// Kernel holds the kernel's witnesses from before the first connection to
	// the end of the ladder.
	Kernel *Kernel `json:"kernel,omitempty"`
	// Sweep is closed-loop throughput over clients, in the order in which it was
	// measured, before the ladder.
	Sweep []SweepPoint `json:"sweep,omitempty"`
	// Search is the search for the highest rate that keeps the table's
	// objective.
	Search *Search `json:"search,omitempty"`
	// MeasuredNS is the time spent in warm-up and windows.
	MeasuredNS int64 `json:"measured_ns"`
	// Spins are in the order in which they were timed: before the load, between
	// its phases where it pauses, and behind it.
	Spins []Spin `json:"spins,omitempty"`
}

// Spin is the time of a fixed piece of arithmetic on each side's processors
// while no window is open. Beside the run's first one it shows whether the
// machine has become slower.
type Spin struct {
	// Before is the phase that comes next; empty behind the last one.
	Before string `json:"before,omitempty"`
	// ServerNS and LoaderNS are of the side's slowest processor, the best of a
	// few tries; 0 where the side has no processors of its own to name.
	ServerNS int64 `json:"server_ns,omitempty"`
	LoaderNS int64 `json:"loader_ns,omitempty"`
}

// TrialKind tells measured trials from those outside all medians.
type TrialKind string

// The kinds of trials.
const (
	TrialMeasured TrialKind = "measured"
	TrialScout    TrialKind = "scout"
	// TrialConfirm holds a rate that a search found against a fresh process, in
	// longer windows.
	TrialConfirm TrialKind = "confirm"
)

// TrialState says whether a trial counts.
type TrialState string

// The states of a trial.
const (
	TrialOK          TrialState = "ok"
	TrialVoid        TrialState = "void"
	TrialInterrupted TrialState = "interrupted"
	// TrialRepeated was so disturbed that it was done again: it is kept, and
	// counts for nothing.
	TrialRepeated TrialState = "repeated"
)

// TrialPhase is one phase of the ladder as the harness saw it.
type TrialPhase struct {
	// Name is the phase's name in the loaders' reports, such as "closed" or
	// "open 90%".
	Name string `json:"name"`
	// Server and Loader are absent where they could not be sampled.
	Server *Usage `json:"server,omitempty"`
	Loader *Usage `json:"loader,omitempty"`
	// ServerCPUBusy is the busy share of the server's CPUs, 0 to 1
	// (1 − idle), kernel work included; LoaderCPUBusy that of the loader's.
	ServerCPUBusy *float64 `json:"server_cpu_busy,omitempty"`
	LoaderCPUBusy *float64 `json:"loader_cpu_busy,omitempty"`
	// ServerCPUs is how many processors the server has, 0 where it has none of
	// its own.
	ServerCPUs int `json:"server_cpus,omitempty"`
	// ServerInterrupts is the share of the server's CPUs that the kernel spent
	// in interrupts, 0 to 1, in ticks of 10 ms: work that is nobody's in the
	// accounts of processes.
	ServerInterrupts *float64 `json:"server_interrupts,omitempty"`
	// OrchestratorCPUNS is what joust's own process used in the window, beside
	// both sides: it runs on the loader's CPUs.
	OrchestratorCPUNS *int64 `json:"orchestrator_cpu_ns,omitempty"`
	// StealShare is the share of the window that the hypervisor took from all
	// CPUs used, 0 to 1.
	StealShare *float64 `json:"steal_share,omitempty"`
	Kernel     *Kernel  `json:"kernel,omitempty"`
	Verdict    Verdict  `json:"verdict"`
	// Probes are the experiments that were made on this phase in this trial.
	// The later trials of the cell are judged by them too.
	Probes []Probe `json:"probes,omitempty"`
}

// Usage is what one process tree used between two instants.
type Usage struct {
	// AskedT0 and AskedT1 are the announced window; ReadT0 and ReadT1 the
	// instants at which the counters were read.
	AskedT0NS int64 `json:"asked_t0_ns"`
	AskedT1NS int64 `json:"asked_t1_ns"`
	ReadT0NS  int64 `json:"read_t0_ns"`
	ReadT1NS  int64 `json:"read_t1_ns"`
	// CPUNS is user and system time together, of the whole tree, reaped
	// children included.
	CPUNS int64 `json:"cpu_ns"`
	// UserNS and SystemNS come in ticks or are estimated by the kernel:
	// approximate.
	UserNS   *int64 `json:"user_ns,omitempty"`
	SystemNS *int64 `json:"system_ns,omitempty"`
	// CPUSource names the counter: "cgroup" or "process clocks".
	CPUSource string `json:"cpu_source"`
	// BusiestThread is the largest share of the window that one thread ran,
	// 0 to 1.
	BusiestThread *float64 `json:"busiest_thread,omitempty"`
	// PeakMemoryBytes is the kernel's own peak since the trial's load began:
	// a sum of VmHWM over the tree, an upper bound where there are several
	// processes.
	PeakMemoryBytes *uint64 `json:"peak_memory_bytes,omitempty"`
	Processes       int     `json:"processes"`
	Threads         int     `json:"threads"`
	// GroupPeakBytes is the kernel's own peak of the tree's control group,
	// page cache and kernel memory included, for containers: since the trial's
	// load began with control groups of version 1 that joust may reset, else
	// since the container's start.
	GroupPeakBytes *uint64 `json:"group_peak_bytes,omitempty"`
	// ThrottledNS is time in which a quota held the tree back; several
	// processors that wait at once count each. It did so in ThrottledPeriods of
	// the QuotaPeriods of the window. QuotaCPUs is the quota itself, in
	// processors: absent where there is none.
	ThrottledNS      *int64   `json:"throttled_ns,omitempty"`
	ThrottledPeriods *int64   `json:"throttled_periods,omitempty"`
	QuotaPeriods     *int64   `json:"quota_periods,omitempty"`
	QuotaCPUs        *float64 `json:"quota_cpus,omitempty"`
	// CPUPressureNS is the time in which some thread of the tree was ready and
	// had no processor; absent where the tree has no cgroup of its own.
	CPUPressureNS *int64        `json:"cpu_pressure_ns,omitempty"`
	Timeline      []UsageSample `json:"timeline,omitempty"`
	Warnings      []string      `json:"warnings,omitempty"`
}

// UsageSample is one point of a timeline.
type UsageSample struct {
	AtNS int64 `json:"at_ns"`
	// CPUNS is cumulative since the window opened.
	CPUNS       int64  `json:"cpu_ns"`
	MemoryBytes uint64 `json:"memory_bytes"`
	// AnonymousBytes, FileBytes and SocketBytes are what the tree's control
	// group is charged for: the processes' own memory, cached files, and
	// buffers of sockets. Absent where no controller counts them.
	AnonymousBytes *uint64 `json:"anonymous_bytes,omitempty"`
	FileBytes      *uint64 `json:"file_bytes,omitempty"`
	SocketBytes    *uint64 `json:"socket_bytes,omitempty"`
}

// Kernel holds the kernel's own witnesses over some time, as differences of
// counters of the network namespace and of the machine.
type Kernel struct {
	RetransmittedSegments *uint64 `json:"retransmitted_segments,omitempty"`
	ListenOverflows       *uint64 `json:"listen_overflows,omitempty"`
	ListenDrops           *uint64 `json:"listen_drops,omitempty"`
	ResetsSent            *uint64 `json:"resets_sent,omitempty"`
	EstabResets           *uint64 `json:"estab_resets,omitempty"`
	// DelayedACKs counts acknowledgements that the kernel held back until its
	// timer went off.
	DelayedACKs *uint64 `json:"delayed_acks,omitempty"`
	// The pressures are the time in which something on this machine waited for
	// a processor, for memory or for a disk.
	CPUPressureNS    *int64 `json:"cpu_pressure_ns,omitempty"`
	MemoryPressureNS *int64 `json:"memory_pressure_ns,omitempty"`
	IOPressureNS     *int64 `json:"io_pressure_ns,omitempty"`
}

// Verdict says what limited a phase and whether its number may be believed.
type Verdict struct {
	// Bottleneck is what limited the phase; empty where nothing did (an
	// open-loop phase that kept its rate).
	Bottleneck Bottleneck `json:"bottleneck,omitempty"`
	Flags      []Flag     `json:"flags,omitempty"`
	Valid      bool       `json:"valid"`
	// NotRun is true for a phase that was skipped and is therefore neither
	// valid nor void; the reason says why.
	NotRun bool `json:"not_run,omitempty"`
	// Reasons carry the numbers and thresholds, in plain words.
	Reasons []Reason `json:"reasons,omitempty"`
	// UpperRPS is the estimated bound above the throughput, in req/s, where
	// the verdict allows one.
	UpperRPS *float64 `json:"upper_rps,omitempty"`
	// ServerShare and LoaderShare are U_S and U_L of METHOD.md §3, 0 to 1.
	ServerShare *float64 `json:"server_share,omitempty"`
	LoaderShare *float64 `json:"loader_share,omitempty"`
}

// Bottleneck names what limited a phase.
type Bottleneck string

// The bottlenecks of METHOD.md §3.
const (
	LimitServer      Bottleneck = "server"
	LimitBalanced    Bottleneck = "balanced"
	LimitLoader      Bottleneck = "loader"
	LimitConnections Bottleneck = "connections"
	LimitSharedCPU   Bottleneck = "shared-cpu"
	LimitUnknown     Bottleneck = "unknown"
)

// Flag marks a circumstance of a phase.
type Flag string

// The flags of METHOD.md §3.
const (
	FlagSaturated   Flag = "saturated"
	FlagThrottled   Flag = "throttled"
	FlagNagle       Flag = "nagle"
	FlagBacklog     Flag = "backlog"
	FlagNotSteady   Flag = "not-steady"
	FlagDisturbed   Flag = "disturbed"
	FlagInterrupted Flag = "interrupted"
	// FlagExceeded marks a closed loop whose throughput an open loop of the same
	// server process exceeded.
	FlagExceeded Flag = "exceeded"
	// FlagBookkeeping marks a closed loop that misses Little's law.
	FlagBookkeeping Flag = "bookkeeping"
)

// Reason is one sentence of evidence.
type Reason struct {
	// Code is stable and short, such as "server-cpu" or "wrong-answers".
	Code string `json:"code"`
	// Voids is true when this reason makes the cell void.
	Voids bool   `json:"voids,omitempty"`
	Text  string `json:"text"`
}

// CodeBeyondLoader is the code of the reason why a phase was not run: the
// loader could not have paced its rate.
const CodeBeyondLoader = "beyond-loader"

// Why is the first reason that voids, or else the first of any kind.
func (v Verdict) Why() string {
	for _, r := range v.Reasons {
		if r.Voids {
			return r.Text
		}
	}
	if len(v.Reasons) > 0 {
		return v.Reasons[0].Text
	}
	return "no reason was stored"
}

// Has tells whether the verdict carries the flag.
func (v Verdict) Has(f Flag) bool {
	for _, g := range v.Flags {
		if g == f {
			return true
		}
	}
	return false
}
