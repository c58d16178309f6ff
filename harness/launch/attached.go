package launch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/joust-bench/joust/harness/resolve"
	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/scenarios"
)

const (
	// reachLimit bounds the first connection to a server that runs already.
	reachLimit = 2 * time.Second
	// exactLimit bounds the exact pass over one row.
	exactLimit = 30 * time.Second
)

// attach uses a server that runs already.
func attach(ctx context.Context, f Fixture, row *scenarios.Scenario) (*Server, error) {
	s, err := running(ctx, f)
	if err == nil {
		err = s.ready(ctx, f, row)
	}
	if err != nil {
		return nil, &StartError{Server: f.Manifest.Name, Err: err}
	}
	return s, nil
}

// running returns the server at the manifest's url.
func running(ctx context.Context, f Fixture) (*Server, error) {
	u, err := adhoc.ParseURL(f.Manifest.URL)
	if err != nil || u.TLS {
		return nil, fmt.Errorf("its url %q: http://HOST:PORT is needed", f.Manifest.URL)
	}
	found, err := resolve.Taking(ctx, u.Name, u.Port, reachLimit)
	if err != nil {
		return nil, fmt.Errorf("its url %s: %w", f.Manifest.URL, err)
	}
	return &Server{
		Address: net.JoinHostPort(found.Addresses[0], u.Port), Host: u.Host,
		Handle: f.Running, CPUs: f.RunningCPUs, Attached: true,
	}, nil
}

// Reach checks before a run that a server that runs already can be compared: it
// must accept a connection and answer one of the rows rightly. Reach returns the
// server's address.
func Reach(ctx context.Context, f Fixture, rows []*scenarios.Scenario) (net.IP, error) {
	name, at := f.Manifest.Name, f.Manifest.URL
	s, err := running(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("server %s: %w", name, err)
	}
	dialer := net.Dialer{Timeout: reachLimit}
	c, err := dialer.DialContext(ctx, "tcp", s.Address)
	if err != nil {
		return nil, fmt.Errorf("server %s: nothing answers at %s: %w; start it, or correct its address", name, at, err)
	}
	ip := c.RemoteAddr().(*net.TCPAddr).IP
	if err := c.Close(); err != nil {
		return nil, fmt.Errorf("server %s: %w", name, err)
	}
	var wrong []error
	for _, row := range rows {
		err := s.Exact(ctx, row)
		if err == nil || ctx.Err() != nil {
			return ip, context.Cause(ctx)
		}
		wrong = append(wrong, fmt.Errorf("%s: %w", row.Name, err))
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("server %s at %s answers no row of the plan rightly: %w; a service with answers of its own is loaded by: joust load %s",
			name, at, errors.Join(wrong...), at)
	}
	return ip, nil
}
