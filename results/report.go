package results

import "strconv"

// Report holds the measurements of one loader process in one trial.
type Report struct {
	// Loader names the tool and engine, such as "joust evloop".
	Loader  string `json:"loader"`
	Version string `json:"version"`
	// Target is the address that was loaded.
	Target   string `json:"target"`
	Protocol string `json:"protocol"`
	Seed     uint64 `json:"seed"`
	Threads  int    `json:"threads"`
	// ThreadsUsed is the number of Threads that made the measured load; 0 for all.
	ThreadsUsed int `json:"threads_used,omitempty"`
	Depth       int `json:"depth"`
	// Users is the number of users who shared the connections of closed loops, Think
	// the law of their think time. Absent where each place in a connection's
	// pipeline is a user who does not think.
	Users int    `json:"users,omitempty"`
	Think string `json:"think,omitempty"`
	// UserRampNS is the time over which the starts of users were spread, from the begin
	// of the load; 0 where all started together.
	UserRampNS int64 `json:"user_ramp_ns,omitempty"`
	// URLs is how many requests were asked in turn or by weight; absent for one. GroupedBy
	// says in words how they were put into groups; absent where each name is one.
	URLs      int    `json:"urls,omitempty"`
	GroupedBy string `json:"grouped_by,omitempty"`
	// LatencyFrom is "connect" where the service time of a request begins with the attempt
	// to make a connection for it; absent where it begins with the send.
	LatencyFrom string `json:"latency_from,omitempty"`
	// Follow is true where redirects were followed: a request counts with all requests
	// that redirects asked for.
	Follow bool `json:"follow,omitempty"`
	// RequestID names the header field in which each request had an id of its own;
	// absent for none.
	RequestID string `json:"request_id,omitempty"`
	// Tags are those that the user gave a lone load, by name; absent for none.
	Tags map[string]string `json:"tags,omitempty"`
	// IdleStrategy is how the loader waited: "spin", "hybrid" or "wait".
	IdleStrategy string `json:"idle_strategy,omitempty"`
	// SendBufferBytes is the size of the send buffers; 0 where the kernel chose.
	SendBufferBytes int `json:"send_buffer_bytes,omitempty"`
	// ReconnectEvery is the number of requests on a connection of a lone load; 0
	// for no limit.
	ReconnectEvery int `json:"reconnect_every,omitempty"`
	// ConnectionsOpen counts those opened before the first phase.
	ConnectionsAsked int `json:"connections_asked"`
	ConnectionsOpen  int `json:"connections_open"`
	// Connect is the time from connect to established, in all phases.
	Connect *Histogram `json:"connect,omitempty"`
	// TLSHandshake is absent for plain text.
	TLSHandshake *Histogram `json:"tls_handshake,omitempty"`
	Phases       []Phase    `json:"phases"`
	// Script is absent for a load without a script.
	Script *ScriptUse `json:"script,omitempty"`
	// Data is absent where requests took no data rows.
	Data *DataUse `json:"data,omitempty"`
	// DataSets are those of flows by name; absent where they have none. Each iteration took
	// a row.
	DataSets map[string]DataUse `json:"data_sets,omitempty"`
	// Iterations are those that flows ask to keep, in the order of their ends on each thread;
	// IterationsDropped counts those for which there was no room.
	Iterations        []KeptIteration `json:"iterations,omitempty"`
	IterationsDropped uint64          `json:"iterations_dropped,omitempty"`
	// Interrupted is true when the loader had to stop early.
	Interrupted bool `json:"interrupted,omitempty"`
	// Aborted is the rule of the user that ended the load early; absent for none.
	Aborted *Abort `json:"aborted,omitempty"`
	// Collections and GCPauseNS are of the loader's own garbage collector.
	Collections  uint32   `json:"collections"`
	GCPauseNS    int64    `json:"gc_pause_ns"`
	MaxRSSBytes  uint64   `json:"max_rss_bytes,omitempty"`
	Warnings     []string `json:"warnings,omitempty"`
	ServerHeader string   `json:"server_header,omitempty"`
	// Foreign is set for a loader that is not joust's own.
	Foreign *Foreign `json:"foreign,omitempty"`
	// Neighbours are the other jousts that measured on this machine at the same time
	// as a lone load.
	Neighbours []Neighbour `json:"neighbours,omitempty"`
	// Unknown lists the JSON names of the fields that this loader cannot know: null
	// in JSON, 0 here.
	Unknown []string `json:"unknown,omitempty"`
}

// Phase is one phase of a ladder as the loader saw it.
type Phase struct {
	Name string `json:"name"`
	Loop Loop   `json:"loop"`
	// Schedule, RampToRPS and BurstSize are as in PlanTable. A lone load may also have
	// the schedule "profile", whose curve Profile names, such as "sine:cycles=2,min=0.1".
	Schedule  string      `json:"schedule,omitempty"`
	RampToRPS float64     `json:"ramp_to_rps,omitempty"`
	BurstSize int         `json:"burst_size,omitempty"`
	Profile   string      `json:"profile,omitempty"`
	Measured  bool        `json:"measured"`
	Skipped   string      `json:"skipped,omitempty"`
	T0NS      int64       `json:"t0_ns"`
	T1NS      int64       `json:"t1_ns"`
	Rate      *RateReport `json:"rate,omitempty"`

	// Total is the merge of Groups.
	Total Group `json:"total"`
	// Groups are by request name; absent where there is only one.
	Groups map[string]Group `json:"groups,omitempty"`

	// Flows are those through which users walked, by name; absent without flows. The groups
	// are their steps then, named FLOW/STEP.
	Flows map[string]FlowUse `json:"flows,omitempty"`

	// Targets are the hosts of a load on several, by number; absent for one.
	Targets []TargetUse `json:"targets,omitempty"`

	// Asked counts the requests begun in this phase, lead-in and drain included:
	// Asked = Right() + Failures() + Unanswered + Abandons().
	Asked uint64 `json:"requests_asked"`
	// Unanswered counts requests in flight when the drain ended, without timeouts.
	Unanswered uint64 `json:"requests_unanswered"`
	// UnansweredFromNS is the shortest wait of an unanswered request of a closed
	// loop, 0 for none. Service holds it: percentiles from there are lower bounds.
	UnansweredFromNS int64 `json:"unanswered_from_ns,omitempty"`
	// SurplusAnswers counts arrivals on connections without a request in flight,
	// in the whole phase with its drain; FirstSurplus describes the first.
	SurplusAnswers uint64 `json:"surplus_answers"`
	FirstSurplus   string `json:"first_surplus,omitempty"`

	// CompletedFirstHalf counts completions in [t0, middle).
	CompletedFirstHalf uint64 `json:"completed_first_half"`
	// CompletedBefore and CompletedAfter count completions of this phase's
	// requests outside its window: lead-in and drain.
	CompletedBefore uint64 `json:"completed_before"`
	CompletedAfter  uint64 `json:"completed_after"`
	// FailedOutside counts failures outside the window, TimeoutsOutside timeouts.
	FailedOutside   uint64 `json:"failed_outside"`
	TimeoutsOutside uint64 `json:"timeouts_outside,omitempty"`
	// AbandonedOutside counts abandoned exchanges outside the window.
	AbandonedOutside uint64 `json:"abandoned_outside,omitempty"`
	// Waves counts the whole waves of connections that were made together, in the whole
	// phase; 0 where connections are made one by one. Each loader has waves of its own.
	Waves uint64 `json:"waves,omitempty"`

	// ConnectionErrors counts, by cause, the failed connects of the whole phase,
	// which are in no count of requests; FirstConnectionError describes the first.
	ConnectionErrors     map[Cause]uint64 `json:"connection_errors,omitempty"`
	FirstConnectionError string           `json:"first_connection_error,omitempty"`
	// BackoffNS is the time inside the window, over all connections, for which the
	// loader waited to connect anew, after connections that gave no answer.
	BackoffNS int64 `json:"backoff_ns"`

	// GoneNS is the time up to the phase's end for which no connection was open and
	// attempts to connect failed; 0 for none. A phase ends early where it reaches the
	// connect timeout.
	GoneNS int64 `json:"gone_ns,omitempty"`

	// The bytes moved inside the window, in completed requests or not.
	// SentBodyBytes and ReceivedBodyBytes count bodies only, the others heads too.
	SentBytes         uint64 `json:"sent_bytes"`
	ReceivedBytes     uint64 `json:"received_bytes"`
	SentBodyBytes     uint64 `json:"sent_body_bytes"`
	ReceivedBodyBytes uint64 `json:"received_body_bytes"`

	// Send lag is actual minus intended send time: with an idle connection at the
	// intended time (the loader's fault), and without. Absent in a closed loop
	// without users.
	SendLagIdle    *Histogram `json:"send_lag_idle,omitempty"`
	SendLagBlocked *Histogram `json:"send_lag_blocked,omitempty"`

	// ReceiveLag is from the kernel's stamp of an answer's arrival to the loader's
	// read, on a sample of connections. LoopGaps are the times between two turns
	// of an event loop while it had work. StallNS is the time in the window, over
	// all threads, in which an event loop with work stood still for 1 ms or more:
	// stopped, paused or kept off its processor. Evident work of a turn is none.
	ReceiveLag *Histogram `json:"receive_lag,omitempty"`
	LoopGaps   *Histogram `json:"loop_gaps,omitempty"`
	StallNS    *int64     `json:"stall_ns,omitempty"`
	// QueuesRead counts the connections with a request in flight whose receive
	// queue was read at the window's end, QueuesEmpty those with an empty one.
	// Absent for closed loops and for engines without queues.
	QueuesRead  *int `json:"queues_read,omitempty"`
	QueuesEmpty *int `json:"queues_empty,omitempty"`
	// Shed counts requests given up unsent after their deadline.
	Shed uint64 `json:"shed,omitempty"`
	// Slowest has the slowest right answers first: at most 32, and fewer in the journal.
	Slowest []SlowRequest `json:"slowest,omitempty"`

	// AnnouncedCloses counts connections that the server announced to close,
	// UnannouncedCloses idle ones that it closed without, perhaps as a request came,
	// RequestedCloses those whose request asked for the close. None is an error.
	AnnouncedCloses   uint64 `json:"announced_closes"`
	UnannouncedCloses uint64 `json:"unannounced_closes"`
	RequestedCloses   uint64 `json:"requested_closes,omitempty"`
	// IdleTimeouts counts connections that the server closed with the status 408, for
	// want of a request. Repeated counts the requests that were on their way as the server
	// closed a kept connection, with a 408 or without a word: each was asked again, once,
	// and counts as one, from its first send on. Without a word that takes a proof that the
	// server has read nothing of the request: its system has refused the bytes.
	IdleTimeouts uint64 `json:"idle_timeouts,omitempty"`
	Repeated     uint64 `json:"repeated,omitempty"`
	// Followed counts, in the whole phase, the redirects that were followed; FirstUnfollowed
	// is the first of the load that was not, absent where the window had none.
	Followed        uint64    `json:"redirects_followed,omitempty"`
	FirstUnfollowed *Redirect `json:"first_unfollowed,omitempty"`
	// EarlyAnswers counts final answers, right or wrong, that refused their request
	// before it was sent whole, or redirected one that follows redirects: the
	// connection ended with them. MissedContinues counts
	// requests whose body was sent without the 100 that they awaited, since it did
	// not come in time.
	EarlyAnswers    uint64 `json:"early_answers,omitempty"`
	MissedContinues uint64 `json:"missed_continues,omitempty"`
	Reconnects      uint64 `json:"reconnects"`
	// RequestsPerUser is the distribution of Asked over the users; absent without users.
	RequestsPerUser *PerUser `json:"requests_per_user,omitempty"`
	// MinConnectionsOpen is the least number at interval marks in the window.
	MinConnectionsOpen int `json:"min_connections_open"`

	Threads  []ThreadUse `json:"threads"`
	Timeline []Interval  `json:"timeline,omitempty"`
	// Segments divide the window, at most 600 of them; absent where they were not asked
	// for, and for an empty window. Breakdown is absent where
	// it was not asked for.
	Segments  []Segment  `json:"segments,omitempty"`
	Breakdown *Breakdown `json:"breakdown,omitempty"`

	// Steadiness is absent for a phase of fixed length.
	Steadiness *Steadiness `json:"steadiness,omitempty"`
	// Unknown is as in Report.
	Unknown []string `json:"unknown,omitempty"`
}

// Loop is the kind of a phase: closed or open loop.
type Loop string

// The kinds of loops.
const (
	ClosedLoop Loop = "closed"
	OpenLoop   Loop = "open"
)

// RateReport is the open-loop bookkeeping of a phase (METHOD.md §1).
type RateReport struct {
	// TargetRPS is the rate used. Of names what it counts where these are no requests, and
	// Offered and Achieved count the same: RateOfIterations.
	TargetRPS float64 `json:"target_rps"`
	Of        string  `json:"of,omitempty"`
	// Offered counts requests intended in [t0, t1); Achieved those completed or
	// abandoned in [t0, t1), whenever intended.
	Offered  uint64 `json:"offered"`
	Achieved uint64 `json:"achieved"`
	// NeverSent counts requests intended in the window and not sent before the
	// drain ended, Censored those sent and not answered by then. Both stand in
	// the corrected histogram as ≥ (end − intended).
	NeverSent uint64 `json:"never_sent"`
	Censored  uint64 `json:"censored"`
	// Blocked counts those of Offered that found no idle user, in a load whose users walk
	// through flows.
	Blocked uint64 `json:"blocked,omitempty"`
	// BacklogT0 and BacklogT1 are the backlog at the window's ends.
	BacklogT0 uint64 `json:"backlog_t0"`
	BacklogT1 uint64 `json:"backlog_t1"`
	// CensoredFromNS is the smallest censored value; 0 for none. Percentiles from
	// there on are lower bounds.
	CensoredFromNS int64 `json:"censored_from_ns,omitempty"`
	// Unknown is as in Report.
	Unknown []string `json:"unknown,omitempty"`
}

// RateOfIterations is the RateReport.Of of a load whose arrivals begin iterations of flows.
const RateOfIterations = "iterations"

// Group is the outcome of the requests of one name.
type Group struct {
	// Completed counts right answers that completed inside the window.
	Completed uint64 `json:"completed"`
	// Failed counts failed requests of any cause; Errors splits them.
	Failed uint64            `json:"failed"`
	Errors map[Cause]uint64  `json:"errors,omitempty"`
	Status map[string]uint64 `json:"status,omitempty"`
	// Encodings counts Completed by content coding, such as "gzip" or "identity", of
	// requests that say which ones count as right; absent for others.
	Encodings map[string]uint64 `json:"encodings,omitempty"`
	// NotInflated counts those of Completed that came compressed and were not inflated,
	// since inflating them all would take too much of the loader's time. Their bodies are
	// unknown.
	NotInflated uint64 `json:"not_inflated,omitempty"`
	// Events counts the server-sent events in Completed of requests that await events; 0
	// for others.
	Events uint64 `json:"events,omitempty"`
	// Abandoned counts exchanges whose connection the loader closed inside the window,
	// before an answer could count, as their steps say. They are neither right nor failed.
	Abandoned uint64 `json:"abandoned,omitempty"`
	// FirstError describes the first failure.
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
	// Write is from the first to the last byte of a request of several writes.
	Write *Histogram `json:"write,omitempty"`
	// FailedTime holds failed requests only.
	FailedTime *Histogram `json:"failed_time,omitempty"`
	// ServiceTable and CorrectedTable are a foreign loader's, without samples.
	ServiceTable   *Percentiles `json:"service_table,omitempty"`
	CorrectedTable *Percentiles `json:"corrected_table,omitempty"`
}

// Tolerated counts the answers with a status from 400 on that did not fail for it.
func (g *Group) Tolerated() uint64 {
	var refused uint64
	for text, n := range g.Status {
		if code, err := strconv.Atoi(text); err == nil && code >= 400 {
			refused += n
		}
	}
	return refused - min(refused, g.Errors[CauseStatus])
}

// Interval is one point of the loader's timeline, cumulative since t0.
type Interval struct {
	AtNS      int64  `json:"at_ns"`
	Completed uint64 `json:"completed"`
	Failed    uint64 `json:"failed"`
	Bytes     uint64 `json:"bytes"`
	Open      int    `json:"open"`
	// Users is how many users had started by then and go on; absent without users.
	Users *int `json:"users,omitempty"`
}

// Segment is one stretch of a window, [from, to), with figures of its own. The segments
// of a phase follow one another from T0NS to T1NS, and their sums are the figures of the
// phase: what belongs to the phase and is known only after the window, such as the latency
// of its last requests, stands in the last segment.
type Segment struct {
	FromNS int64 `json:"from_ns"`
	ToNS   int64 `json:"to_ns"`
	// Offered counts the requests intended in the segment, Completed and Failed those of
	// Group.Completed and Group.Failed that ended in it. Bytes are those sent and received.
	// Offered is absent in a closed loop.
	Offered   *uint64 `json:"offered,omitempty"`
	Completed uint64  `json:"completed"`
	Failed    uint64  `json:"failed"`
	Bytes     uint64  `json:"bytes"`
	// Users is how many users had started by the segment's end; absent without users.
	Users *int `json:"users,omitempty"`
	// Latency holds the samples of the phase's headline latency that were known in the
	// segment, at the end of their requests: those of Group.Corrected in an open loop and
	// with users, else those of Group.Service. Absent without samples.
	Latency *Histogram `json:"latency,omitempty"`
}

// Phase returns the loader's phase of that name, or nil.
func (r *Report) Phase(name string) *Phase {
	return first(r.Phases, func(p *Phase) bool { return p.Name == name })
}

// KeptShare returns achieved ÷ offered; 0 where nothing was offered.
func (r *RateReport) KeptShare() float64 {
	if r == nil || r.Offered == 0 {
		return 0
	}
	return float64(r.Achieved) / float64(r.Offered)
}

// Right returns the number of right answers, in the window and around it.
func (p *Phase) Right() uint64 { return p.Total.Completed + p.CompletedBefore + p.CompletedAfter }

// Failures returns the number of failed requests, in the window and around it.
func (p *Phase) Failures() uint64 { return p.Total.Failed + p.FailedOutside }

// Abandons returns the number of abandoned exchanges, in the window and around it.
func (p *Phase) Abandons() uint64 { return p.Total.Abandoned + p.AbandonedOutside }

// Closes returns the number of connections that ended by agreement or with nothing in
// flight: none is a failure.
func (p *Phase) Closes() uint64 {
	return p.AnnouncedCloses + p.UnannouncedCloses + p.RequestedCloses + p.IdleTimeouts + p.EarlyAnswers
}

// FailedConnects returns the number of connections that could not be made.
func (p *Phase) FailedConnects() (n uint64) {
	for _, k := range p.ConnectionErrors {
		n += k
	}
	return n
}

// LowerBoundsFromNS returns the latency from which percentiles are lower bounds, 0
// for none: corrected latency in an open loop, service time in a closed one.
func (p *Phase) LowerBoundsFromNS() int64 {
	switch {
	case p.Loop != OpenLoop:
		return p.UnansweredFromNS
	case p.Rate == nil:
		return 0
	}
	return p.Rate.CensoredFromNS
}

// WindowNS returns the length of the window in nanoseconds.
func (p *Phase) WindowNS() int64 { return p.T1NS - p.T0NS }

// StalledShare returns the share of the window, 0 to 1, for which the loader's
// threads stood still on average; ok is false for loaders that do not report it.
func (p *Phase) StalledShare() (share float64, ok bool) {
	if p.StallNS == nil || p.WindowNS() <= 0 {
		return 0, false
	}
	return float64(*p.StallNS) / float64(p.WindowNS()) / float64(max(1, len(p.Threads))), true
}

// WorkNS returns the CPU time that the loader's threads worked in the window,
// without empty polls; ok is false for loaders that do not report threads.
func (p *Phase) WorkNS() (ns int64, ok bool) {
	for _, u := range p.Threads {
		ns += u.WorkNS()
	}
	return ns, len(p.Threads) > 0
}

// WorkPerRequestNS returns WorkNS per request completed in the window, 0 where
// none completed or the loader does not report its threads.
func (p *Phase) WorkPerRequestNS() float64 {
	ns, _ := p.WorkNS()
	if p.Total.Completed == 0 {
		return 0
	}
	return float64(ns) / float64(p.Total.Completed)
}

// ThroughputRPS returns the completions inside the window per second.
func (p *Phase) ThroughputRPS() float64 { return perSecond(p.Total.Completed, p.WindowNS()) }

// perSecond returns the rate of n events in a window, 0 for an empty window.
func perSecond(n uint64, windowNS int64) float64 {
	if windowNS <= 0 {
		return 0
	}
	return float64(n) * 1e9 / float64(windowNS)
}
