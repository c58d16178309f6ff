// Package adhoc turns what a person asks on a command line, one URL and some
// flags, into a loaders.Spec. It is pure: it resolves no names and reads no
// files.
package adhoc

import (
	"cmp"
	"errors"
	"net"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/wire"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// Defaults of what is not asked for.
const (
	DefaultConnections = 64
	DefaultDuration    = 10 * time.Second
	DefaultWarmup      = time.Second
)

// PhaseOpen is the name of the measured phase of an open loop; that of a
// closed loop is results.PhaseClosed.
const PhaseOpen = "open"

const (
	// endless bounds a load that ends by its number of requests.
	endless = 24 * time.Hour
	// closedLead and openLead are the time before a window in which load
	// already flows.
	closedLead = 100 * time.Millisecond
	openLead   = 200 * time.Millisecond
)

// Options is what is asked. A nil pointer and, where nothing else is said, a
// zero stand for what was not given.
type Options struct {
	Connections *int
	// Threads not given is one for each of CPUs or half of Processors.
	Threads *int
	// Users share the connections of a closed loop; not given makes each place in a
	// connection's pipeline a user.
	Users *int
	Think loaders.Think
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
	Burst     *int
	ShedAfter *time.Duration

	// Method not given is GET, or POST where there is a body.
	Method string
	// Headers are lines such as "Accept: text/plain". One of Host replaces
	// the URL's.
	Headers []string
	Body    *string
	Depth   int
	// ReconnectEvery closes connections after that many requests, with RST
	// instead of FIN where asked.
	ReconnectEvery *int
	RST            bool

	// ExpectStatus not given takes any from 200 to 399.
	ExpectStatus *int
	// ExpectBody is compared byte for byte.
	ExpectBody *string

	Timeout, ConnectTimeout, Drain time.Duration

	TLS loaders.TLS
	// Unix is the path of a socket to connect to instead of the URL's host.
	Unix string
	// Proxy is the numeric address of an HTTP proxy.
	Proxy string

	// Idle not given is loaders.DefaultIdle.
	Idle   loaders.IdleStrategy
	Engine loaders.EngineName
	Seed   uint64
}

// Spec is the load of the options on the target. The addresses are those of
// the target's name, numeric and without a port; behind a proxy and on a Unix
// socket there are none. The error holds every problem at once, in the words of
// the flags of `joust load`.
func (o *Options) Spec(t Target, addresses []string) (loaders.Spec, error) {
	if err := o.check(t); err != nil {
		return loaders.Spec{}, err
	}
	request, err := o.request(t)
	if err != nil {
		return loaders.Spec{}, err
	}
	spec := loaders.Spec{
		Target: o.target(t, addresses), Protocol: scenarios.H1, Engine: o.Engine,
		Requests: []scenarios.Request{request}, Depth: o.Depth,
		Connections: o.connections(), Threads: o.threads(), CPUs: o.CPUs,
		Idle: o.idle(), Seed: o.Seed, Think: o.Think,
		ConnectTimeout: o.ConnectTimeout, RequestTimeout: o.Timeout, Drain: o.Drain,
		Phases: o.phases(),
	}
	if o.Users != nil {
		spec.Users = *o.Users
	}
	if len(o.CPUs) > spec.Threads {
		spec.CPUs = o.CPUs[:spec.Threads]
	}
	if o.ReconnectEvery != nil {
		spec.Connection = scenarios.Connection{ReconnectEvery: *o.ReconnectEvery, CloseWith: scenarios.FIN}
		if o.RST {
			spec.Connection.CloseWith = scenarios.RST
		}
	}
	if t.TLS {
		tls := o.TLS
		if tls.ServerName == "" {
			tls.ServerName = t.Name
		}
		spec.Protocol, spec.TLS = scenarios.H1S, &tls
	}
	if o.Proxy != "" {
		spec.Proxy = &loaders.Proxy{Address: o.Proxy}
	}
	spec = spec.WithDefaults()
	return spec, spec.Validate()
}

func (o *Options) target(t Target, addresses []string) loaders.Target {
	out := loaders.Target{Network: "tcp", Host: t.Host}
	switch {
	case o.Unix != "":
		out.Network, out.Address = "unix", o.Unix
	case o.Proxy != "":
		out.Address = net.JoinHostPort(t.Name, t.Port)
	default:
		for i, a := range addresses {
			if joined := net.JoinHostPort(a, t.Port); i == 0 {
				out.Address = joined
			} else {
				out.More = append(out.More, joined)
			}
		}
	}
	return out
}

// request is the one request, compiled once to find what is wrong with it.
func (o *Options) request(t Target) (scenarios.Request, error) {
	r := scenarios.Request{Method: o.Method, Path: t.Path}
	if r.Method == "" {
		r.Method = "GET"
		if o.Body != nil {
			r.Method = "POST"
		}
	}
	headers, err := parseHeaders(o.Headers)
	if err != nil {
		return r, err
	}
	r.Headers = withCredentials(headers, t.Authorization)
	if o.Body != nil {
		r.Body = &scenarios.Body{Text: *o.Body}
	}
	r.Exchange = continues(&r)
	if o.ExpectStatus != nil {
		r.Expect.Status = *o.ExpectStatus
	}
	if o.ExpectBody != nil {
		r.Expect.Body = &scenarios.Body{Text: *o.ExpectBody}
	}
	r.Name = r.Method + " " + r.Path
	if _, err := wire.Compile(&r, t.Host); err != nil {
		return r, errors.Unwrap(err)
	}
	return r, nil
}

func (o *Options) connections() int {
	if o.Connections != nil {
		return *o.Connections
	}
	if o.Requests != nil && *o.Requests < DefaultConnections {
		return int(*o.Requests)
	}
	return DefaultConnections
}

func (o *Options) threads() int {
	if o.Threads != nil {
		return *o.Threads
	}
	most := o.connections()
	if o.Users != nil {
		most = min(most, *o.Users)
	}
	if len(o.CPUs) > 0 {
		return min(len(o.CPUs), most)
	}
	return max(1, min(o.Processors/2, most))
}

// idle is the strategy asked for, or the default one: threads that are pinned
// have processors of their own.
func (o *Options) idle() loaders.IdleStrategy {
	return cmp.Or(o.Idle, loaders.DefaultIdle(len(o.CPUs) > 0, o.Processors))
}

// phases are a warm-up, at the rate of an open loop, and the measured phase.
func (o *Options) phases() []loaders.Phase {
	p := loaders.Phase{
		Name: results.PhaseClosed, Loop: results.ClosedLoop, Measured: true,
		Duration: DefaultDuration, Lead: closedLead,
	}
	warmup := DefaultWarmup
	if o.Requests != nil {
		// Exactly that many are asked: nothing before the window counts
		// beside them.
		p.Count, p.Duration, p.Lead, warmup = *o.Requests, endless, 0, 0
	}
	if o.Duration != nil {
		p.Duration = *o.Duration
	}
	if o.Warmup != nil {
		warmup = *o.Warmup
	}
	if o.RateRPS != nil {
		p.Name, p.Loop, p.RateRPS, p.Schedule = PhaseOpen, results.OpenLoop, *o.RateRPS, loaders.Constant
		switch {
		case o.Poisson:
			p.Schedule = loaders.Poisson
		case o.RampToRPS != nil:
			p.Schedule, p.RampToRPS = loaders.Ramp, *o.RampToRPS
		case o.Burst != nil:
			p.Schedule, p.BurstSize = loaders.Burst, *o.Burst
		}
		if p.Count == 0 {
			p.Lead = openLead
		}
	}
	if o.ShedAfter != nil {
		p.ShedAfter = *o.ShedAfter
	}
	if warmup == 0 {
		return []loaders.Phase{p}
	}
	w := p
	w.Name, w.Measured, w.Duration, w.Count, w.Lead = results.PhaseWarmup, false, warmup, 0, 0
	if w.Schedule == loaders.Ramp {
		w.Schedule, w.RampToRPS = loaders.Constant, 0
	}
	return []loaders.Phase{w, p}
}
