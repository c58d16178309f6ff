// Package adhoc turns one URL and the flags of a command line into a loaders.Spec.
// It is pure: it resolves no names and reads no files.
package adhoc

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// Defaults of flags that are not given.
const (
	DefaultConnections = 64
	DefaultDuration    = 10 * time.Second
	DefaultWarmup      = time.Second
	// DefaultRequestID is the header of --request-id without a name.
	DefaultRequestID = "X-Request-Id"
	// ContinueWait is how long a body waits for the 100 that its request expects, at
	// most half of the request's timeout.
	ContinueWait = time.Second
)

// PhaseOpen is the name of the measured phase of an open loop; that of a
// closed loop is results.PhaseClosed.
const PhaseOpen = "open"

const (
	// endless is the time bound of a load that ends by its number of requests.
	endless = 24 * time.Hour
	// closedLead and openLead are the times of load before a window.
	closedLead = 100 * time.Millisecond
	openLead   = 200 * time.Millisecond
)

// Flags are those of `joust load`. A nil pointer is a flag that was not given, as is a
// zero where its field says nothing else.
type Flags struct {
	Connections *int
	// Threads not given are one for each of CPUs, or half of Processors.
	Threads *int
	// Users share the connections of a closed loop; not given makes each place in a
	// connection's pipeline a user.
	Users *int
	Think loaders.Think
	// Ramp spreads the starts of users over that time.
	Ramp *time.Duration
	// CPUs are the processors to pin threads to, none for no pinning.
	CPUs []int
	// Processors is the number of processors of this machine.
	Processors int

	// Duration and Requests end the load, whichever is first. A load with
	// Requests and no Duration has no bound in time.
	Duration *time.Duration
	Requests *uint64
	// Warmup not given is DefaultWarmup, or none for a number of Requests.
	Warmup *time.Duration

	// RateRPS makes the loop open. It is the rate of constant or Poisson arrivals,
	// the start of a ramp to RampToRPS over the window, or the mean rate of bursts.
	RateRPS   *float64
	Poisson   bool
	RampToRPS *float64
	// Profile changes the rate over the window; its shares are of RateRPS.
	Profile   *loaders.Profile
	Burst     *int
	ShedAfter *time.Duration

	// Find searches for the capacity. Spec then returns the load of the first step, and At
	// the flags of any.
	Find Find

	// Method not given is GET, or POST with a body.
	Method string
	// Headers are lines such as "Accept: text/plain". A Host among them replaces
	// the URL's.
	Headers []string
	// BasicAuth is "user:password"; empty for none. Cookies are "name=value".
	BasicAuth string
	Cookies   []string
	// Follow follows redirects to the same scheme, host and port.
	Follow bool
	// RequestID names the header in which each request has an id of its own.
	RequestID string
	Body      *string
	// JSON makes the body's type application/json, where no header says another.
	JSON bool
	// Form are the fields "name=value" of a form, in place of Body.
	Form []string
	// Bust names a parameter of the URL whose value is new for each request; empty for
	// none.
	Bust string
	// Data are the rows whose columns pieces name, nil for none. DataOrder not given is
	// loaders.LoopRows.
	Data      *loaders.Data
	DataOrder loaders.DataOrder
	// Script chooses what is asked; nil for none. Depth is then the script's.
	Script *loaders.Script
	// Literal takes ${ in texts as it is: without Bust, no request has random pieces.
	Literal bool
	// Compressed accepts gzip and br, and compares the inflated body.
	Compressed bool
	// HTTP10 asks in HTTP/1.0.
	HTTP10 bool
	Depth  int
	// ReconnectEvery closes connections after that many requests, by RST instead
	// of FIN where RST is true.
	ReconnectEvery *int
	RST            bool
	// LatencyFrom not given is loaders.FromSend.
	LatencyFrom loaders.LatencyFrom

	// Breakdown asks where the time of each request goes. The URL's name is then looked
	// up for each connection.
	Breakdown bool

	// ExpectStatus not given takes any from 200 to 399, scenarios.AnyStatus every one.
	ExpectStatus *int
	// ExpectBody is compared byte for byte.
	ExpectBody *string
	// ExpectHeaders, ExpectJSON, ExpectRegex and VerifyLength are as in scenarios.Checks.
	ExpectHeaders, ExpectJSON, ExpectRegex []string
	VerifyLength                           bool

	Timeout, ConnectTimeout, Drain time.Duration

	TLS loaders.TLS
	// Unix is the path of a socket to connect to instead of the URL's host.
	Unix string
	// Proxy is the numeric address of an HTTP proxy, ProxyAuthorization the value of
	// the header with its credentials. Headers whose names begin with Proxy- are for
	// the proxy too.
	Proxy, ProxyAuthorization string

	// OverTime divides the measured window into segments.
	OverTime bool

	// walk is what a flow file asks for, nil without one; ramped is true where the starts of
	// its users are spread.
	walk   *Walk
	ramped bool

	// Idle not given is loaders.DefaultIdle.
	Idle   loaders.IdleStrategy
	Engine loaders.EngineName
	Seed   uint64
}

// Spec returns the load of the flags on the URL. The addresses are those of the
// URL's name, numeric and without a port; behind a proxy and on a Unix socket there
// are none. The error holds every problem at once, in the words of the flags.
func (f *Flags) Spec(u URL, addresses []string) (loaders.Spec, error) {
	f, err := f.First()
	if err != nil {
		return loaders.Spec{}, err
	}
	if err := f.check(u); err != nil {
		return loaders.Spec{}, err
	}
	request, err := f.request(u)
	if err != nil {
		return loaders.Spec{}, err
	}
	spec := loaders.Spec{
		Target: f.target(u, addresses), Protocol: scenarios.H1, Engine: f.Engine,
		Requests: []scenarios.Request{request}, Depth: f.Depth,
		Connections: f.connections(), Threads: f.threads(),
		// Pinned threads have processors of their own.
		Idle: cmp.Or(f.Idle, loaders.DefaultIdle(len(f.CPUs) > 0, f.Processors)), Seed: f.Seed,
		Users: given(f.Users, 0), Think: f.Think, UserRamp: given(f.Ramp, 0), Follow: f.Follow, RequestID: f.RequestID,
		LatencyFrom: f.LatencyFrom, Breakdown: f.Breakdown, Data: f.data(), Script: f.Script,
		ConnectTimeout: f.ConnectTimeout, RequestTimeout: f.Timeout, Drain: f.Drain,
		Phases: f.phases(),
	}
	if f.overTime() {
		spec.Segment = f.segment()
	}
	spec.CPUs = f.CPUs[:min(len(f.CPUs), spec.Threads)]
	if f.ReconnectEvery != nil {
		spec.Connection = scenarios.Connection{ReconnectEvery: *f.ReconnectEvery, CloseWith: scenarios.FIN}
		if f.RST {
			spec.Connection.CloseWith = scenarios.RST
		}
	}
	if u.TLS {
		tls := f.TLS
		tls.ServerName = cmp.Or(tls.ServerName, u.Name)
		spec.Protocol, spec.TLS = scenarios.H1S, &tls
	}
	if f.Proxy != "" {
		spec.Proxy = f.proxy(&spec.Requests[0])
	}
	spec = spec.WithDefaults()
	if err := spec.Validate(); err != nil {
		return spec, err
	}
	return spec, pieces.Check(&spec)
}

// given returns the value of a flag, or the default where it was not given.
func given[T any](flag *T, otherwise T) T {
	if flag == nil {
		return otherwise
	}
	return *flag
}

func (f *Flags) target(u URL, addresses []string) loaders.Target {
	target := loaders.Target{Network: "tcp", Host: u.Host}
	switch {
	case f.Unix != "":
		target.Network, target.Address = "unix", f.Unix
	case f.Proxy != "":
		target.Address = net.JoinHostPort(u.Name, u.Port)
	default:
		for i, a := range addresses {
			if joined := net.JoinHostPort(a, u.Port); i == 0 {
				target.Address = joined
			} else {
				target.More = append(target.More, joined)
			}
		}
		if _, err := netip.ParseAddr(u.Name); f.Breakdown && err != nil {
			target.Name = u.Name
		}
	}
	return target
}

// proxy returns the proxy, with the headers that are for it, which it takes out of the
// request.
func (f *Flags) proxy(r *scenarios.Request) *loaders.Proxy {
	p := &loaders.Proxy{Address: f.Proxy}
	var rest []scenarios.Header
	for _, h := range r.Headers {
		if loaders.ForProxy(h) {
			p.Headers = append(p.Headers, h)
		} else {
			rest = append(rest, h)
		}
	}
	r.Headers = rest
	if name := "Proxy-Authorization"; f.ProxyAuthorization != "" && !hasField(p.Headers, name) {
		p.Headers = append(p.Headers, scenarios.Header{Name: name, Value: f.ProxyAuthorization})
	}
	return p
}

// request returns the one request. It compiles it, to find its problems.
func (f *Flags) request(u URL) (scenarios.Request, error) {
	r := scenarios.Request{Method: f.Method, Path: busted(u.Path, f.Bust)}
	body, bodyType := f.body()
	if r.Body = body; body != nil {
		r.Method = cmp.Or(r.Method, "POST")
	}
	r.Method = cmp.Or(r.Method, "GET")
	if f.HTTP10 {
		r.Version = "1.0"
	}
	var err error
	if r.Headers, err = f.fields(u, bodyType); err != nil {
		return r, err
	}
	if err := checkRequestID(f.RequestID, r.Headers); err != nil {
		return r, err
	}
	r.Exchange = f.continues(&r)
	r.Expect.Status = given(f.ExpectStatus, 0)
	if f.ExpectBody != nil {
		r.Expect.Body = &scenarios.Body{Text: *f.ExpectBody}
	}
	r.Expect.Checks = f.checks()
	if f.Compressed {
		r.Expect.Encodings = []scenarios.Encoding{scenarios.Gzip, scenarios.Brotli, scenarios.Identity}
	}
	r.Name = r.Method + " " + u.Path
	r.Pieces = f.usesPieces() && hasPieces(&r)
	ends, err := f.builds(&r, u.Host)
	switch {
	case err != nil:
		return r, cmp.Or(errors.Unwrap(err), err)
	case ends && f.Depth > 1:
		return r, fmt.Errorf("--depth %d with a request that ends its connection (Connection: close, or HTTP/1.0): nothing may be asked behind it: leave out the one or the other", f.Depth)
	}
	return r, nil
}

// continues returns the exchange of a request with the field Expect: 100-continue: its
// body waits up to ContinueWait for the answer to its head (RFC 9110 §10.1.1). It
// returns nil for all others, and for HTTP/1.0, in which servers ignore the field.
func (f *Flags) continues(r *scenarios.Request) scenarios.Exchange {
	waits := slices.ContainsFunc(r.Headers, func(h scenarios.Header) bool {
		return strings.EqualFold(h.Name, "Expect") && strings.EqualFold(strings.TrimSpace(h.Value), "100-continue")
	})
	if !waits || r.Body.Size() == 0 || r.Version == "1.0" {
		return nil
	}
	wait := min(ContinueWait, f.Timeout/2).Microseconds()
	return scenarios.Exchange{{SendHead: new(true)}, {AwaitContinueMicros: new(max(wait, 1))}, {SendBytes: new(int64(-1))}, {AwaitEnd: new(true)}}
}

func (f *Flags) connections() int {
	return given(f.Connections, int(min(given(f.Requests, DefaultConnections), DefaultConnections)))
}

func (f *Flags) threads() int {
	most := len(f.CPUs)
	if most == 0 {
		most = max(1, f.Processors/2)
	}
	connections := f.connections()
	return given(f.Threads, max(1, min(most, connections, given(f.Users, connections))))
}

// phases returns a warm-up, at the rate of an open loop, and the measured phase.
func (f *Flags) phases() []loaders.Phase {
	p := loaders.Phase{
		Name: results.PhaseClosed, Loop: results.ClosedLoop, Measured: true,
		Duration: DefaultDuration, Lead: closedLead, ShedAfter: given(f.ShedAfter, 0),
	}
	warmup := DefaultWarmup
	if f.Requests != nil {
		// The server answers exactly that many: none before the window.
		p.Count, p.Duration, p.Lead, warmup = *f.Requests, endless, 0, 0
	}
	if f.wholeWindow() {
		p.Lead, warmup = 0, 0
	}
	if f.walk.ends() {
		p.Duration = endless
	}
	p.Duration, warmup = given(f.Duration, p.Duration), given(f.Warmup, warmup)
	if f.RateRPS != nil {
		p.Name, p.Loop, p.RateRPS, p.Schedule = PhaseOpen, results.OpenLoop, *f.RateRPS, loaders.Constant
		switch {
		case f.Poisson:
			p.Schedule = loaders.Poisson
		case f.RampToRPS != nil:
			p.Schedule, p.RampToRPS = loaders.Ramp, *f.RampToRPS
		case f.Burst != nil:
			p.Schedule, p.BurstSize = loaders.Burst, *f.Burst
		case f.Profile != nil:
			p.Schedule, p.Profile = loaders.Profiled, f.Profile
		}
		if p.Count == 0 && !f.wholeWindow() {
			p.Lead = openLead
		}
	}
	if warmup == 0 {
		return []loaders.Phase{p}
	}
	w := p
	w.Name, w.Measured, w.Duration, w.Count, w.Lead = results.PhaseWarmup, false, warmup, 0, 0
	switch w.Schedule {
	case loaders.Ramp:
		w.Schedule, w.RampToRPS = loaders.Constant, 0
	case loaders.Profiled:
		w.Schedule, w.Profile, w.RateRPS = loaders.Constant, nil, f.meanRate(p.Duration)
	}
	return []loaders.Phase{w, p}
}

// wholeWindow reports whether the load is measured from its begin where no warm-up is asked
// for: rows that are taken once, a ramp of users, a profile and a script have a begin.
func (f *Flags) wholeWindow() bool {
	return f.rowsEnd() || f.Ramp != nil || f.Profile != nil || f.Script != nil || f.ramped || f.walk.ends() || f.walk.rowsEnd()
}
