package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/loaders/flowfile"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// ofRequests are the flags that describe requests, as a flow file does.
var ofRequests = []string{
	"url-file", "header", "method", "body", "body-file", "json", "form", "cookie", "basic-auth", "compressed", "follow", "bust", "data", "data-order",
	"expect-status", "expect-body", "expect-header", "expect-json", "expect-regex", "verify-length", "think", "http1.0",
}

// baseURL takes at most one URL next to --flow.
func baseURL(c *cobra.Command, args []string) error {
	if len(args) > 0 && !isURL(args[0]) {
		return misuse(c, "takes a URL in place of the base of --flow, and %q is none", results.Redacted(args[0]))
	}
	return atMostOne("URL")(c, args)
}

// aimFlow makes a load of a flow file.
func (a *app) aimFlow(ctx context.Context, flags *pflag.FlagSet, args []string, f *loadFlags) (*aim, error) {
	var errs []error
	for _, name := range ofRequests {
		if flags.Changed(name) {
			errs = append(errs, fmt.Errorf("--%s with --flow: the file says what is asked and which answers are right: write it there", name))
		}
	}
	if f.load.Find.Of != "" {
		errs = append(errs, errors.New("--find with --flow: the capacity of flows is not searched yet: make a load for each number of users"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, session.Usage(err)
	}
	walk, err := readFlow(f.flowFile, args, a)
	if err == nil {
		err = f.read(flags, a.stdin)
	}
	if err != nil {
		return nil, session.Usage(err)
	}
	if f.proxy != "" {
		if err := f.setProxy(ctx); err != nil {
			return nil, err
		}
	}
	// As with one URL, wrong flags are reported before a name is looked up.
	load, err := f.load.Walk(walk)
	if err != nil {
		return nil, session.Usage(err)
	}
	addresses := make([][]string, len(walk.Hosts))
	switch {
	case f.load.Unix != "":
		err = checkSocket(f.load.Unix)
	case f.load.Proxy == "":
		addresses, err = a.addressesOf(ctx, walk.Hosts, f)
	}
	if err != nil {
		return nil, err
	}
	l := &aim{target: walk.Hosts[0], many: true, at: func(*adhoc.Flags) (loaders.Spec, error) { return load.Spec(addresses) }}
	if err := l.complete(f, &f.load); err != nil {
		return nil, err
	}
	l.exports = f.export.options
	l.divideForExports()
	l.title = flowTitle(f, walk)
	if len(walk.Hosts) == 1 {
		l.title += " at " + walk.Hosts[0].Origin() + l.route()
	}
	return l, nil
}

// readFlow reads --flow. A URL of the command line replaces the base of the file.
func readFlow(name string, args []string, a *app) (*adhoc.Walk, error) {
	text, err := bodyFrom(name, a.stdin, flowfile.MostBytes)
	if err != nil {
		return nil, fmt.Errorf("--flow: %w", err)
	}
	shown, base := name, ""
	if name == "-" {
		shown = "standard input"
	}
	if len(args) > 0 {
		base = args[0]
	}
	return flowfile.Parse(shown, []byte(*text), base, scenarios.Beside(name, "flow file"))
}

// flowTitle returns the head of the result.
func flowTitle(f *loadFlags, w *adhoc.Walk) string {
	from := f.flowFile
	if from == "-" {
		from = "standard input"
	}
	title := results.Counted(len(w.Flows.List), "flow") + " of " + from
	if n := len(w.Hosts); n > 1 {
		title += fmt.Sprintf(" on %d hosts", n)
	}
	return title
}
