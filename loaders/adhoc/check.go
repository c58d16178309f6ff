package adhoc

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/arrival"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// check returns every problem of the flags at once.
func (f *Flags) check(u URL) error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	f.checkNumbers(refuse)
	f.checkLoop(refuse)
	f.checkFields(u, refuse)
	f.checkAnswers(refuse)
	f.checkRoute(u, refuse)
	f.checkFind(refuse)
	f.checkPieces(u, refuse)
	f.checkScript(refuse)
	return errors.Join(errs...)
}

type refusal func(bad bool, format string, args ...any)

func (f *Flags) checkNumbers(refuse refusal) {
	refuse(given(f.Connections, 1) < 1, "-c %d: at least 1 connection is needed", given(f.Connections, 0))
	if n := f.Threads; n != nil {
		refuse(*n < 1, "-t %d: at least 1 thread is needed", *n)
		refuse(*n > max(1, f.connections()), "-t %d for %d connections: a thread without a connection has nothing to do; ask for more with -c", *n, f.connections())
		refuse(len(f.CPUs) > 0 && *n > len(f.CPUs), "-t %d with %d CPUs in --cpus: one CPU a thread is needed", *n, len(f.CPUs))
	}
	if n := f.Users; n != nil {
		refuse(*n < 1, "--users %d: at least 1 is needed; leave it out to make each connection a user", *n)
		refuse(f.threads() > max(1, *n), "-t %d for --users %d: a thread without a user has nothing to do", f.threads(), *n)
	}
	refuse(f.Depth < 1, "--depth %d: at least 1 request in flight is needed", f.Depth)
	refuse(f.HTTP10 && f.Depth > 1, "--http1.0 with --depth %d: HTTP/1.0 has one request in flight on a connection: leave out the one or the other", f.Depth)
	refuse(given(f.Requests, 1) == 0, "-n 0: at least 1 request is needed; leave it out to be bounded by -d alone")
	refuse(given(f.ReconnectEvery, 1) < 1, "--reconnect %d: at least 1 request a connection is needed; leave it out to keep connections", given(f.ReconnectEvery, 0))
	refuse(f.RST && f.ReconnectEvery == nil, "--rst says how --reconnect closes connections: give --reconnect N too")
	status := given(f.ExpectStatus, 200)
	refuse(status != scenarios.AnyStatus && !isFinal(status), "--expect-status %d: a final status from 200 to 599 is needed, or any", status)
	refuse(f.Follow && f.Depth > 1, "--follow with --depth %d: a redirect's request waits for an answer, so leave out the one or the other", f.Depth)
	refuse(f.Follow && results.Redirects(status), "--expect-status %d with --follow: that answer is followed, and the last one is judged: leave out the one or the other", status)
	for _, d := range []struct {
		flag string
		d    time.Duration
	}{{"--timeout", f.Timeout}, {"--connect-timeout", f.ConnectTimeout}, {"--drain", f.Drain}} {
		refuse(d.d <= 0, "%s %v: must be above 0", d.flag, d.d)
	}
}

// isFinal reports whether an answer may end with the status.
func isFinal(status int) bool { return status == 101 || status >= 200 && status <= 599 }

func (f *Flags) checkLoop(refuse refusal) {
	duration, warmup := given(f.Duration, 1), given(f.Warmup, 0)
	refuse(duration <= 0, "-d %v: must be above 0", duration)
	refuse(warmup < 0, "--warmup %v: must not be negative", warmup)
	refuse(f.Idle != "" && !slices.Contains(loaders.IdleStrategies(), f.Idle), "--idle %s: %s", f.Idle, loaders.IdleWords)
	f.checkLatency(refuse)
	f.checkRamp(refuse)
	if f.RateRPS == nil {
		refuse(f.Poisson, "--poisson says how requests of an open loop are spaced: give its rate with -R")
		refuse(f.RampToRPS != nil, "--ramp-to is where the rate of an open loop ends: give the one with which it begins with -R")
		refuse(f.Profile != nil, "--rate-profile changes the rate of an open loop: give that rate, to which the profile's shares refer, with -R")
		refuse(f.Burst != nil, "--burst says how requests of an open loop are spaced: give their mean rate with -R")
		refuse(f.ShedAfter != nil, "--shed-after is for open loops: give a rate with -R")
		return
	}
	refuse(f.Users != nil || f.Think != loaders.Think{}, "--users and --think are for closed loops: with -R requests are due by the rate, whatever users do: leave out the one or the other")
	if rate := *f.RateRPS; !(rate > 0) || math.IsInf(rate, 0) {
		refuse(true, "-R %v: a rate above 0 in requests per second is needed", rate)
	} else {
		_, err := arrival.Constant(rate)
		refuse(err != nil, "-R %v: %v", rate, err)
	}
	f.checkSchedule(refuse)
	shed := given(f.ShedAfter, 1)
	refuse(shed <= 0, "--shed-after %v: must be above 0", shed)
}

// checkRamp checks the time over which the starts of users are spread.
func (f *Flags) checkRamp(refuse refusal) {
	if f.Ramp == nil {
		return
	}
	ramp, bounded := *f.Ramp, f.Requests == nil || f.Duration != nil
	length := given(f.Duration, DefaultDuration) + given(f.Warmup, 0)
	refuse(ramp <= 0, "--ramp %v: must be above 0; leave it out to start all users together", ramp)
	refuse(f.RateRPS != nil, "--ramp spreads the starts of users, and with -R there are none: --ramp-to changes a rate")
	refuse(f.RateRPS == nil && f.Users == nil && f.Think == loaders.Think{}, "--ramp %v: say with --users how many users start in that time", ramp)
	refuse(bounded && ramp > length, "--ramp %v is longer than the load of %v, so the last users would never start: ask for a longer load with -d, or for a shorter ramp", ramp, length)
}

// checkLatency checks where the time of a request begins.
func (f *Flags) checkLatency(refuse refusal) {
	from := cmp.Or(f.LatencyFrom, loaders.FromSend)
	refuse(from != loaders.FromSend && from != loaders.FromConnect, "--latency-from %s: %s or %s", from, loaders.FromSend, loaders.FromConnect)
	if from != loaders.FromConnect {
		return
	}
	refuse(f.RateRPS != nil, "--latency-from connect is for closed loops: with -R latency counts from the time at which a request was due, which covers the wait for a connection: leave out the one or the other")
	refuse(f.Users != nil || f.Think != loaders.Think{}, "--latency-from connect with --users or --think: users find connections ready: leave out the one or the other")
	refuse(f.Follow, "--latency-from connect with --follow: a request and its redirects may use several connections: leave out the one or the other")
}

// checkSchedule checks the flags of requests that are not evenly spaced.
func (f *Flags) checkSchedule(refuse refusal) {
	var laws []string
	for _, s := range []struct {
		flag string
		is   bool
	}{{"--poisson", f.Poisson}, {"--ramp-to", f.RampToRPS != nil}, {"--burst", f.Burst != nil}, {"--rate-profile", f.Profile != nil}} {
		if s.is {
			laws = append(laws, s.flag)
		}
	}
	refuse(len(laws) > 1, "%s are different schedules of the open loop: give one of them", strings.Join(laws, " and "))
	if to := f.RampToRPS; to != nil {
		_, err := arrival.Ramp(*to, *to, time.Second)
		refuse(err != nil, "--ramp-to %v: %v", *to, err)
		refuse(f.Requests != nil && f.Duration == nil, "--ramp-to with -n alone: the rate changes over the window, so give its length with -d")
	}
	f.checkProfile(refuse)
	burst := given(f.Burst, 1)
	refuse(burst < 1, "--burst %d: at least 1 request is needed", burst)
}

func (f *Flags) checkRoute(u URL, refuse refusal) {
	for _, tls := range []struct {
		name string
		is   bool
	}{
		{"--ca", f.TLS.CAFile != ""},
		{"--cert", f.TLS.CertFile != ""},
		{"--key", f.TLS.KeyFile != ""},
		{"--servername", f.TLS.ServerName != ""},
		{"--resume", f.TLS.Resume},
	} {
		refuse(tls.is && !u.TLS, "%s is for TLS, and the URL says http: write https://, or leave the flag out", tls.name)
	}
	refuse(f.TLS.Insecure && !u.TLS, "-k, --insecure is for TLS, and the URL says http: write https://, or leave the flag out (connections are kept anyway, which ab's -k asks for)")
	refuse((f.TLS.CertFile == "") != (f.TLS.KeyFile == ""), "--cert and --key belong together: give both or neither")
	refuse(f.TLS.Insecure && f.TLS.CAFile != "", "--insecure trusts everybody and --ca one authority: give one of them")
	refuse(f.Unix != "" && f.Proxy != "", "--unix and --proxy are two ways to the server: give one of them")
}

// checkScript refuses flags that say what a script says itself.
func (f *Flags) checkScript(refuse refusal) {
	if f.Script == nil {
		return
	}
	const what = "--script with "
	compat := f.Script.Compat
	refuse(compat != loaders.Strict && compat != loaders.Lax && compat != loaders.WRK2, "--compat %s: %s", compat, loaders.CompatWords)
	refuse(f.Depth > 1, what+"--depth %d: the script sets the depth, by the number of requests that its function request() returns: leave --depth out", f.Depth)
	refuse(f.Users != nil || f.Think != loaders.Think{}, what+"--users or --think: each connection asks the script, whose function delay() makes it wait: leave them out")
	refuse(f.Data != nil, what+"--data: the script reads files itself, with io.lines")
	refuse(f.Bust != "", what+"--bust: the script makes the URL, with wrk.format")
	refuse(f.Follow, what+"--follow: the script sees redirects in its function response(): leave --follow out")
	refuse(f.RequestID != "", what+"--request-id: the script makes the headers, with wrk.format: leave --request-id out")
	refuse(f.Proxy != "", what+"--proxy: requests that a script makes as bytes go to the server itself: leave --proxy out")
}
