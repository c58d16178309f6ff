package adhoc

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/arrival"
)

// check finds what is wrong with the flags, all at once.
func (o *Options) check(t Target) error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	o.checkNumbers(refuse)
	o.checkLoop(refuse)
	o.checkRoute(t, refuse)
	return errors.Join(errs...)
}

type refusal func(bad bool, format string, args ...any)

func (o *Options) checkNumbers(refuse refusal) {
	if c := o.Connections; c != nil {
		refuse(*c < 1, "-c %d: at least 1 connection is needed", *c)
	}
	if n := o.Threads; n != nil {
		refuse(*n < 1, "-t %d: at least 1 thread is needed", *n)
		refuse(*n > max(1, o.connections()), "-t %d for %d connections: a thread without a connection has nothing to do; ask for more with -c", *n, o.connections())
		refuse(len(o.CPUs) > 0 && *n > len(o.CPUs), "-t %d with %d CPUs in --cpus: one CPU a thread is needed", *n, len(o.CPUs))
	}
	if n := o.Users; n != nil {
		refuse(*n < 1, "--users %d: at least 1 is needed; leave it out to make each connection a user", *n)
		refuse(o.threads() > max(1, *n), "-t %d for --users %d: a thread without a user has nothing to do", o.threads(), *n)
	}
	refuse(o.Depth < 1, "--depth %d: at least 1 request in flight is needed", o.Depth)
	if n := o.Requests; n != nil {
		refuse(*n == 0, "-n 0: at least 1 request is needed; leave it out to be bounded by -d alone")
	}
	if n := o.ReconnectEvery; n != nil {
		refuse(*n < 1, "--reconnect %d: at least 1 request a connection is needed; leave it out to keep connections", *n)
	}
	refuse(o.RST && o.ReconnectEvery == nil, "--rst says how --reconnect closes connections: give --reconnect N too")
	if s := o.ExpectStatus; s != nil {
		refuse(*s != 101 && (*s < 200 || *s > 599), "--expect-status %d: a final status from 200 to 599 is needed", *s)
	}
	for _, d := range []struct {
		flag string
		d    time.Duration
	}{{"--timeout", o.Timeout}, {"--connect-timeout", o.ConnectTimeout}, {"--drain", o.Drain}} {
		refuse(d.d <= 0, "%s %v: must be above 0", d.flag, d.d)
	}
}

func (o *Options) checkLoop(refuse refusal) {
	if d := o.Duration; d != nil {
		refuse(*d <= 0, "-d %v: must be above 0", *d)
	}
	if d := o.Warmup; d != nil {
		refuse(*d < 0, "--warmup %v: must not be negative", *d)
	}
	refuse(o.Idle != "" && !slices.Contains(loaders.IdleStrategies(), o.Idle), "--idle %s: %s", o.Idle, loaders.IdleWords)
	if o.RateRPS == nil {
		refuse(o.Poisson, "--poisson says how requests of an open loop are spaced: give its rate with -R")
		refuse(o.RampToRPS != nil, "--ramp-to is where the rate of an open loop ends: give the one with which it begins with -R")
		refuse(o.Burst != nil, "--burst says how requests of an open loop are spaced: give their mean rate with -R")
		refuse(o.ShedAfter != nil, "--shed-after is for open loops: give a rate with -R")
		return
	}
	refuse(o.Users != nil || o.Think != loaders.Think{}, "--users and --think are for closed loops: with -R requests are due by the rate, whatever users do: leave out the one or the other")
	if rate := *o.RateRPS; !(rate > 0) || math.IsInf(rate, 0) {
		refuse(true, "-R %v: a rate above 0 in requests per second is needed", rate)
	} else {
		_, err := arrival.Constant(rate)
		refuse(err != nil, "-R %v: %v", rate, err)
	}
	o.checkSchedule(refuse)
	if d := o.ShedAfter; d != nil {
		refuse(*d <= 0, "--shed-after %v: must be above 0", *d)
	}
}

// checkSchedule finds what is wrong with requests that are not evenly spaced.
func (o *Options) checkSchedule(refuse refusal) {
	var asked []string
	for _, s := range []struct {
		flag  string
		given bool
	}{{"--poisson", o.Poisson}, {"--ramp-to", o.RampToRPS != nil}, {"--burst", o.Burst != nil}} {
		if s.given {
			asked = append(asked, s.flag)
		}
	}
	refuse(len(asked) > 1, "%s are different schedules of the open loop: give one of them", strings.Join(asked, " and "))
	if to := o.RampToRPS; to != nil {
		_, err := arrival.Ramp(*to, *to, time.Second)
		refuse(err != nil, "--ramp-to %v: %v", *to, err)
		refuse(o.Requests != nil && o.Duration == nil, "--ramp-to with -n alone: the rate changes over the window, so give its length with -d")
	}
	if n := o.Burst; n != nil {
		refuse(*n < 1, "--burst %d: at least 1 request is needed", *n)
	}
}

func (o *Options) checkRoute(t Target, refuse refusal) {
	for _, f := range []struct {
		flag  string
		given bool
	}{
		{"--ca", o.TLS.CAFile != ""},
		{"--cert", o.TLS.CertFile != ""},
		{"--key", o.TLS.KeyFile != ""},
		{"--insecure", o.TLS.Insecure},
		{"--servername", o.TLS.ServerName != ""},
		{"--resume", o.TLS.Resume},
	} {
		refuse(f.given && !t.TLS, "%s is for TLS, and the URL says http: write https://, or leave the flag out", f.flag)
	}
	refuse((o.TLS.CertFile == "") != (o.TLS.KeyFile == ""), "--cert and --key belong together: give both or neither")
	refuse(o.TLS.Insecure && o.TLS.CAFile != "", "--insecure trusts everybody and --ca one authority: give one of them")
	refuse(o.Unix != "" && o.Proxy != "", "--unix and --proxy are two ways to the server: give one of them")
}
