package results

// Report is what one loader process saw of one trial.
type Report struct {
	// Loader names the tool and engine, such as "joust evloop".
	Loader  string `json:"loader"`
	Version string `json:"version"`
	// Target is the address that was loaded.
	Target   string `json:"target"`
	Protocol string `json:"protocol"`
	Seed     uint64 `json:"seed"`
	Threads  int    `json:"threads"`
	// ThreadsUsed is how many of the Threads made the load of the measured
	// phases, where the warm-up showed that these carry it; 0 where all did.
	ThreadsUsed int `json:"threads_used,omitempty"`
	Depth       int `json:"depth"`
	// Users is how many users shared the connections of the closed loops, and Think
	// the law of their think time; absent where each place in a connection's
	// pipeline was a user that did not think.
	Users int    `json:"users,omitempty"`
	Think string `json:"think,omitempty"`
	// IdleStrategy is how the loader waited: "spin", "hybrid" or "wait".
	IdleStrategy string `json:"idle_strategy,omitempty"`
	// SendBufferBytes is the send buffer that connections asked the kernel for;
	// 0 where the kernel chose.
	SendBufferBytes int `json:"send_buffer_bytes,omitempty"`
	// ReconnectEvery is after how many requests a lone load closed each connection
	// on purpose and made it anew; 0 for never.
	ReconnectEvery int `json:"reconnect_every,omitempty"`
	// ConnectionsOpen is how many of ConnectionsAsked could be opened before the
	// first phase; the server may have closed them again.
	ConnectionsAsked int `json:"connections_asked"`
	ConnectionsOpen  int `json:"connections_open"`
	// Connect is the time from connect to established, of every connection
	// made, in all phases.
	Connect *Histogram `json:"connect,omitempty"`
	// TLSHandshake is absent for plain text.
	TLSHandshake *Histogram `json:"tls_handshake,omitempty"`
	Phases       []Phase    `json:"phases"`
	// Interrupted is true when the loader was told to stop early.
	Interrupted bool `json:"interrupted,omitempty"`
	// GCPauses and Collections are the loader's own collector.
	Collections  uint32   `json:"collections"`
	GCPauseNS    int64    `json:"gc_pause_ns"`
	MaxRSSBytes  uint64   `json:"max_rss_bytes,omitempty"`
	Warnings     []string `json:"warnings,omitempty"`
	ServerHeader string   `json:"server_header,omitempty"`
	// Foreign is set for a loader that is not joust's own.
	Foreign *Foreign `json:"foreign,omitempty"`
	// Unknown names, by their JSON names, the fields that this loader cannot
	// know: they are null in JSON, and their zero here says nothing.
	Unknown []string `json:"unknown,omitempty"`
}

// Phase is one phase of a ladder as the loader saw it.
type Phase struct {
	Name string `json:"name"`
	Loop Loop   `json:"loop"`
	// Schedule, RampToRPS and BurstSize are as in PlanTable; a ramp begins with
	// the target of Rate.
	Schedule  string      `json:"schedule,omitempty"`
	RampToRPS float64     `json:"ramp_to_rps,omitempty"`
	BurstSize int         `json:"burst_size,omitempty"`
	Measured  bool        `json:"measured"`
	Skipped   string      `json:"skipped,omitempty"`
	T0NS      int64       `json:"t0_ns"`
	T1NS      int64       `json:"t1_ns"`
	Rate      *RateReport `json:"rate,omitempty"`

	// Total is the merge of Groups.
	Total Group `json:"total"`
	// Groups are by request name; absent where there is only one.
	Groups map[string]Group `json:"groups,omitempty"`

	// Asked counts the requests begun in this phase, lead-in and drain included.
	// Each was answered rightly, failed or stayed unanswered: Asked = Right() +
	// Failures() + Unanswered.
	Asked uint64 `json:"requests_asked"`
	// Unanswered counts requests that were still in flight when the wait for
	// their answers ended; their connections were replaced. A request that ran
	// into its timeout is a failure instead.
	Unanswered uint64 `json:"requests_unanswered"`
	// UnansweredFromNS is the shortest time that one of the unanswered requests
	// of a closed loop had waited: service times from there on are lower bounds,
	// since the unanswered stand in Service with the time that they had waited.
	// Zero where there were none.
	UnansweredFromNS int64 `json:"unanswered_from_ns,omitempty"`
	// SurplusAnswers counts what arrived on a connection though no request was
	// in flight there, in the whole phase, the wait at its end included.
	SurplusAnswers uint64 `json:"surplus_answers"`
	// FirstSurplus describes the first of them.
	FirstSurplus string `json:"first_surplus,omitempty"`

	// CompletedFirstHalf counts completions in [t0, middle), to tell a steady
	// window from a drifting one.
	CompletedFirstHalf uint64 `json:"completed_first_half"`
	// CompletedBefore and CompletedAfter count completions of this phase's
	// requests outside its window: lead-in and drain. With Total.Completed
	// they are all that the server answered in this phase.
	CompletedBefore uint64 `json:"completed_before"`
	CompletedAfter  uint64 `json:"completed_after"`
	// FailedOutside counts failures before t0 or after t1; TimeoutsOutside are
	// the timeouts among them.
	FailedOutside   uint64 `json:"failed_outside"`
	TimeoutsOutside uint64 `json:"timeouts_outside,omitempty"`

	// ConnectionErrors counts, by cause, connections that could not be made, in
	// the whole phase. They are in no count of requests.
	ConnectionErrors map[Cause]uint64 `json:"connection_errors,omitempty"`
	// FirstConnectionError describes the first of them.
	FirstConnectionError string `json:"first_connection_error,omitempty"`
	// BackoffNS adds up, over the connections, the time inside the window for
	// which the loader waited before it tried to connect again. It waits only
	// after a connection that gave no answer.
	BackoffNS int64 `json:"backoff_ns"`

	// SentBytes and ReceivedBytes moved inside the window, completed or not,
	// heads and bodies.
	SentBytes     uint64 `json:"sent_bytes"`
	ReceivedBytes uint64 `json:"received_bytes"`
	// SentBodyBytes and ReceivedBodyBytes count bodies only.
	SentBodyBytes     uint64 `json:"sent_body_bytes"`
	ReceivedBodyBytes uint64 `json:"received_body_bytes"`

	// Send lag: actual minus intended send time, where a connection was idle
	// at the intended time (our fault) and where none was (the server's, or
	// too few connections). Absent in a closed loop without users.
	SendLagIdle    *Histogram `json:"send_lag_idle,omitempty"`
	SendLagBlocked *Histogram `json:"send_lag_blocked,omitempty"`

	// ReceiveLag is from the kernel's stamp of an answer's arrival to our read,
	// on a sample of connections. LoopGaps are the times between two turns of
	// an event loop while it had work. StallNS adds up, over the threads, the
	// parts of the window in which an event loop stood still for 1 ms or more
	// while it should have run: stopped, paused or kept off its processor. What
	// a turn evidently worked is taken off.
	ReceiveLag *Histogram `json:"receive_lag,omitempty"`
	LoopGaps   *Histogram `json:"loop_gaps,omitempty"`
	StallNS    *int64     `json:"stall_ns,omitempty"`
	// QueuesRead is at how many connections with a request in flight the
	// receive queue was looked at when the window ended; QueuesEmpty is how many
	// of those queues were empty: nothing of the answer waited for us to read
	// it. Open loop only, and absent where the engine cannot tell.
	QueuesRead  *int `json:"queues_read,omitempty"`
	QueuesEmpty *int `json:"queues_empty,omitempty"`
	// Shed counts requests given up unsent after their deadline.
	Shed uint64 `json:"shed,omitempty"`
	// Slowest are the slowest requests of the window, slowest first: at most 32
	// in the loader's report, and fewer in the journal.
	Slowest []SlowRequest `json:"slowest,omitempty"`

	// AnnouncedCloses counts connections that the server closed behind an
	// answer with "Connection: close"; UnannouncedCloses those that it closed
	// without a word while no request was in flight on them. Neither is an
	// error.
	AnnouncedCloses   uint64 `json:"announced_closes"`
	UnannouncedCloses uint64 `json:"unannounced_closes"`
	Reconnects        uint64 `json:"reconnects"`
	// MinConnectionsOpen is the smallest number open at once as seen at the
	// loader's interval marks inside the window.
	MinConnectionsOpen int `json:"min_connections_open"`

	Threads  []ThreadUse `json:"threads"`
	Timeline []Interval  `json:"timeline,omitempty"`

	// Steadiness is how a warm-up ended that was to end when the server is
	// steady; absent where its length was fixed.
	Steadiness *Steadiness `json:"steadiness,omitempty"`
	// Unknown is as in Report.
	Unknown []string `json:"unknown,omitempty"`
}

// Steadiness is how an adaptive warm-up ended; its length is the phase's
// window.
type Steadiness struct {
	// Reached is true when the throughput was steady at the end, by its slope
	// and by the halves of the last second; false when
	// the cap ended the warm-up, or an early stop.
	Reached bool `json:"reached"`
	// SlopePerSecond is the last that was seen of the throughput: its change in
	// a second as a share of itself, by the last second; absent when nothing
	// moved or less than a second was seen.
	SlopePerSecond *float64 `json:"slope_per_second,omitempty"`
	// WithinPerSecond is the largest slope, up or down, that counts as steady.
	WithinPerSecond float64 `json:"within_per_second"`
	// LeastNS and CapNS are the bounds of its length.
	LeastNS int64 `json:"least_ns"`
	CapNS   int64 `json:"cap_ns"`
}

// SlowRequest is one request with its stamps, in CLOCK_MONOTONIC nanoseconds.
type SlowRequest struct {
	Request     string `json:"request"`
	Thread      int    `json:"thread"`
	Connection  int    `json:"connection"`
	IntendedNS  int64  `json:"intended_at_ns"`
	SentNS      int64  `json:"sent_at_ns"`
	FirstByteNS int64  `json:"first_byte_at_ns"`
	EndNS       int64  `json:"end_at_ns"`
}

// Loop tells closed-loop from open-loop phases.
type Loop string

// The kinds of loops.
const (
	ClosedLoop Loop = "closed"
	OpenLoop   Loop = "open"
)

// RateReport is the open-loop bookkeeping of a phase (METHOD.md §1).
type RateReport struct {
	// TargetRPS is the rate used.
	TargetRPS float64 `json:"target_rps"`
	// Offered counts requests intended in [t0, t1); Achieved those completed
	// in [t0, t1), whenever intended.
	Offered  uint64 `json:"offered"`
	Achieved uint64 `json:"achieved"`
	// NeverSent were intended in the window and not sent when the drain bound
	// ended; Censored were sent and not answered by then. Both stand in the
	// corrected histogram as ≥ (end − intended).
	NeverSent uint64 `json:"never_sent"`
	Censored  uint64 `json:"censored"`
	// BacklogT0 and BacklogT1 count requests due and unsent at the window's
	// ends.
	BacklogT0 uint64 `json:"backlog_t0"`
	BacklogT1 uint64 `json:"backlog_t1"`
	// CensoredFromNS is the smallest censored value: percentiles at or above
	// it are lower bounds. Zero when nothing was censored.
	CensoredFromNS int64 `json:"censored_from_ns,omitempty"`
	// Unknown is as in Report.
	Unknown []string `json:"unknown,omitempty"`
}

// Group is the outcome of the requests of one name.
type Group struct {
	// Completed counts right answers that completed inside the window.
	Completed uint64 `json:"completed"`
	// Failed counts failed requests of any cause; Errors splits them.
	Failed uint64            `json:"failed"`
	Errors map[Cause]uint64  `json:"errors,omitempty"`
	Status map[string]uint64 `json:"status,omitempty"`
	// FirstError describes the first failure in words.
	FirstError string `json:"first_error,omitempty"`

	// Service is from the actual send to the last byte. Closed loop:
	// requests completed in the window; open loop: intended in it.
	Service *Histogram `json:"service,omitempty"`
	// Corrected is from the intended send to the last byte. Open loop: requests
	// intended in the window; closed loop: present only with users, whose request
	// is intended at the end of their think time, completed in the window.
	Corrected *Histogram `json:"corrected,omitempty"`
	// FirstByte is from the actual send to the first byte of the answer.
	FirstByte *Histogram `json:"first_byte,omitempty"`
	// Write is from the first to the last byte of a request that took more
	// than one write.
	Write *Histogram `json:"write,omitempty"`
	// FailedTime holds failed requests, apart from all others.
	FailedTime *Histogram `json:"failed_time,omitempty"`
	// ServiceTable and CorrectedTable stand in for Service and Corrected where
	// a foreign loader printed percentiles instead of keeping samples.
	ServiceTable   *Percentiles `json:"service_table,omitempty"`
	CorrectedTable *Percentiles `json:"corrected_table,omitempty"`
}

// Cause is why a request failed.
type Cause string

// The causes of failure. Those of the harness side are Local*.
const (
	CauseConnectRefused Cause = "connect_refused"
	CauseConnectReset   Cause = "connect_reset"
	CauseConnectTimeout Cause = "connect_timeout"
	CauseConnect        Cause = "connect"
	CauseTLS            Cause = "tls"
	CauseWrite          Cause = "write"
	CauseReset          Cause = "reset"
	CauseClosed         Cause = "closed"
	CauseRead           Cause = "read"
	CauseTimeout        Cause = "timeout"
	CauseStatus         Cause = "status"
	CauseLength         Cause = "length"
	CauseHeader         Cause = "header"
	CauseBody           Cause = "body"
	CauseProtocol       Cause = "protocol"
	CauseEarlyReply     Cause = "early_reply"
	// CauseSurplus is an answer, or bytes of one, that no request asked for.
	CauseSurplus    Cause = "surplus_answer"
	CauseLocalPorts Cause = "local_ports_exhausted"
	CauseLocalFiles Cause = "local_file_limit"
	CauseLocal      Cause = "local"
)

// HarnessSide tells failures of the loader's own machine from the server's.
func (c Cause) HarnessSide() bool {
	switch c {
	case CauseLocalPorts, CauseLocalFiles, CauseLocal:
		return true
	}
	return false
}

// ThreadUse is what one loader thread did in a window.
type ThreadUse struct {
	CPU int `json:"cpu"`
	// CPUNS is the thread's CPU time, RunDelayNS the time it waited for a
	// processor, SpinNS the time in empty polls, by the clock on the wall, and
	// StallNS the thread's part of Phase.StallNS.
	CPUNS      int64  `json:"cpu_ns"`
	RunDelayNS *int64 `json:"run_delay_ns,omitempty"`
	SpinNS     int64  `json:"spin_ns"`
	StallNS    int64  `json:"stall_ns,omitempty"`
	// Work is the work fraction, 0 to 1: (CPU + run delay − empty polls) ÷
	// window.
	Work float64 `json:"work"`
	// Loops counts turns of the event loop, Wakeups those that found work.
	Loops   uint64 `json:"loops"`
	Wakeups uint64 `json:"wakeups"`
}

// WorkNS is the thread's CPU time without its empty polls, in nanoseconds.
//
// Within a poll the thread may have waited for its processor, which SpinNS
// includes and CPUNS does not: that part of the run delay is added again. The
// rest of the run delay are stalls, which are in neither.
func (u ThreadUse) WorkNS() int64 {
	work := u.CPUNS - u.SpinNS
	if u.RunDelayNS != nil {
		work += max(0, *u.RunDelayNS-u.StallNS)
	}
	return min(max(0, work), u.CPUNS)
}

// Interval is one point of the loader's timeline, cumulative since t0.
type Interval struct {
	AtNS      int64  `json:"at_ns"`
	Completed uint64 `json:"completed"`
	Failed    uint64 `json:"failed"`
	Bytes     uint64 `json:"bytes"`
	Open      int    `json:"open"`
}

// Histogram is a distribution of durations. The zero Histogram has counted
// nothing.
type Histogram struct {
	Count uint64 `json:"count"`
	MinNS int64  `json:"min_ns"`
	MaxNS int64  `json:"max_ns"`
	// MeanNS is exact to the histogram's resolution.
	MeanNS float64 `json:"mean_ns"`
	// Clamped counts values beyond the histogram's range, recorded at its
	// end.
	Clamped uint64 `json:"clamped,omitempty"`
	// HDRv2 is base64 of the compressed HdrHistogram V2 encoding, in
	// nanoseconds: of 3 significant digits, and 2 for the loader's own lags. It
	// is empty where only the fields above were kept.
	HDRv2 string `json:"hdr_v2,omitempty"`
}

// Sums is the histogram without its buckets; nil of nil.
func (h *Histogram) Sums() *Histogram {
	if h == nil {
		return nil
	}
	sums := *h
	sums.HDRv2 = ""
	return &sums
}

// Phase returns the loader's phase of that name, or nil.
func (r *Report) Phase(name string) *Phase {
	for i := range r.Phases {
		if r.Phases[i].Name == name {
			return &r.Phases[i]
		}
	}
	return nil
}

// Right counts the requests of the phase that were answered rightly, in its
// window and around it.
func (p *Phase) Right() uint64 { return p.Total.Completed + p.CompletedBefore + p.CompletedAfter }

// Failures counts the requests of the phase that failed, in its window and
// around it.
func (p *Phase) Failures() uint64 { return p.Total.Failed + p.FailedOutside }

// LowerBoundsFromNS is the latency from which percentiles are lower bounds,
// since requests without an answer stand there: of corrected latency in an open
// loop, of service time in a closed one. Zero says that none is.
func (p *Phase) LowerBoundsFromNS() int64 {
	if p.Loop == OpenLoop {
		if p.Rate == nil {
			return 0
		}
		return p.Rate.CensoredFromNS
	}
	return p.UnansweredFromNS
}

// WindowNS is the length of the window in nanoseconds.
func (p *Phase) WindowNS() int64 { return p.T1NS - p.T0NS }

// StalledShare is the share of the window for which the loader's threads stood
// still, on average over the threads, 0 to 1; ok is false where the loader does
// not report it.
func (p *Phase) StalledShare() (share float64, ok bool) {
	if p.StallNS == nil || p.WindowNS() <= 0 {
		return 0, false
	}
	return float64(*p.StallNS) / float64(p.WindowNS()) / float64(max(1, len(p.Threads))), true
}

// WorkNS is the CPU time in nanoseconds that the loader's threads worked in the
// window. Empty polls are no work: a loader that polls instead of sleeping fills
// its CPUs, however little it has to do. ok is false for loaders that do not
// report their threads.
func (p *Phase) WorkNS() (ns int64, ok bool) {
	for _, u := range p.Threads {
		ns += u.WorkNS()
	}
	return ns, len(p.Threads) > 0
}

// WorkPerRequestNS is WorkNS per request completed in the window, 0 where none
// completed or the loader does not report its threads.
func (p *Phase) WorkPerRequestNS() float64 {
	ns, _ := p.WorkNS()
	if p.Total.Completed == 0 {
		return 0
	}
	return float64(ns) / float64(p.Total.Completed)
}

// ThroughputRPS is completions inside the window per second, 0 for an empty
// window.
func (p *Phase) ThroughputRPS() float64 {
	if p.T1NS <= p.T0NS {
		return 0
	}
	return float64(p.Total.Completed) * 1e9 / float64(p.T1NS-p.T0NS)
}
