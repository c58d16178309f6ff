package record

import (
	"cmp"
	"slices"

	"github.com/joust-bench/joust/results"
)

// MostSlowest is the number of a phase's slowest requests that are kept.
const MostSlowest = 32

// Slowest keeps the slowest requests, by the time from their intended instant. The
// zero Slowest is ready.
type Slowest struct {
	list []slow // slowest first
	// least is the latency in nanoseconds that a request must exceed.
	least int64
}

type slow struct {
	Exchange
	end    int64
	thread int
}

func (s slow) latency() int64 { return s.end - s.Intended }

// add keeps a request that ended at now, where it is slow enough.
func (s *Slowest) add(e *Exchange, now int64) {
	if now-e.Intended > s.least {
		s.put(slow{Exchange: *e, end: now})
	}
}

func (s *Slowest) put(x slow) {
	at, _ := slices.BinarySearchFunc(s.list, x, func(a, b slow) int { return cmp.Compare(b.latency(), a.latency()) })
	s.list = slices.Insert(s.list, at, x)
	if len(s.list) >= MostSlowest {
		s.list = s.list[:MostSlowest]
		s.least = s.list[MostSlowest-1].latency()
	}
}

func (s *Slowest) merge(o *Slowest) {
	for _, x := range o.list {
		s.put(x)
	}
}

// OfThread gives all requests the number of their thread, before they are merged.
func (s *Slowest) OfThread(thread int) {
	for i := range s.list {
		s.list[i].thread = thread
	}
}

// result returns the list of a report.
func (s *Slowest) result(names []string) []results.SlowRequest {
	var out []results.SlowRequest
	for _, x := range s.list {
		out = append(out, results.SlowRequest{
			Request: names[x.Group], Thread: x.thread, Connection: int(x.Connection),
			IntendedNS: x.Intended, SentNS: x.Sent, FirstByteNS: x.FirstByte, EndNS: x.end,
		})
	}
	return out
}
