package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/results"
)

// aim is a load with its target.
type aim struct {
	spec   loaders.Spec
	target adhoc.URL
	// url is the URL without user and password; title the head of the result.
	url, title string
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
	if l.spec, err = o.Spec(target, addresses); err != nil {
		return nil, session.Usage(err)
	}
	l.title = l.spec.Requests[0].Method + " " + l.url + l.route()
	return l, nil
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

func checkSocket(path string) error {
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
	list, err := lookup(ctx, p.Name)
	if err != nil {
		return fmt.Errorf("--proxy %s: %w", results.Redacted(f.proxy), err)
	}
	f.load.Proxy, f.load.ProxyAuthorization = net.JoinHostPort(list[0], p.Port), p.Authorization
	return nil
}

// addresses returns the numeric addresses to spread connections over: those of the
// name that take connections, or one on the loopback. Where none does it returns the
// first, and the load fails with the reason.
func (a *app) addresses(ctx context.Context, t adhoc.URL, f *loadFlags) ([]string, error) {
	all, err := lookup(ctx, t.Name)
	if err != nil || len(all) == 1 {
		return all, err
	}
	var taking []string
	for _, address := range all {
		d := net.Dialer{Timeout: f.load.ConnectTimeout}
		conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(address, t.Port))
		if err != nil {
			continue
		}
		_ = conn.Close()
		taking = append(taking, address)
		if netip.MustParseAddr(address).IsLoopback() {
			return taking, nil // all of them are this machine's
		}
	}
	if len(taking) == 0 {
		return all[:1], nil
	}
	if closed := len(all) - len(taking); closed > 0 {
		a.say("note: %d of the %d addresses of %s take no connections and are left out", closed, len(all), t.Name)
	}
	return taking, nil
}

// lookup returns the addresses of a name, itself for a numeric one.
func lookup(ctx context.Context, name string) ([]string, error) {
	if ip, err := netip.ParseAddr(name); err == nil {
		return []string{ip.Unmap().String()}, nil // a lookup would drop its zone
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	if err != nil {
		reason := err.Error()
		if dns := (*net.DNSError)(nil); errors.As(err, &dns) {
			reason = dns.Err
		}
		return nil, fmt.Errorf("host %q cannot be resolved: %s: correct the name, or give a numeric address", name, reason)
	}
	var list []string
	for _, ip := range ips {
		if text := ip.Unmap().String(); !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list, nil
}
