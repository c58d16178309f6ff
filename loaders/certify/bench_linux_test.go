package certify_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend/epoll"
	"github.com/joust-bench/joust/loaders/backend/net"
	"github.com/joust-bench/joust/loaders/certify"
	"github.com/joust-bench/joust/loaders/certify/lawserver"
	"github.com/joust-bench/joust/loaders/codec/h1"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/retry"
)

// bench is the event-loop engine and a law server in this process. Loads would take
// each other's time: tests with a bench are not parallel.
func bench(t *testing.T) certify.Bench {
	t.Helper()
	s, err := lawserver.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return certify.Bench{Server: s, Loader: core.Engine{System: epoll.System(), Codec: h1.New}, Threads: 1, Idle: loaders.Wait, CapacityWindow: 200 * time.Millisecond}
}

// often runs the case and fails unless it holds often enough: other tests take
// whole slices of the machine's time.
func often(t *testing.T, b certify.Bench, c certify.Case) {
	t.Helper()
	retry.Often(t, func() string {
		list, err := b.Run(t.Context(), c)
		switch {
		case err != nil:
			return fmt.Sprintf("%s: %v", c.Name(), err)
		case missed(list) != "":
			return fmt.Sprintf("%s: %s: %+v", c.Name(), missed(list), list)
		}
		return ""
	})
}

// The bounds are wide; those of a certificate hold on a quiet machine only. With low
// capacities and many connections the server always has work, and makes up for
// time that others took.
func TestEventLoopKeepsTheLawsOfTime(t *testing.T) {
	const ms = time.Millisecond
	overload := certify.Overload{CapacityRPS: 500, Factor: 2, Lead: 100 * ms, Window: 400 * ms, Drain: time.Second, Connections: 32, Within: 0.5}
	short := overload
	short.Drain = 150 * ms
	for _, c := range []certify.Case{
		certify.Stall{
			RateRPS: 500, CapacityRPS: 2500, Length: 100 * ms, Period: 500 * ms, Periods: 2,
			Connections: 32, Within: 0.5, P50Within: 5 * ms,
		},
		certify.Delay{Delay: 20 * ms, Connections: 8, Window: 400 * ms, Within: 0.5},
		overload, short,
	} {
		t.Run(c.Name(), func(t *testing.T) { often(t, bench(t), c) })
	}
}

// Counting needs no time: it holds on a busy machine too.
func TestEventLoopCountsExactly(t *testing.T) {
	cases, err := certify.Battery(certify.Selection{Quick: true, Families: []certify.Family{certify.FamilyCounting}})
	if err != nil {
		t.Fatal(err)
	}
	b := bench(t)
	for _, c := range cases {
		short := c.(certify.Counting)
		short.Window, short.Lead, short.RateRPS, short.Connections = 50*time.Millisecond, 20*time.Millisecond, 500, 10
		list, err := b.Run(t.Context(), short)
		if err != nil || missed(list) != "" {
			t.Errorf("%s: missed %q, %v: %+v", c.Name(), missed(list), err, list)
		}
	}
}

// engines returns both engines by their names.
func engines() map[string]loaders.Loader {
	return map[string]loaders.Loader{
		"evloop":   core.Engine{System: epoll.System(), Codec: h1.New},
		"portable": core.Engine{System: net.System(), Codec: h1.New},
	}
}

// Both engines account for every request. The figures are exact, but a machine that
// stands still may end the wait for an answer, or delay a surplus answer until the
// next request is in flight.
func TestEnginesAccountForEveryRequest(t *testing.T) {
	cases, err := certify.Battery(certify.Selection{Families: []certify.Family{certify.FamilyAccounts}})
	if err != nil {
		t.Fatal(err)
	}
	for name, engine := range engines() {
		b := bench(t)
		b.Loader = engine
		for _, c := range cases {
			short := c.(certify.Accounts)
			short.Window = 100 * time.Millisecond
			if short.RateRPS > 0 {
				short.RateRPS, short.Connections, short.Every = 500, 32, min(short.Every, 10)
			}
			t.Run(name+" "+short.Name(), func(t *testing.T) { often(t, b, short) })
		}
	}
}

// A cause needs a failure inside the window, which a busy machine can miss.
func TestEventLoopNamesEveryMisbehaviour(t *testing.T) {
	cases, err := certify.Battery(certify.Selection{Families: []certify.Family{certify.FamilyBad}})
	if err != nil {
		t.Fatal(err)
	}
	b := bench(t)
	for _, c := range cases {
		short := c.(certify.Bad)
		short.Window = 100 * time.Millisecond
		if short.Cause == "timeout" {
			short.Timeout = 50 * time.Millisecond
		} else {
			short.Timeout = 5 * time.Second // a busy machine is no cause
		}
		often(t, b, short)
	}
}

// Both engines count exchanges and connections as the server does.
func TestEnginesCountExchanges(t *testing.T) {
	cases, err := certify.Battery(certify.Selection{Families: []certify.Family{certify.FamilyExchanges}})
	if err != nil {
		t.Fatal(err)
	}
	for name, engine := range engines() {
		b := bench(t)
		b.Loader = engine
		for _, c := range cases {
			short := c.(certify.Exchanges)
			short.Connections = min(short.Connections, 16)
			if short.RateRPS > 0 {
				short.RateRPS = 300
			}
			t.Run(name+" "+short.Name(), func(t *testing.T) { often(t, b, short) })
		}
	}
}
