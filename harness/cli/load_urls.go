package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/resolve"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/results"
)

// maxURLFile is the largest URL file, in bytes.
const maxURLFile = 1 << 30

// resolvesAtOnce bounds the hosts whose names are looked up at one time.
const resolvesAtOnce = 16

// loadURLs takes one URL or, with --url-file, any number of them.
func loadURLs(c *cobra.Command, args []string) error {
	switch {
	case c.Flags().Changed("flow"):
		return baseURL(c, args)
	case c.Flags().Changed("url-file"):
	case c.Flags().Changed("script") && len(args) > 0:
		return oneURL(c, args[:1])
	default:
		return oneURL(c, args)
	}
	if at := slices.IndexFunc(args, func(arg string) bool { return !isURL(arg) }); at >= 0 {
		return misuse(c, "takes URLs next to --url-file, and %q is none", results.Redacted(args[at]))
	}
	return nil
}

// aimAt makes a load of the command line, on one URL or on many.
func (a *app) aimAt(ctx context.Context, flags *pflag.FlagSet, args []string, f *loadFlags) (*aim, error) {
	if flags.Changed("flow") {
		if flags.Changed("script") {
			return nil, session.Usage(errors.New("--script with --flow: both say what is asked: leave out the one or the other"))
		}
		return a.aimFlow(ctx, flags, args, f)
	}
	if !flags.Changed("url-file") {
		if flags.Changed("script") {
			f.scriptArgs = args[1:]
		}
		return a.aim(ctx, flags, args[0], f)
	}
	if flags.Changed("script") {
		return nil, session.Usage(errors.New("--script with --url-file: the script says itself what is asked: give it one URL"))
	}
	urls, err := readURLs(flags, f, args, a.stdin)
	if err != nil {
		return nil, session.Usage(err)
	}
	if err := f.read(flags, a.stdin); err != nil {
		return nil, session.Usage(err)
	}
	if f.proxy != "" {
		if err := f.setProxy(ctx); err != nil {
			return nil, err
		}
	}
	hosts := urls.Hosts()
	// As with one URL, wrong flags are reported before a name is looked up.
	first, err := f.load.First()
	if err != nil {
		return nil, session.Usage(err)
	}
	load, err := first.Many(urls)
	if err != nil {
		return nil, session.Usage(err)
	}
	addresses := make([][]string, len(hosts))
	switch {
	case f.load.Unix != "":
		err = checkSocket(f.load.Unix)
	case f.load.Proxy == "":
		addresses, err = a.addressesOf(ctx, hosts, f)
	}
	if err != nil {
		return nil, err
	}
	l := &aim{target: hosts[0], many: true, at: func(step *adhoc.Flags) (loaders.Spec, error) {
		if step == first {
			return load.Spec(addresses)
		}
		later, err := step.Many(urls)
		if err != nil {
			return loaders.Spec{}, err
		}
		return later.Spec(addresses)
	}}
	if err := l.complete(f, first); err != nil {
		return nil, err
	}
	l.title = titleOf(f, args, urls.Len(), len(hosts))
	if len(hosts) == 1 {
		l.title += l.route()
	}
	if f.load.Find.Of == "" {
		l.at = nil // no further step needs the URLs as they were read
	}
	debug.FreeOSMemory() // that only reading a long file needed
	return l, nil
}

// titleOf returns the head of the result.
func titleOf(f *loadFlags, args []string, urls, hosts int) string {
	title := results.Counted(urls, "URL") + " of " + f.urlFile
	if f.urlFile == "-" {
		title = results.Counted(urls, "URL") + " of standard input"
	}
	if len(args) > 0 {
		title += " and of the command line"
	}
	if hosts > 1 {
		title += fmt.Sprintf(" on %d hosts", hosts)
	}
	return title
}

// readURLs reads --url-file and the URLs of the command line.
func readURLs(flags *pflag.FlagSet, f *loadFlags, args []string, stdin io.Reader) (*adhoc.URLs, error) {
	if f.urlFile == "-" && readsInput(flags) {
		return nil, errors.New("--url-file - and the body both read standard input: give one of them a file")
	}
	text, err := bodyFrom(f.urlFile, stdin, maxURLFile)
	if err != nil {
		return nil, fmt.Errorf("--url-file: %w", err)
	}
	urls, err := adhoc.ParseURLs(*text)
	if err != nil {
		return nil, fmt.Errorf("--url-file %s: %w", f.urlFile, err)
	}
	var errs []error
	for _, arg := range args {
		errs = append(errs, urls.Add(arg))
	}
	return urls, errors.Join(errs...)
}

// readsInput reports whether the body is read from standard input.
func readsInput(flags *pflag.FlagSet) bool {
	is := func(name, text string) bool { return flags.Lookup(name).Value.String() == text }
	return is("body-file", "-") || is("body", "@-") || is("json", "@-")
}

// addressesOf returns the numeric addresses of each host.
func (a *app) addressesOf(ctx context.Context, hosts []adhoc.URL, f *loadFlags) ([][]string, error) {
	found, errs := make([]resolve.Found, len(hosts)), make([]error, len(hosts))
	places := make(chan struct{}, resolvesAtOnce)
	var running sync.WaitGroup
	for i := range hosts {
		places <- struct{}{}
		running.Go(func() {
			found[i], errs[i] = resolve.Taking(ctx, hosts[i].Name, hosts[i].Port, f.load.ConnectTimeout)
			<-places
		})
	}
	running.Wait()
	addresses := make([][]string, len(hosts))
	for i := range found {
		if !f.quiet {
			a.noteClosed(&hosts[i], &found[i])
		}
		addresses[i] = found[i].Addresses
	}
	return addresses, errors.Join(errs...)
}

// where names the hosts of a load that reached none.
func (l *aim) where() string {
	if len(l.spec.Hosts) == 0 {
		return l.spec.Target.Address
	}
	const most = 3
	var list []string
	for _, t := range l.spec.Targets()[:min(most, 1+len(l.spec.Hosts))] {
		list = append(list, t.Address)
	}
	if n := 1 + len(l.spec.Hosts) - len(list); n > 0 {
		list = append(list, fmt.Sprintf("%d more", n))
	}
	return "any of " + strings.Join(list, ", ")
}
