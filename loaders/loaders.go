// Package loaders describes how load is made: a Spec goes in, a results.Report
// comes out. It holds types only: the Spec, the Loader interface and the
// messages between joust and a loader process. It knows nothing of servers.
package loaders

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// Spec is complete: the same Spec with the same adjustments asks the same
// requests by the same schedule.
type Spec struct {
	Target   Target             `json:"target"`
	Protocol scenarios.Protocol `json:"protocol"`
	// Hosts are further targets. A request names its target by number: 0 is Target with
	// TLS, i is Hosts[i-1]. Protocol and Proxy are those of all. With Hosts the
	// connections of each thread are divided among the targets in proportion to the
	// weights of their requests, at least one each, and in closed loops users share them.
	Hosts []Host `json:"hosts,omitempty"`
	// Engine is EventLoop or Portable; empty chooses the best for this system.
	Engine EngineName `json:"engine,omitempty"`
	// Requests, Rotation, Connection and Depth are as in the scenario's row.
	Requests RequestList `json:"requests"`
	// Variants are asked in place of Requests; nil for none.
	Variants *Variants          `json:"variants,omitempty"`
	Rotation scenarios.Rotation `json:"rotation,omitempty"`
	// GroupedBy says in words how requests are put into groups of results; empty where
	// each name is one.
	GroupedBy  string               `json:"grouped_by,omitempty"`
	Connection scenarios.Connection `json:"connection"`
	Depth      int                  `json:"depth"`

	// Connections is the total over all threads, at least Threads.
	Connections int `json:"connections"`
	Threads     int `json:"threads"`
	// Users is how many users of closed loops share the connections, all threads
	// together; 0 makes each place in a connection's pipeline a user. Each user
	// waits for Think after an answer.
	Users int   `json:"users,omitempty"`
	Think Think `json:"think,omitzero"`
	// UserRamp spreads the starts of users evenly over that time, from the begin of the
	// first phase: user k of N starts after UserRamp × k ÷ N and asks at once. 0 starts all
	// together, somewhere in their think times.
	UserRamp time.Duration `json:"user_ramp_ns,omitempty"`
	// LatencyFrom is where the time of a request begins; empty is FromSend.
	LatencyFrom LatencyFrom `json:"latency_from,omitempty"`
	// Follow asks for the requests to which answers redirect (RFC 9110 §15.4), on the
	// same target only. A request and those that it leads to are one exchange: it counts
	// once, takes the time from its first send to its last answer, and has one timeout.
	Follow bool `json:"follow,omitempty"`
	// RequestID names a header field in which each request carries an id of its own, a
	// RequestID; empty for none.
	RequestID string `json:"request_id,omitempty"`
	// Script chooses the requests in place of Rotation; nil for none. The one of Requests
	// is then its model: it has the method, the header fields and the body that the script
	// finds, and says which answers are right. A script that asks several requests at once
	// sets Depth.
	Script *Script `json:"script,omitempty"`
	// Data are the rows whose values the pieces of requests name; nil for none.
	Data *Data `json:"data,omitempty"`
	// Flows are the sequences of requests through which users walk, in closed loops and in
	// open ones; nil where the requests are asked by Rotation.
	Flows *Flows `json:"flows,omitempty"`
	// Place is that of this loader among those that count together in pieces; the zero
	// Place is the only one.
	Place Share `json:"place,omitzero"`
	// TLS is set for protocols over TLS.
	TLS   *TLS   `json:"tls,omitempty"`
	Proxy *Proxy `json:"proxy,omitempty"`
	// CPUs has one processor a thread, or none for no pinning.
	CPUs []int        `json:"cpus,omitempty"`
	Idle IdleStrategy `json:"idle"`
	// SendBuffer is the size of each connection's send buffer in bytes; 0 is
	// LoopbackSendBuffer for large uploads over loopback, and else the kernel's own.
	SendBuffer int `json:"send_buffer_bytes,omitempty"`

	ConnectTimeout time.Duration `json:"connect_timeout_ns"`
	RequestTimeout time.Duration `json:"request_timeout_ns"`
	// Drain bounds the wait, after a window, for answers in flight.
	Drain time.Duration `json:"drain_ns"`
	Seed  uint64        `json:"seed"`
	// Interval is the step of the timeline.
	Interval time.Duration `json:"interval_ns"`
	// Segment is the length of the segments into which measured windows are divided, a
	// multiple of Interval; 0 for none. Where there would be more than 600, those of the
	// report are longer: neighbours are merged in pairs.
	Segment time.Duration `json:"segment_ns,omitempty"`
	// Breakdown asks where the time of each request went.
	Breakdown bool `json:"breakdown,omitempty"`
	// Quiet is true where a loader process reports its timeline at the end only: a
	// listener that draws nothing should not take time on its processor.
	Quiet bool `json:"quiet,omitempty"`

	Phases []Phase `json:"phases"`
}

// Target is the receiver of the load.
type Target struct {
	// Network is "tcp" or "unix".
	Network string `json:"network"`
	// Address is host:port with a numeric host, or a socket's path. Behind a
	// proxy the host may be a name, which the proxy resolves.
	Address string `json:"address"`
	// Host is the value of the Host header.
	Host string `json:"host"`
	// More are further addresses of the same name, in the form of Address:
	// connections are spread over all of them in turn.
	More []string `json:"more,omitempty"`
	// Name is the host's name where each connection is to look it up for itself. It
	// connects to what it finds, to Address or one of More where these are among them, at
	// the port of Address. Empty looks nothing up. A Spec with a Breakdown alone has it.
	Name string `json:"name,omitempty"`
}

// Host is a further target of a load, reached by TCP. TLS is nil for plain text.
type Host struct {
	Target
	TLS *TLS `json:"tls,omitempty"`
}

// TLS says how a protocol over TLS is spoken. The zero TLS verifies the server
// against the system's authorities.
type TLS struct {
	// ServerName is for SNI and verification; empty takes the target's host.
	ServerName string `json:"server_name,omitempty"`
	// CAFile, CertFile and KeyFile are PEM files: the authority to trust
	// instead of the system's, and the client's own certificate.
	CAFile   string `json:"ca_file,omitempty"`
	CertFile string `json:"cert_file,omitempty"`
	KeyFile  string `json:"key_file,omitempty"`
	// Insecure skips verification.
	Insecure bool `json:"insecure,omitempty"`
	// Resume lets new connections resume earlier sessions.
	Resume bool `json:"resume,omitempty"`
}

// Proxy is an HTTP proxy between loader and target. Plain requests go to it in
// absolute form (RFC 9112 §3.2.2); TLS goes through a CONNECT tunnel (RFC 9110
// §9.3.6).
type Proxy struct {
	// Address is host:port with a numeric host.
	Address string `json:"address"`
	// Headers are for the proxy alone, such as Proxy-Authorization: they go with
	// CONNECT where there is a tunnel, never into it, and else with each request.
	Headers []scenarios.Header `json:"headers,omitempty"`
}

// ForProxy reports whether a header field is for a proxy and not for the server
// behind it.
func ForProxy(h scenarios.Header) bool {
	const prefix = "Proxy-"
	return len(h.Name) > len(prefix) && strings.EqualFold(h.Name[:len(prefix)], prefix)
}

// LatencyFrom names where the time of a request begins.
type LatencyFrom string

// The begins of a request's time. FromConnect is the attempt to make the connection on
// which the request is the first, with its handshake, in closed loops without users; a
// request on a connection that was there begins with its send.
const (
	FromSend    LatencyFrom = "send"
	FromConnect LatencyFrom = "connect"
)

// EngineName names an engine.
type EngineName string

// The engines.
const (
	EventLoop EngineName = "evloop"
	Portable  EngineName = "portable"
)

// IdleStrategy is how a loader thread waits for its next event. It changes the
// measured latency at low rates, so cells are compared only under one.
type IdleStrategy string

// The idle strategies: spin polls always; gather polls too, but lets answers gather
// for 20 µs after it did something; hybrid polls for 100 µs after an event and for the
// last 60 µs before a send is due, and sleeps between; wait only sleeps.
const (
	Spin   IdleStrategy = "spin"
	Gather IdleStrategy = "gather"
	Hybrid IdleStrategy = "hybrid"
	Wait   IdleStrategy = "wait"
)

// IdleStrategies returns all idle strategies.
func IdleStrategies() []IdleStrategy { return []IdleStrategy{Spin, Gather, Hybrid, Wait} }

// IdleWords lists the idle strategies in a sentence.
const IdleWords = string(Spin + ", " + Gather + ", " + Hybrid + " or " + Wait)

// Phase is one step of the ladder.
type Phase struct {
	Name string       `json:"name"`
	Loop results.Loop `json:"loop"`
	// Measured phases have a window that is announced and reported as such;
	// a warm-up is not measured.
	Measured bool          `json:"measured"`
	Duration time.Duration `json:"duration_ns"`
	// Count ends the phase after that many requests; 0 sets no bound. A phase
	// with a count ends with its last answer, at most after Duration.
	Count uint64 `json:"count,omitempty"`
	// Lead is the time of load before the window.
	Lead time.Duration `json:"lead_ns"`

	// Schedule is for open loops: "constant", "poisson", "ramp", "burst" or "profile".
	Schedule Schedule `json:"schedule,omitempty"`
	// RateRPS is the open-loop rate, above 0; 0 with Adjust set waits for an
	// Adjustment. A ramp begins with it and may begin with 0; it is the mean of
	// bursts.
	RateRPS float64 `json:"rate_rps,omitempty"`
	// RampToRPS is the rate with which a ramp ends, in req/s; the rate changes
	// linearly over lead and window. 0 ramps down to nothing.
	RampToRPS float64 `json:"ramp_to_rps,omitempty"`
	// BurstSize is how many requests of a burst are due at once, at least 1;
	// bursts are BurstSize/RateRPS seconds apart.
	BurstSize int `json:"burst_size,omitempty"`
	// Profile is that of the schedule "profile", pressed into lead and window; its shares
	// are of RateRPS.
	Profile *Profile `json:"profile,omitempty"`
	Adjust  bool     `json:"adjust,omitempty"`
	// NeedsResult sends the result of the phase with its PhaseDone, for a decision on the
	// next phases.
	NeedsResult bool `json:"needs_result,omitempty"`
	// ShedAfter is the time after its intended instant at which a request that was
	// not sent is given up: it is counted and never sent. 0 sheds nothing.
	ShedAfter time.Duration `json:"shed_after_ns,omitempty"`

	// MinCompletions stretches the window, before it opens, to the time of that
	// many completions at the warm-up's rate, at most MaxDuration.
	MinCompletions int           `json:"min_completions,omitempty"`
	MaxDuration    time.Duration `json:"max_duration_ns,omitempty"`
	// SteadyWithin, where above 0, ends a closed warm-up when its throughput over
	// the last second changes by no more than this share of itself a second, and
	// the halves of that second differ by no more than HalvesWithin, a share of
	// their mean: a slope alone is near zero by chance on a machine that stalls.
	// The window lasts for at least Duration and at most MaxDuration, with which it
	// is announced.
	SteadyWithin float64 `json:"steady_within,omitempty"`
	HalvesWithin float64 `json:"halves_within,omitempty"`
	// ThinkSpin is CPU time that the loader burns per response.
	ThinkSpin time.Duration `json:"think_spin_ns,omitempty"`

	// Share is the part of an open loop's arrivals that this loader makes; the
	// zero Share is all of them. The rate is that of all loaders together.
	Share Share `json:"share,omitzero"`
	// StartNS is the CLOCK_MONOTONIC instant before which no load flows; 0 sets
	// no bound.
	StartNS int64 `json:"start_ns,omitempty"`
}

// Schedule names an arrival law.
type Schedule string

// The arrival laws of open-loop phases.
const (
	Constant Schedule = "constant"
	Poisson  Schedule = "poisson"
	Ramp     Schedule = "ramp"
	Burst    Schedule = "burst"
	Profiled Schedule = "profile"
)

// Printer is a Control that takes what a script prints while the load runs. Nothing is
// printed where a Control is none.
type Printer interface {
	Control
	// Printed returns the writers of standard output and of standard error, which any
	// goroutine may use.
	Printed() (out, err io.Writer)
}

// Control lets the side that asked for the load steer it while it runs.
type Control interface {
	// Ready is called once when all connections are up, or as many as could
	// be made; load begins when it returns. It returns the CLOCK_MONOTONIC
	// instant, in nanoseconds, at which load begins.
	Ready(ctx context.Context, r Ready) (startAt int64, err error)
	// Window is called at least 50 ms before the phase's window opens.
	Window(w Window)
	// Interval is called at the Spec's interval within phases, and after a window for
	// each segment that no Interval has had.
	Interval(i Interval)
	// PhaseDone is called after each phase has drained.
	PhaseDone(p PhaseDone)
	// Adjust is called before a phase with Adjust set.
	Adjust(ctx context.Context, phase string) (Adjustment, error)
}

// Loader is one engine. Run connects, runs the phases and returns the report.
// When ctx ends it sends nothing new, drains for at most the Spec's drain, 2 s
// at most, and returns the partial report, marked interrupted, and no error.
// It returns an error when nothing could be measured.
type Loader interface {
	Run(ctx context.Context, spec Spec, control Control) (results.Report, error)
}
