package record

import (
	"cmp"
	"slices"

	"github.com/joust-bench/joust/results"
)

// MostSlowest is how many of the slowest requests of a phase are kept.
const MostSlowest = 32

// Slowest keeps the slowest requests, by the time from their intended instant.
// The zero Slowest is ready and never allocates.
type Slowest struct {
	list [MostSlowest]slow
	n    int
	// least is the latency in nanoseconds that a request must exceed.
	least int64
}

type slow struct {
	Exchange
	end    int64
	thread int
}

func (s slow) latency() int64 { return s.end - s.Intended }

// add keeps a request that ended at now and is slower than least.
func (s *Slowest) add(e *Exchange, now int64) { s.put(slow{Exchange: *e, end: now}) }

func (s *Slowest) put(x slow) {
	if s.n < MostSlowest {
		s.list[s.n] = x
		s.n++
		if s.n < MostSlowest {
			return
		}
	} else {
		s.list[s.fastest()] = x
	}
	s.least = s.list[s.fastest()].latency()
}

// fastest is the place of the fastest of those kept.
func (s *Slowest) fastest() int {
	at := 0
	for i := 1; i < s.n; i++ {
		if s.list[i].latency() < s.list[at].latency() {
			at = i
		}
	}
	return at
}

func (s *Slowest) merge(o *Slowest) {
	for _, x := range o.list[:o.n] {
		if s.n < MostSlowest || x.latency() > s.least {
			s.put(x)
		}
	}
}

// OfThread says whose requests these are, before they are merged.
func (s *Slowest) OfThread(thread int) {
	for i := range s.list[:s.n] {
		s.list[i].thread = thread
	}
}

// result is the list in its lasting form, slowest first.
func (s *Slowest) result(names []string) []results.SlowRequest {
	list := slices.Clone(s.list[:s.n])
	slices.SortStableFunc(list, func(a, b slow) int { return cmp.Compare(b.latency(), a.latency()) })
	var out []results.SlowRequest
	for _, x := range list {
		out = append(out, results.SlowRequest{
			Request: names[x.Group], Thread: x.thread, Connection: int(x.Connection),
			IntendedNS: x.Intended, SentNS: x.Sent, FirstByteNS: x.FirstByte, EndNS: x.end,
		})
	}
	return out
}
