package sample

import (
	"context"
	"fmt"
	"maps"

	"github.com/joust-bench/joust/loaders/clock"
)

// ReadSystem waits for t0, reads the machine's counters, waits for t1 and
// reads them again. t0 and t1 are CLOCK_MONOTONIC nanoseconds.
func ReadSystem(ctx context.Context, t0, t1 int64) (System, error) {
	s, err := readSystem(ctx, t0, t1)
	if err != nil {
		return System{}, fmt.Errorf("sample the machine: %w", err)
	}
	return s, nil
}

func readSystem(ctx context.Context, t0, t1 int64) (s System, err error) {
	if t1 <= t0 {
		return s, fmt.Errorf("the window must be longer than 0, not %d ns", t1-t0)
	}
	if err := wait(ctx, t0-lead); err != nil {
		return s, err
	}
	// The counters are read before and after the window, as Tree.begin has it.
	before, err := ReadKernel()
	if err != nil {
		return s, err
	}
	first, err := readProcessors(ctx, t0)
	if err != nil {
		return s, err
	}
	last, err := readProcessors(ctx, t1)
	if err != nil {
		return s, err
	}
	after, err := ReadKernel()
	s = first.until(last)
	s.Kernel = after.Since(before)
	return s, err
}

// processorTimes is one reading of the times of all processors, by number, and of
// their packages' energy.
type processorTimes struct {
	at         int64
	processors map[int]processor
	energy     energy
}

// readProcessors waits for the instant and reads the times of the processors.
func readProcessors(ctx context.Context, at int64) (processorTimes, error) {
	if err := wait(ctx, at); err != nil {
		return processorTimes{}, err
	}
	var f files
	m := processorTimes{at: clock.Now()}
	text, err := f.Read("/proc/stat")
	if err != nil {
		return m, fmt.Errorf("read the times of the processors: %w", err)
	}
	if m.processors, err = parseProcessors(text); err != nil {
		return m, fmt.Errorf("read the times of the processors: /proc/stat: %w", err)
	}
	m.energy = readEnergy(powercap)
	return m, nil
}

// ReadKernel reads the kernel's counters of trouble now. gopsutil has a part of
// them only: it knows nothing of /proc/net/netstat, where listen overflows are,
// nor of pressure.
func ReadKernel() (Counters, error) {
	var f files
	all := make(Counters)
	for _, path := range []string{"/proc/net/snmp", "/proc/net/netstat"} {
		text, err := f.Read(path)
		if err != nil {
			return nil, fmt.Errorf("read the kernel's network counters: %w", err)
		}
		counters, err := parseCounters(text)
		if err != nil {
			return nil, fmt.Errorf("read the kernel's network counters: %s: %w", path, err)
		}
		maps.Copy(all, counters)
	}
	for _, resource := range []string{"cpu", "memory", "io"} {
		text, err := f.Read("/proc/pressure/" + resource)
		if err != nil {
			continue // a kernel without pressure accounting
		}
		if ns, ok := parsePressure(text); ok {
			all["Pressure."+resource] = ns
		}
	}
	return all, nil
}

// until subtracts two readings. The idle time is set against the wall clock and
// not against the sum of all kinds of time: the kernel counts busy kinds by
// sampling at ticks, but not idle time.
func (a processorTimes) until(b processorTimes) System {
	s := System{Busy: make(map[int]float64), Interrupts: make(map[int]float64), ReadT0NS: a.at, ReadT1NS: b.at, EnergyJoules: a.energy.until(b.energy)}
	window := float64(b.at - a.at)
	stolen := 0.0
	for id, after := range b.processors {
		before, known := a.processors[id]
		if !known || window <= 0 {
			continue // came online inside the window
		}
		s.Busy[id] = clamp(1 - float64(after.idle-before.idle)*float64(tick)/window)
		s.Interrupts[id] = clamp(float64(after.irq-before.irq) * float64(tick) / window)
		stolen += float64(after.steal-before.steal) * float64(tick)
	}
	if len(s.Busy) > 0 {
		s.Steal = clamp(stolen / window / float64(len(s.Busy)))
	}
	return s
}

func clamp(share float64) float64 { return min(max(share, 0), 1) }
