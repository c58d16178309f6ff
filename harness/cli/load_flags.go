package cli

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"

	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/files"
)

// loadFlags are the flags of joust load.
type loadFlags struct {
	load adhoc.Flags
	// given sets the options whose flags were given.
	given []func(*pflag.FlagSet)
	// read makes options of these.
	rate, rampTo, profile, cpus, bodyFile, dataFile, proxy, urlFile, flowFile string
	json                                                                      *string
	// script names the file of a script, compat the way to run it; scriptArgs are the
	// arguments behind the URL.
	script, compat string
	scriptArgs     []string
	outputFlags
	ruleFlags
	// anyway loads while a comparison measures.
	anyway bool
	export exportFlags
}

// optional sets an option to its flag's value where the flag is given.
func optional[T any](f *loadFlags, flag string, value *T, option **T) {
	f.given = append(f.given, func(flags *pflag.FlagSet) {
		if flags.Changed(flag) {
			*option = value
		}
	})
}

func (f *loadFlags) register(flags *pflag.FlagSet) {
	o := &f.load
	flags.SortFlags = false
	under := sections(flags)
	under("To begin with")
	optional(f, "connections", flagOf(flags, integerForm, "connections", "c", adhoc.DefaultConnections, "`connections`, all threads together"), &o.Connections)
	optional(f, "duration", flagOf(flags, durationForm, "duration", "d", adhoc.DefaultDuration, "`time` to measure: seconds, or with units such as 1m30s"), &o.Duration)
	optional(f, "requests", flagOf(flags, countForm, "requests", "n", 0, "end after that many `requests`, such as 500 or 10k"), &o.Requests)
	flags.StringVarP(&f.rate, "rate", "R", "", "open loop at a `rate` in requests per second, such as 20000 or 20k")
	flags.StringArrayVarP(&o.Headers, "header", "H", nil, "`header` \"Name: value\" (repeatable); Host replaces the URL's")

	flags.StringVar(&f.urlFile, "url-file", "", "ask the URLs of this `file`, one a line; - for standard input")

	flags.StringVar(&f.flowFile, "flow", "", "let users walk through the flows of this `file`; - for standard input; a URL replaces its base")

	under("The request")
	flags.StringVarP(&o.Method, "method", "m", "", "`method`, -X too (default GET, or POST with a body)")
	optional(f, "body", flags.StringP("body", "b", "", "body: a `text`, @FILE, or @- for standard input; its type is application/octet-stream where no header says another"), &o.Body)
	flags.StringVar(&f.bodyFile, "body-file", "", "`file` with the body, - for standard input")
	optional(f, "json", flags.String("json", "", "body of the type application/json, which is accepted too: a `text`, @FILE or @-"), &f.json)
	flags.StringArrayVar(&o.Form, "form", nil, "`field` name=value of a form as the body (repeatable)")
	flags.StringArrayVar(&o.Cookies, "cookie", nil, "`cookie` name=value (repeatable)")
	flags.StringVarP(&o.BasicAuth, "basic-auth", "A", "", "`user:password` for HTTP's basic authentication")
	alias(flags, "method", "request", "X")
	flags.BoolVar(&o.Compressed, "compressed", false, "accept gzip and br; answers are inflated before their body is compared")
	flags.BoolVar(&o.Follow, "follow", false, "follow redirects within the server; a request counts with those that it leads to")
	flags.StringVar(&o.RequestID, "request-id", "", "give each request an id of its own in this `header`, and list the slowest by it")
	flags.Lookup("request-id").NoOptDefVal = adhoc.DefaultRequestID
	flags.StringVar(&o.Bust, "bust", "", "give each request a `parameter` of the URL with a new value, so that no cache answers it")
	flags.Lookup("bust").NoOptDefVal = adhoc.DefaultBust
	flags.Var(value[string]{&f.dataFile, rowsForm}, "data", "`file` of rows, CSV with a line of names or JSON lines, whose columns are ${NAME} in the request")
	flags.StringVar((*string)(&o.DataOrder), "data-order", "", "`order` in which requests take rows: "+loaders.DataOrderWords+" (default loop); sequential and unique end the load behind the last row")

	flags.StringVar(&f.script, "script", "", "let a `file` in Lua, written for wrk, say what is asked; arguments behind the URL are the script's")
	flags.StringVar(&f.compat, "compat", "", "`way` to run the script: lax goes on after an error while it is loaded, wrk2 shows it corrected latencies (default: as wrk 4)")

	under("Which answers are right")
	optional(f, "expect-status", flagOf(flags, statusForm, "expect-status", "", 0, "the right `status`, or the word any (default: any from 200 to 399)"), &o.ExpectStatus)
	optional(f, "expect-body", flags.String("expect-body", "", "the right body, a `text`, byte for byte (default: any)"), &o.ExpectBody)
	flags.StringArrayVar(&o.ExpectHeaders, "expect-header", nil, "a right answer has this `header`: \"Name: value\", or \"Name\" for any value (repeatable)")
	flags.StringArrayVar(&o.ExpectJSON, "expect-json", nil, "`PATH=VALUE` in a right JSON body, such as items[0].id=5 (repeatable)")
	flags.StringArrayVar(&o.ExpectRegex, "expect-regex", nil, "`expression` in Go's syntax that a right body matches (repeatable)")
	flags.BoolVar(&o.VerifyLength, "verify-length", false, "right bodies have as many bytes, as they are sent, as that of the first right answer")

	under("The load")
	optional(f, "threads", flagOf(flags, integerForm, "threads", "t", 0, "loader `threads` (default: one for each of --cpus, or for every second CPU)"), &o.Threads)
	optional(f, "warmup", flagOf(flags, durationForm, "warmup", "", adhoc.DefaultWarmup, "`time` of load before the measured window"), &o.Warmup)
	optional(f, "users", flagOf(flags, integerForm, "users", "", 0, "closed loop of that many `users` who share the connections (default: each connection is a user)"), &o.Users)
	flags.TextVar(&o.Think, "think", loaders.Think{}, "closed loop: `time` from an answer to the user's next request: "+loaders.ThinkWords)
	optional(f, "ramp", flagOf(flags, durationForm, "ramp", "", 0, "`time` over which the starts of users are spread evenly (default: all start together)"), &o.Ramp)
	flags.BoolVar(&o.Poisson, "poisson", false, "open loop with random gaps, as independent users make them")
	flags.StringVar(&f.rampTo, "ramp-to", "", "open loop whose rate changes, over the window, from that of -R to this `rate`, such as 20000 or 20k")
	flags.StringVar(&f.profile, "rate-profile", "", "open loop whose rate follows a `curve` over the window, with its parameters: "+loaders.ProfileWords)
	optional(f, "burst", flagOf(flags, integerForm, "burst", "", 0, "open loop in which so many `requests` are due at once, at the mean rate of -R"), &o.Burst)
	optional(f, "shed-after", flagOf(flags, durationForm, "shed-after", "", 0, "open loop: give up a request that could not be sent in that `time` after it was due"), &o.ShedAfter)
	durationVar(flags, &o.Timeout, "timeout", loaders.DefaultRequestTimeout, "a request without an answer for that `time` has failed")
	durationVar(flags, &o.Drain, "drain", loaders.DefaultDrain, "`time` for which answers are awaited after the window")
	flags.BoolVar(&f.anyway, "anyway", false, "do not wait while a comparison measures on this machine: both disturb each other, and the report says so")

	under("The capacity")
	f.registerFind(flags)

	under("Connections")
	flags.BoolVar(&o.HTTP10, "http1.0", false, "ask in HTTP/1.0: a connection ends with its answer, unless -H 'Connection: keep-alive' is answered")
	integerVar(flags, &o.Depth, "depth", 1, "`requests` in flight on each connection (pipelining)")
	optional(f, "reconnect", flagOf(flags, integerForm, "reconnect", "", 0, "a new connection after that many `requests` (default: connections are kept)"), &o.ReconnectEvery)
	flags.BoolVar(&o.RST, "rst", false, "close with RST instead of FIN where --reconnect closes")
	flags.StringVar((*string)(&o.LatencyFrom), "latency-from", string(loaders.FromSend), "closed loop: service time begins with the `send`, or with the connect where a connection was made for the request")
	durationVar(flags, &o.ConnectTimeout, "connect-timeout", loaders.DefaultConnectTimeout, "an attempt to connect that takes this `time` has failed")
	flags.StringVar(&o.Unix, "unix", "", "connect to this Unix `socket` instead of the URL's host; @NAME is an abstract one")
	flags.StringVar(&f.proxy, "proxy", "", "HTTP proxy, a `URL` such as http://host:port or http://user:password@host:port")

	under("TLS")
	flags.BoolVarP(&o.TLS.Insecure, "insecure", "k", false, "do not verify the server's certificate")
	flags.StringVar(&o.TLS.CAFile, "ca", "", "PEM `file` of the authority to trust instead of the system's")
	flags.StringVar(&o.TLS.CertFile, "cert", "", "PEM `file` of the client's certificate")
	flags.StringVar(&o.TLS.KeyFile, "key", "", "PEM `file` of the client certificate's key")
	flags.StringVar(&o.TLS.ServerName, "servername", "", "`name` for SNI and verification (default: the URL's host)")
	flags.BoolVar(&o.TLS.Resume, "resume", false, "let new connections resume earlier TLS sessions")

	under("The loader")
	flags.StringVar((*string)(&o.Idle), "idle", "", "`way` in which threads wait: "+loaders.IdleWords+" (default: spin with --cpus, else hybrid)")
	flags.StringVar(&f.cpus, "cpus", "", "pin the threads to these `CPUs`, such as 2-3")
	flags.StringVar((*string)(&o.Engine), "engine", "", "`name` of the engine, evloop or portable (default: the best here)")
	flags.Uint64Var(&o.Seed, "seed", 0, "`number` from which all random choices follow (default: a fresh one, printed)")

	under("The result")
	flags.BoolVar(&o.Breakdown, "breakdown", false, "show where the time of requests goes: lookup, connect, TLS handshake, write, wait, transfer")
	f.outputFlags.register(flags)
	f.registerAbort(flags)
	f.registerExports(flags)
	under("")
}

// read completes the options with the flags as they were given.
func (f *loadFlags) read(flags *pflag.FlagSet, stdin io.Reader) error {
	o := &f.load
	o.Processors = runtime.NumCPU()
	for _, set := range f.given {
		set(flags)
	}
	if !flags.Changed("seed") {
		o.Seed = session.FreshSeed()
	}
	var profileErr error
	o.Profile, profileErr = readProfile(f.profile)
	return errors.Join(profileErr, rate("-R", f.rate, &o.RateRPS), rate("--ramp-to", f.rampTo, &o.RampToRPS), f.setCPUs(), f.setData(stdin), f.setBody(stdin), f.setScript(), checkTLSFiles(o.TLS), f.export.read())
}

// rate parses the text of a flag; an empty one leaves the rate as it is.
func rate(flag, text string, to **float64) error {
	if text == "" {
		return nil
	}
	r, err := plan.ParseRate(text)
	if err != nil || r.Kind != results.RateAbsolute {
		return fmt.Errorf("%s %s: a rate above 0 in requests per second is needed, such as 20000 or 20k", flag, text)
	}
	*to = &r.RateRPS
	return nil
}

// setCPUs reads --cpus and checks that joust may use these CPUs.
func (f *loadFlags) setCPUs() error {
	cpus, err := cpuset.Parse(f.cpus)
	if err != nil {
		return fmt.Errorf("--cpus: %w", err)
	}
	if len(cpus) == 0 {
		return nil
	}
	topology, err := cpuset.Read()
	if err != nil {
		return fmt.Errorf("--cpus: %w", err)
	}
	for _, id := range cpus {
		if !slices.Contains(topology.IDs(), id) {
			return fmt.Errorf("--cpus %s: there is no CPU %d for joust here: it may use %s", f.cpus, id, cpuset.Format(topology.IDs()))
		}
	}
	f.load.CPUs = cpus
	return nil
}

// checkTLSFiles checks the PEM files before any load.
func checkTLSFiles(t loaders.TLS) error {
	var errs []error
	if t.CAFile != "" {
		data, err := files.Read(t.CAFile, mostPEM)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("--ca: %w", err))
		case !x509.NewCertPool().AppendCertsFromPEM(data):
			errs = append(errs, fmt.Errorf("--ca %s: no certificate in PEM form is in it", t.CAFile))
		}
	}
	if t.CertFile != "" && t.KeyFile != "" {
		if err := checkKeyPair(t.CertFile, t.KeyFile); err != nil {
			errs = append(errs, fmt.Errorf("--cert %s, --key %s: %w", t.CertFile, t.KeyFile, err))
		}
	}
	return errors.Join(errs...)
}

// mostPEM bounds a PEM file, in bytes.
const mostPEM = 16 << 20

// checkKeyPair checks a certificate with its key.
func checkKeyPair(certFile, keyFile string) error {
	cert, err := files.Read(certFile, mostPEM)
	if err != nil {
		return err
	}
	key, err := files.Read(keyFile, mostPEM)
	if err != nil {
		return err
	}
	_, err = tls.X509KeyPair(cert, key)
	return err
}
