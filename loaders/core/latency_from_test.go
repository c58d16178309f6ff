package core_test

import (
	"crypto/tls"
	"fmt"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// The time of a request on a connection that was made for it begins with the send, or
// with the connect where that is asked for. The handshake makes the difference.
func TestLatencyFrom(t *testing.T) {
	overBackends(t, func(t *testing.T, e core.Engine) {
		const slow, count, connections = 60 * time.Millisecond, 8, 2
		for name, ends := range map[string]func(*loaders.Spec){
			"the loader reconnects": func(s *loaders.Spec) { s.Connection.ReconnectEvery = 1 },
			"the request says close": func(s *loaders.Spec) {
				s.Requests[0].Headers = []scenarios.Header{{Name: "Connection", Value: "close"}}
			},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				a := newAuthority(t)
				config := a.server()
				config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
					time.Sleep(slow)
					return nil, nil
				}
				s := serveSite(t, hello(), config, nil)
				load := func(from loaders.LatencyFrom) results.Report {
					spec := a.secureSpec(s.address(), counted(count))
					spec.Connections, spec.LatencyFrom = connections, from
					ends(&spec)
					report := drive(t, e, spec)
					exactly(t, &report.Phases[0], count)
					return report
				}
				report := load(loaders.FromConnect)
				// The connections of the first requests were there before the phase.
				if n := lasting(&report.Phases[0], slow); n < count-connections {
					t.Errorf("%d of %d requests took as long as a handshake, want at least %d", n, count, count-connections)
				}
				if report.LatencyFrom != "connect" {
					t.Errorf("the report says %q", report.LatencyFrom)
				}
				retry.Often(t, func() string {
					report := load(loaders.FromSend)
					if n := lasting(&report.Phases[0], slow); n != 0 || report.LatencyFrom != "" {
						return fmt.Sprintf("%d requests took as long as a handshake, from %q", n, report.LatencyFrom)
					}
					return ""
				})
			})
		}
	})
}

// lasting counts the requests that took at least that long.
func lasting(p *results.Phase, least time.Duration) (n int) {
	for _, r := range p.Slowest {
		if r.EndNS-r.SentNS >= int64(least) {
			n++
		}
	}
	return n
}
