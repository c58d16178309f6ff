package cli

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/harness/export"
	"github.com/joust-bench/joust/harness/resolve"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
)

// aim is a load with its target.
type aim struct {
	spec   loaders.Spec
	target adhoc.URL
	// many is true for a load on many URLs: target is the first host, and url is empty.
	many bool
	// at returns the load with other flags at the same target.
	at func(*adhoc.Flags) (loaders.Spec, error)
	// url is the URL without user and password; title the head of the result.
	url, title string
	// aborts are the rules that end the load early.
	aborts []metric.Sustained
	// watch is shown the load in place of joust's own plain lines; nil for these.
	watch func(results.Interval)
	// printed takes what a script prints while the load runs; nil is standard error.
	printed io.Writer
	// ready is called once the connections are open; nil for nothing.
	ready func()
	// exports say where figures are sent, and which tags they and the report have.
	exports export.Options
}

// aim makes a load of the command line: it resolves names and checks the flags,
// before any request.
func (a *app) aim(ctx context.Context, flags *pflag.FlagSet, text string, f *loadFlags) (*aim, error) {
	target, err := adhoc.ParseURL(text)
	if err != nil {
		return nil, session.Usage(err)
	}
	if err := f.read(flags, a.stdin); err != nil {
		return nil, session.Usage(err)
	}
	o := &f.load
	if o.Script != nil {
		o.Script.URL, o.Script.Args = text, f.scriptArgs
	}
	l := &aim{target: target, url: results.Redacted(text)}
	if f.proxy != "" {
		if err := f.setProxy(ctx); err != nil {
			return nil, err
		}
	}
	// With an address in place of those to come: a wrong flag is reported before a
	// name is looked up.
	if _, err := o.Spec(target, []string{"127.0.0.1"}); err != nil {
		return nil, session.Usage(err)
	}
	var addresses []string
	switch {
	case o.Unix != "":
		err = checkSocket(o.Unix)
	case o.Proxy == "":
		addresses, err = a.addresses(ctx, target, f)
	}
	if err != nil {
		return nil, err
	}
	l.at = func(step *adhoc.Flags) (loaders.Spec, error) { return step.Spec(target, addresses) }
	if err := l.complete(f, o); err != nil {
		return nil, err
	}
	l.title = l.spec.Requests[0].Method + " " + l.url + l.route()
	return l, nil
}

// complete makes the load of the flags, and checks the groups of bounds by its requests.
func (l *aim) complete(f *loadFlags, flags *adhoc.Flags) (err error) {
	if l.spec, err = l.at(flags); err == nil {
		err = f.checkGroups(&l.spec)
	}
	if err != nil {
		return session.Usage(err)
	}
	l.abortBy(f.aborts)
	l.exports = f.export.options
	l.divideForExports()
	return nil
}

// route names the way to the server where the URL does not.
func (l *aim) route() string {
	t := l.spec.Target
	switch {
	case l.spec.Proxy != nil:
		return " through the proxy " + l.spec.Proxy.Address
	case t.Network == "unix":
		return " on " + t.Address
	case t.Address == net.JoinHostPort(l.target.Name, l.target.Port):
		return ""
	}
	return " on " + strings.Join(append([]string{t.Address}, t.More...), ", ")
}

// socketName is the longest path or name of a Unix socket, in bytes; see unix(7).
const socketName = len(unix.RawSockaddrUnix{}.Path) - 1

// checkSocket looks for the socket of a path. @NAME is one in Linux's abstract
// namespace, in which nothing can be seen before the connection.
func checkSocket(path string) error {
	if len(path) > socketName {
		return session.Usage(fmt.Errorf("--unix %s: it has %d bytes, and a socket's path has %d at most: give a shorter one, as from within its folder", path, len(path), socketName))
	}
	if strings.HasPrefix(path, "@") {
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("--unix: %w: start the server first", err)
	case info.Mode()&os.ModeSocket == 0:
		return session.Usage(fmt.Errorf("--unix %s is no socket", path))
	}
	return nil
}

// setProxy reads --proxy and resolves its host.
func (f *loadFlags) setProxy(ctx context.Context) error {
	p, err := adhoc.ParseProxy(f.proxy)
	if err != nil {
		return session.Usage(err)
	}
	list, err := resolve.Lookup(ctx, p.Name)
	if err != nil {
		return fmt.Errorf("--proxy %s: %w", results.Redacted(f.proxy), err)
	}
	f.load.Proxy, f.load.ProxyAuthorization = net.JoinHostPort(list[0], p.Port), p.Authorization
	return nil
}

// addresses returns the numeric addresses to spread connections over.
func (a *app) addresses(ctx context.Context, t adhoc.URL, f *loadFlags) ([]string, error) {
	found, err := resolve.Taking(ctx, t.Name, t.Port, f.load.ConnectTimeout)
	if !f.quiet {
		a.noteClosed(&t, &found)
	}
	return found.Addresses, err
}

// noteClosed says which part of a host's addresses is left out.
func (a *app) noteClosed(t *adhoc.URL, found *resolve.Found) {
	if found.Closed > 0 && found.Closed < found.All {
		a.say("note: %d of the %d addresses of %s take no connections and are left out", found.Closed, found.All, t.Name)
	}
}
