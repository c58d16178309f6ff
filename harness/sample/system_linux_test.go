package sample

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
)

func TestReadSystem(t *testing.T) {
	t.Parallel()
	p := start(t, "spin")
	holds(t, func(length time.Duration) error {
		t0, t1 := soon(length)
		before := p.cpu(t)
		s, err := systemDuring(t, t0, t1, reset)
		spun := p.cpu(t) - before
		if err != nil {
			t.Fatal(err)
		}
		if s.ReadT0NS < t0 || s.ReadT1NS < t1 || s.ReadT1NS > clock.Now() {
			return fmt.Errorf("read at %d and %d, asked at %d and %d", s.ReadT0NS, s.ReadT1NS, t0, t1)
		}
		return errors.Join(busyAtLeast(s, spun/2), sawResets(s.Kernel))
	})
}

// systemDuring repeats do until the reading is over: then some of it falls inside
// the window.
func systemDuring(t *testing.T, t0, t1 int64, do func(*testing.T)) (System, error) {
	var s System
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		s, err = ReadSystem(t.Context(), t0, t1)
	}()
	for {
		select {
		case <-done:
			return s, err
		case <-time.After(2 * time.Millisecond):
			do(t)
		}
	}
}

// busyAtLeast compares the processors with the CPU time of one process.
func busyAtLeast(s System, spun int64) error {
	busy := 0.0
	for id, share := range s.Busy {
		busy += share * float64(s.ReadT1NS-s.ReadT0NS)
		if share < 0 || share > 1 {
			return fmt.Errorf("processor %d busy to %v", id, share)
		}
	}
	if busy < float64(spun) {
		return fmt.Errorf("processors busy for %v, a single process for %v", time.Duration(busy), time.Duration(spun))
	}
	if s.Steal < 0 || s.Steal > 1 {
		return fmt.Errorf("steal %v", s.Steal)
	}
	return nil
}

func sawResets(k results.Kernel) error {
	for name, n := range map[string]*uint64{"sent": k.ResetsSent, "of established connections": k.EstabResets} {
		if n == nil || *n == 0 {
			return fmt.Errorf("no resets %s, but there were some", name)
		}
	}
	if k.ListenOverflows == nil || k.ListenDrops == nil || k.RetransmittedSegments == nil {
		return fmt.Errorf("kernel counters are missing: %+v", k)
	}
	return nil
}

// reset makes one loopback connection and ends it with a reset.
func reset(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(client.(*net.TCPConn).SetLinger(0), client.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestReadSystemRefuses(t *testing.T) {
	t.Parallel()
	t0, t1 := soon(window)
	if _, err := ReadSystem(t.Context(), t1, t0); err == nil {
		t.Error("a window that ends before it begins was read")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ReadSystem(ctx, t0, t1); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}

func TestDifferenceOfTheMachine(t *testing.T) {
	t.Parallel()
	const second = int64(time.Second)
	a := processorTimes{at: second, processors: map[int]processor{0: {idle: 100}, 1: {idle: 500, steal: 3}}}
	b := processorTimes{at: 2 * second, processors: map[int]processor{0: {idle: 110}, 1: {idle: 601, steal: 13}, 2: {idle: 1}}}
	s := a.until(b)
	if s.Busy[0] != 0.9 || s.Busy[1] != 0 || len(s.Busy) != 2 || s.Steal != 0.05 {
		t.Errorf("busy %v, steal %v", s.Busy, s.Steal)
	}
	k := Counters{"Tcp.RetransSegs": 6, "Tcp.OutRsts": 7, "TcpExt.ListenDrops": 2, "Tcp.EstabResets": 1}.
		Since(Counters{"Tcp.RetransSegs": 5, "Tcp.OutRsts": 7, "TcpExt.ListenDrops": 9})
	if k.RetransmittedSegments == nil || *k.RetransmittedSegments != 1 || k.ResetsSent == nil || *k.ResetsSent != 0 {
		t.Errorf("counters that grew by 1 and 0: %+v", k)
	}
	if k.ListenDrops != nil || k.EstabResets != nil || k.ListenOverflows != nil {
		t.Errorf("counters that fell or are missing are not absent: %+v", k)
	}
}

func TestBusyOf(t *testing.T) {
	t.Parallel()
	s := System{Busy: map[int]float64{0: 1, 1: 0.5}}
	tests := []struct {
		cpus []int
		want float64
		ok   bool
	}{
		{[]int{0}, 1, true},
		{[]int{0, 1}, 0.75, true},
		{nil, 0, false},
		{[]int{0, 7}, 0, false},
	}
	for _, tt := range tests {
		if got, ok := s.BusyOf(tt.cpus); got != tt.want || ok != tt.ok {
			t.Errorf("BusyOf(%v) = %v, %v; want %v, %v", tt.cpus, got, ok, tt.want, tt.ok)
		}
	}
}
