package record

import (
	"cmp"
	"slices"

	"github.com/joust-bench/joust/results"
)

// MostSlowest is the number of a phase's slowest requests in a report.
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
	end            int64
	status, thread int
	// id is the request's own, empty where none was asked for.
	id string
}

func (s slow) latency() int64 { return s.end - s.Intended }

// add keeps a request that ended at now with the status, where it is slow enough.
func (s *Slowest) add(e *Exchange, now int64, status int) {
	if now-e.Intended > s.least {
		s.put(slow{Exchange: *e, end: now, status: status})
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

// OfThread gives all requests the number of their thread, before they are merged, and
// their ids where idOf, which makes an id of a request's number, is not nil.
func (s *Slowest) OfThread(thread int, idOf func(number uint64) string) {
	for i := range s.list {
		x := &s.list[i]
		if x.thread = thread; idOf != nil {
			x.id = idOf(x.Number)
		}
	}
}

// result returns the list of a report.
func (s *Slowest) result(names []string) []results.SlowRequest {
	var out []results.SlowRequest
	for _, x := range s.list {
		out = append(out, results.SlowRequest{
			Request: names[x.Group], ID: x.id, Status: x.status, Thread: x.thread, Connection: int(x.Connection),
			IntendedNS: x.Intended, SentNS: x.Sent, FirstByteNS: x.FirstByte, EndNS: x.end,
		})
	}
	return out
}
