package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/joust-bench/joust/harness/export"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/draw"
)

// loadControl steers an ad-hoc load: it begins at once, shows how it goes, and
// ends early where the target evidently speaks another protocol.
type loadControl struct {
	*loadProgress
	target *aim
	ctx    context.Context
	cancel context.CancelCauseFunc
	// stderr takes what a script prints where the aim names nothing else.
	stderr io.Writer
	// exports is nil where nothing is exported.
	exports *export.Exporter

	doubt  sync.Once
	asking sync.WaitGroup
}

var _ loaders.Control = (*loadControl)(nil)

func (c *loadControl) Ready(_ context.Context, r loaders.Ready) (int64, error) {
	if r.Connections == 0 {
		return 0, &loaders.ConnectError{Cause: r.Cause, Err: errors.New(r.FirstError)}
	}
	if r.Connections < r.Asked {
		c.line("note: %d of %s are open: %s", r.Connections, results.Counted(r.Asked, "connection"), r.FirstError)
	}
	if c.target.ready != nil {
		c.target.ready()
	}
	return clock.Now(), nil
}

// Window begins a phase.
func (c *loadControl) Window(w loaders.Window) {
	c.exports.Window(w)
	c.loadProgress.Window(w)
}

// Interval shows the load and doubts a target that answers nothing rightly.
func (c *loadControl) Interval(i loaders.Interval) {
	if c.target.watch != nil {
		c.target.watch(i.Interval)
	}
	c.exports.Interval(i)
	c.loadProgress.Interval(i)
	if i.Completed == 0 && i.Failed > 0 && c.target.mayBeTLS() {
		c.doubt.Do(func() { c.asking.Go(c.askForTLS) })
	}
}

func (c *loadControl) PhaseDone(loaders.PhaseDone) {}

func (c *loadControl) Adjust(_ context.Context, phase string) (loaders.Adjustment, error) {
	return loaders.Adjustment{}, fmt.Errorf("phase %q waits for a rate that nobody will give", phase)
}

// end waits for the question to the target and removes the redrawn line.
func (c *loadControl) end() {
	c.cancel(nil)
	c.asking.Wait()
	c.loadProgress.end()
}

// mayBeTLS reports whether a plain target can be asked if it speaks TLS.
func (l *aim) mayBeTLS() bool { return l.spec.TLS == nil && l.spec.Proxy == nil && !l.many }

// tlsPatience bounds the question whether a target speaks TLS.
const tlsPatience = 2 * time.Second

// askForTLS ends the load if the target speaks TLS. It is called when all plain
// requests so far have failed.
func (c *loadControl) askForTLS() {
	ctx, cancel := context.WithTimeout(c.ctx, tlsPatience)
	defer cancel()
	t := c.target.spec.Target
	// Nothing is sent over this connection, so nobody needs to be trusted.
	d := tls.Dialer{NetDialer: &net.Dialer{}, Config: &tls.Config{InsecureSkipVerify: true}}
	conn, err := d.DialContext(ctx, t.Network, t.Address)
	if err != nil {
		return
	}
	_ = conn.Close()
	c.cancel(&wrongProtocol{text: fmt.Sprintf("the server at %s speaks TLS, and the URL says http: write https%s",
		t.Address, strings.TrimPrefix(c.target.url, "http"))})
}

// wrongProtocol says that the target speaks another protocol than was asked.
type wrongProtocol struct{ text string }

func (e *wrongProtocol) Error() string { return e.text }

// explain returns the failure of a whole load as a sentence with the way out.
func (l *aim) explain(err error) error {
	var connect *loaders.ConnectError
	if !errors.As(err, &connect) {
		return err
	}
	where := l.where()
	if l.spec.Proxy != nil {
		where = "the proxy " + l.spec.Proxy.Address
	}
	switch connect.Cause {
	case results.CauseConnectRefused:
		return fmt.Errorf("nothing listens on %s (connection refused): start the server, or correct the address and port", where)
	case results.CauseConnectTimeout:
		return fmt.Errorf("%s did not answer within %v: is the host up, and does no firewall stand before the port? --connect-timeout waits longer", where, l.spec.ConnectTimeout)
	case results.CauseTLS:
		return l.explainTLS(where, connect.Err)
	}
	if l.spec.Proxy != nil {
		return fmt.Errorf("no connection through %s could be made: %w", where, connect.Err)
	}
	return fmt.Errorf("no connection to %s could be made: %w", where, connect.Err)
}

// explainTLS is explain for handshakes. It reads the error's text, since an error of
// another process has nothing else.
func (l *aim) explainTLS(where string, err error) error {
	switch text := err.Error(); {
	case strings.Contains(text, "first record does not look like a TLS handshake"):
		return fmt.Errorf("the server at %s speaks plain HTTP, and the URL says https: write http%s", where, strings.TrimPrefix(l.url, "https"))
	case strings.Contains(text, "unknown authority"), strings.Contains(text, "not trusted"):
		return fmt.Errorf("the certificate of %s is signed by nobody this machine trusts: name its authority with --ca FILE, or skip the verification with --insecure", where)
	case strings.Contains(text, "x509:"):
		return fmt.Errorf("the certificate of %s is refused: %w: --servername gives another name, --insecure skips the verification", where, err)
	}
	return fmt.Errorf("the TLS handshake with %s failed: %w", where, err)
}

// plainEvery is the time between two plain lines about a load.
const plainEvery = 3 * time.Second

// rateSpan is the stretch over which a live rate is taken, in nanoseconds.
const rateSpan = int64(time.Second)

// loadProgress shows how a load goes: a few lines redrawn on a terminal, plain lines now
// and then elsewhere.
type loadProgress struct {
	*display
	counts map[string]uint64 // the number of requests of phases that have one
	// silent leaves the plain lines out.
	silent bool

	mu     sync.Mutex
	phase  loaders.Window
	recent []results.Interval
	// printed is when the last plain line was printed or the last frame was drawn, in
	// nanoseconds.
	printed int64
	view    loadView
}

// newLoadProgress returns the progress of a load. A quiet one shows nothing.
func (a *app) newLoadProgress(phases []loaders.Phase, quiet bool) *loadProgress {
	out := a.stderr
	if quiet {
		out = io.Discard
	}
	p := &loadProgress{display: newDisplay(out), counts: map[string]uint64{}, view: loadView{signs: draw.Signs{ASCII: asciiOnly(out)}}}
	for i := range phases {
		p.counts[phases[i].Name] = phases[i].Count
	}
	return p
}

// Window begins a phase.
func (p *loadProgress) Window(w loaders.Window) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phase, p.printed = w, w.T0NS
	p.recent = append(p.recent[:0], results.Interval{AtNS: w.T0NS})
	p.view.begin(w)
}

// Interval shows the phase so far.
func (p *loadProgress) Interval(i loaders.Interval) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recent = append(p.recent, i.Interval)
	for len(p.recent) > 2 && i.AtNS-p.recent[0].AtNS > rateSpan {
		p.recent = p.recent[1:]
	}
	every := int64(plainEvery)
	if p.live {
		p.view.add(&i)
		every = drawEvery
	}
	if i.AtNS-p.printed < every || p.silent && !p.live {
		return
	}
	p.printed = i.AtNS
	if p.live {
		p.frame(p.frameOf(&i))
		return
	}
	p.line("%s", p.text(i))
}

// text describes how the load goes, in one line.
func (p *loadProgress) text(i loaders.Interval) string {
	name := "warm-up"
	if p.phase.Measured {
		name = "measuring"
	}
	users := ""
	if i.Users != nil {
		users = ", " + results.Counted(*i.Users, "user")
	}
	return fmt.Sprintf("%s %s: %.0f req/s, %d failed, %d open%s", name, p.extent(i), p.rate(&i), i.Failed, i.Open, users)
}

// rate returns the requests a second of the last second.
func (p *loadProgress) rate(i *loaders.Interval) float64 {
	first := p.recent[0]
	passed := i.AtNS - first.AtNS
	if passed <= 0 {
		return 0
	}
	return float64(i.Completed-first.Completed) * 1e9 / float64(passed)
}

// extent is the part of the phase that is done, in requests or in time.
func (p *loadProgress) extent(i loaders.Interval) string {
	if n := p.counts[p.phase.Phase]; n > 0 {
		return fmt.Sprintf("%d of %d requests", i.Completed+i.Failed, n)
	}
	return fmt.Sprintf("%.1f of %.1f s", float64(i.AtNS-p.phase.T0NS)/1e9, float64(p.phase.T1NS-p.phase.T0NS)/1e9)
}
