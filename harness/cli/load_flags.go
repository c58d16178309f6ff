package cli

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/results"
)

func (f *loadFlags) register(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.IntVarP(&f.connections, "connections", "c", adhoc.DefaultConnections, "connections, all threads together")
	flags.IntVarP(&f.threads, "threads", "t", 0, "loader threads (default: one for each of --cpus, or for every second CPU)")
	flags.DurationVarP(&f.duration, "duration", "d", adhoc.DefaultDuration, "length of the measured window")
	flags.Uint64VarP(&f.requests, "requests", "n", 0, "end after that many requests")
	flags.StringVarP(&f.rate, "rate", "R", "", "open loop at a rate in requests per second, such as 20000 or 20k")
	flags.BoolVar(&f.poisson, "poisson", false, "open loop with random gaps, as independent users make them")
	flags.StringVar(&f.rampTo, "ramp-to", "", "open loop whose rate changes, over the window, from that of -R to this one, such as 20000 or 20k")
	flags.IntVar(&f.burst, "burst", 0, "open loop in which so many requests are due at once, at the mean rate of -R")
	flags.DurationVar(&f.warmup, "warmup", adhoc.DefaultWarmup, "length of the warm-up")
	flags.DurationVar(&f.drain, "drain", loaders.DefaultDrain, "how long answers are awaited after the window")
	flags.DurationVar(&f.shedAfter, "shed-after", 0, "open loop: give up a request that could not be sent so long after it was due")

	flags.StringVarP(&f.method, "method", "m", "", "method (default GET, or POST with a body)")
	flags.StringArrayVarP(&f.headers, "header", "H", nil, `header "Name: value" (repeatable); Host replaces the URL's`)
	flags.StringVarP(&f.body, "body", "b", "", "body of the request")
	flags.StringVar(&f.bodyFile, "body-file", "", "file with the body of the request")
	flags.IntVar(&f.expectStatus, "expect-status", 0, "the right status (default: any from 200 to 399)")
	flags.StringVar(&f.expectBody, "expect-body", "", "the right body, byte for byte (default: any)")

	flags.IntVar(&f.depth, "depth", 1, "requests in flight on each connection (pipelining)")
	flags.IntVar(&f.reconnect, "reconnect", 0, "a new connection after that many requests (default: connections are kept)")
	flags.BoolVar(&f.rst, "rst", false, "close with RST instead of FIN where --reconnect closes")
	flags.DurationVar(&f.timeout, "timeout", loaders.DefaultRequestTimeout, "a request without an answer for so long has failed")
	flags.DurationVar(&f.connectTimeout, "connect-timeout", loaders.DefaultConnectTimeout, "the same for a connection")

	flags.StringVar(&f.ca, "ca", "", "PEM file of the authority to trust instead of the system's")
	flags.StringVar(&f.cert, "cert", "", "PEM file of the client's certificate")
	flags.StringVar(&f.key, "key", "", "PEM file of the client certificate's key")
	flags.BoolVar(&f.insecure, "insecure", false, "do not verify the server's certificate")
	flags.StringVar(&f.serverName, "servername", "", "name for SNI and verification (default: the URL's host)")
	flags.BoolVar(&f.resume, "resume", false, "let new connections resume earlier TLS sessions")
	flags.StringVar(&f.unix, "unix", "", "connect to this Unix socket instead of the URL's host")
	flags.StringVar(&f.proxy, "proxy", "", "HTTP proxy, http://host:port")

	flags.StringVar(&f.idle, "idle", "", "how threads wait: "+loaders.IdleWords+" (default: spin with --cpus, else hybrid)")
	flags.StringVar(&f.cpus, "cpus", "", "pin the threads to these CPUs, such as 2-3")
	flags.StringVar(&f.engine, "engine", "", "evloop or portable (default: the best here)")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of all random choices (default: a fresh one, printed)")
	formatFlag(flags, &f.format, formatText, formatJSON)
	flags.StringVar(&f.hgrm, "hgrm", "", "write the percentile distribution of latency, in ms, to this file")
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
func (f *loadFlags) setCPUs(o *adhoc.Options) error {
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
	o.CPUs = cpus
	return nil
}

// setBody reads the body from its flag or its file.
func (f *loadFlags) setBody(c *cobra.Command, o *adhoc.Options) error {
	o.Body = given(c, "body", &f.body)
	if f.bodyFile == "" {
		return nil
	}
	if o.Body != nil {
		return errors.New("-b and --body-file both say what the body is: give one of them")
	}
	data, err := os.ReadFile(f.bodyFile)
	if err != nil {
		return fmt.Errorf("--body-file: %w", err)
	}
	text := string(data)
	o.Body = &text
	return nil
}

// checkTLSFiles checks the PEM files before any load.
func (f *loadFlags) checkTLSFiles() error {
	var errs []error
	if f.ca != "" {
		data, err := os.ReadFile(f.ca)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("--ca: %w", err))
		case !x509.NewCertPool().AppendCertsFromPEM(data):
			errs = append(errs, fmt.Errorf("--ca %s: no certificate in PEM form is in it", f.ca))
		}
	}
	if f.cert != "" && f.key != "" {
		if _, err := tls.LoadX509KeyPair(f.cert, f.key); err != nil {
			errs = append(errs, fmt.Errorf("--cert %s, --key %s: %w", f.cert, f.key, err))
		}
	}
	return errors.Join(errs...)
}
