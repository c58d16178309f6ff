package results

import (
	"slices"
	"time"
)

// Trial is one ladder on one fresh server process.
type Trial struct {
	// Index counts the journal's trials from 0.
	Index int `json:"index"`
	// Block counts from 1; 0 is scouting and profiling.
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
	// ReadyNS is the time from the server's start to its first right answer.
	ReadyNS int64 `json:"ready_ns,omitempty"`
	// Resident memory of the server's tree, before and after the load.
	IdleMemoryBytes  *uint64 `json:"idle_memory_bytes,omitempty"`
	AfterMemoryBytes *uint64 `json:"after_memory_bytes,omitempty"`
	// Loaders holds the one report of the load, merged over all loaders.
	Loaders []Report `json:"loaders,omitempty"`
	// Parts holds the report of each of several loaders; absent for one.
	Parts []Report `json:"parts,omitempty"`
	// Phases are the harness's measurements of the measured phases, in order.
	Phases []TrialPhase `json:"phases,omitempty"`
	// Kernel covers the time from the first connection to the ladder's end.
	Kernel *Kernel `json:"kernel,omitempty"`
	// Sweep is closed-loop throughput over clients before the ladder, in order.
	Sweep []SweepPoint `json:"sweep,omitempty"`
	// Search is the search for the highest rate that keeps the objective.
	Search *Search `json:"search,omitempty"`
	// Profile is that of a trial of kind TrialProfile.
	Profile *Profile `json:"profile,omitempty"`
	// MeasuredNS is the time spent in warm-up and windows.
	MeasuredNS int64 `json:"measured_ns"`
	// Spins are in order: before the load, in its pauses, and behind it.
	Spins []Spin `json:"spins,omitempty"`
}

// Spin is the time of a fixed piece of arithmetic on each side's processors
// while no window is open. A longer time than the run's first one shows that the
// machine has become slower.
type Spin struct {
	// Before is the phase that comes next; empty behind the last one.
	Before string `json:"before,omitempty"`
	// ServerNS and LoaderNS are the best of a few tries on the side's slowest
	// processor; 0 where the side has no processors of its own.
	ServerNS int64 `json:"server_ns,omitempty"`
	LoaderNS int64 `json:"loader_ns,omitempty"`
}

// TrialKind is measured, or a kind that is outside all medians.
type TrialKind string

// The kinds of trials.
const (
	TrialMeasured TrialKind = "measured"
	TrialScout    TrialKind = "scout"
	// TrialConfirm repeats the rate of a search on a fresh process.
	TrialConfirm TrialKind = "confirm"
	// TrialProfile has its server profiled.
	TrialProfile TrialKind = "profile"
)

// TrialState says whether a trial counts.
type TrialState string

// The states of a trial.
const (
	TrialOK          TrialState = "ok"
	TrialVoid        TrialState = "void"
	TrialInterrupted TrialState = "interrupted"
	// TrialRepeated was disturbed and measured again: it counts for nothing.
	TrialRepeated TrialState = "repeated"
)

// TrialPhase is the harness's measurement of one phase of the ladder.
type TrialPhase struct {
	// Name is that of the loaders' reports, such as "closed" or "open 90%".
	Name string `json:"name"`
	// Server and Loader are absent where they could not be sampled.
	Server *Usage `json:"server,omitempty"`
	Loader *Usage `json:"loader,omitempty"`
	// The busy shares are of each side's CPUs, kernel work included.
	ServerCPUBusy *float64 `json:"server_cpu_busy,omitempty"`
	LoaderCPUBusy *float64 `json:"loader_cpu_busy,omitempty"`
	// ServerCPUs is the number of the server's own processors, 0 for none.
	ServerCPUs int `json:"server_cpus,omitempty"`
	// ServerInterrupts is the share of the server's CPUs that the kernel spent in
	// interrupts, 0 to 1, in ticks of 10 ms. No process is charged for them.
	ServerInterrupts *float64 `json:"server_interrupts,omitempty"`
	// OrchestratorCPUNS is joust's own CPU time, on the loader's CPUs.
	OrchestratorCPUNS *int64 `json:"orchestrator_cpu_ns,omitempty"`
	// StealShare is the share of all used CPUs that the hypervisor took.
	StealShare *float64 `json:"steal_share,omitempty"`
	// EnergyJoules is what the machine's processor packages used in the window, for
	// both sides together; absent where the machine has no counters that joust may
	// read.
	EnergyJoules *float64 `json:"energy_joules,omitempty"`
	Kernel       *Kernel  `json:"kernel,omitempty"`
	Verdict      Verdict  `json:"verdict"`
	// Probes are this trial's experiments on this phase, by which the later trials
	// of the cell are judged too.
	Probes []Probe `json:"probes,omitempty"`
}

// Usage is the resource use of one process tree between two instants.
type Usage struct {
	// The asked instants are the announced window, the others those of reading.
	AskedT0NS int64 `json:"asked_t0_ns"`
	AskedT1NS int64 `json:"asked_t1_ns"`
	ReadT0NS  int64 `json:"read_t0_ns"`
	ReadT1NS  int64 `json:"read_t1_ns"`
	// CPUNS is user and system time of the whole tree, reaped children included.
	CPUNS int64 `json:"cpu_ns"`
	// UserNS and SystemNS are approximate: ticks, or the kernel's estimates.
	UserNS   *int64 `json:"user_ns,omitempty"`
	SystemNS *int64 `json:"system_ns,omitempty"`
	// CPUSource names the counter: "cgroup" or "process clocks".
	CPUSource string `json:"cpu_source"`
	// BusiestThread is the largest share of the window that one thread ran.
	BusiestThread *float64 `json:"busiest_thread,omitempty"`
	// PeakMemoryBytes is the sum of VmHWM over the tree since the trial's load
	// began: an upper bound for several processes.
	PeakMemoryBytes *uint64 `json:"peak_memory_bytes,omitempty"`
	// RuntimeMemoryBytes is what the language's runtime says that it holds, at the end
	// of the window; absent without a probe in the server's manifest.
	RuntimeMemoryBytes *uint64 `json:"runtime_memory_bytes,omitempty"`
	Processes          int     `json:"processes"`
	Threads            int     `json:"threads"`
	// GroupPeakBytes is the peak of a container's control group, page cache and
	// kernel memory included: since the trial's load began where joust may reset
	// it (control groups of version 1), else since the container's start.
	GroupPeakBytes *uint64 `json:"group_peak_bytes,omitempty"`
	// ThrottledNS is the time for which a quota held the tree back, added over
	// its processors, in ThrottledPeriods of the window's QuotaPeriods. QuotaCPUs
	// is the quota in processors; absent for none.
	ThrottledNS      *int64   `json:"throttled_ns,omitempty"`
	ThrottledPeriods *int64   `json:"throttled_periods,omitempty"`
	QuotaPeriods     *int64   `json:"quota_periods,omitempty"`
	QuotaCPUs        *float64 `json:"quota_cpus,omitempty"`
	// CPUPressureNS is the time in which some thread of the tree was ready and
	// had no processor; absent without a cgroup of its own.
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
	// AnonymousBytes, FileBytes and SocketBytes are charges of the tree's control
	// group: the processes' own memory, cached files, and buffers of sockets.
	// Without a memory controller the first two are the parts of MemoryBytes, and the
	// third is absent.
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
	// DelayedACKs counts acknowledgements that waited for the kernel's timer.
	DelayedACKs *uint64 `json:"delayed_acks,omitempty"`
	// The pressures are the time in which some thread on this machine waited for
	// a processor, for memory or for a disk.
	CPUPressureNS    *int64 `json:"cpu_pressure_ns,omitempty"`
	MemoryPressureNS *int64 `json:"memory_pressure_ns,omitempty"`
	IOPressureNS     *int64 `json:"io_pressure_ns,omitempty"`
}

// Verdict says what limited a phase and whether its number may be believed.
type Verdict struct {
	// Bottleneck is empty for an open loop that kept its rate.
	Bottleneck Bottleneck `json:"bottleneck,omitempty"`
	Flags      []Flag     `json:"flags,omitempty"`
	Valid      bool       `json:"valid"`
	// NotRun is true for a skipped phase, which is neither valid nor void.
	NotRun bool `json:"not_run,omitempty"`
	// Reasons have the numbers and thresholds, in plain words.
	Reasons []Reason `json:"reasons,omitempty"`
	// UpperRPS is the estimated bound above the throughput, if there is one.
	UpperRPS *float64 `json:"upper_rps,omitempty"`
	// ServerShare and LoaderShare are U_S and U_L of METHOD.md §3, 0 to 1.
	ServerShare *float64 `json:"server_share,omitempty"`
	LoaderShare *float64 `json:"loader_share,omitempty"`
}

// Bottleneck is the limit of a phase.
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
	// FlagExceeded marks a closed loop below an open loop of the same process.
	FlagExceeded Flag = "exceeded"
	// FlagBookkeeping marks a closed loop that misses Little's law.
	FlagBookkeeping Flag = "bookkeeping"
)

// Reason is one sentence of evidence.
type Reason struct {
	// Code is stable and short, such as "shares" or "errors".
	Code string `json:"code"`
	// Voids is true when this reason voids the phase.
	Voids bool   `json:"voids,omitempty"`
	Text  string `json:"text"`
}

// CodeBeyondLoader is the reason's code of a rate that the loader cannot pace.
const CodeBeyondLoader = "beyond-loader"

// Why returns the text of the first reason that voids, or else of the first.
func (v Verdict) Why() string {
	if len(v.Reasons) == 0 {
		return "no reason was stored"
	}
	return v.Reasons[max(0, slices.IndexFunc(v.Reasons, func(r Reason) bool { return r.Voids }))].Text
}

// Has reports whether the verdict carries the flag.
func (v Verdict) Has(f Flag) bool { return slices.Contains(v.Flags, f) }

// Profile is a captured profile of a server under load.
type Profile struct {
	// Kind is "cpu", "heap", "allocs", "mutex", "trace" or "perf".
	Kind string `json:"kind"`
	// File is the path of the profile, relative to the run's folder. Show is what
	// displays FILE: a command, or a program in words.
	File string `json:"file,omitempty"`
	Show string `json:"show,omitempty"`
	// Samples is the number of samples of CPU time; 0 where it is not known, and for
	// other quantities.
	Samples int64 `json:"samples,omitempty"`
	// Of names the quantity that Top shares out, such as "CPU time".
	Of string `json:"of,omitempty"`
	// Top are the functions that use the most themselves, the largest share first.
	Top []ProfileEntry `json:"top,omitempty"`
}

// ProfileEntry is the share of a function, 0 to 1, in a profile.
type ProfileEntry struct {
	Function string  `json:"function"`
	Share    float64 `json:"share"`
}
