package export

import (
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
)

// Figures are those of a load at an instant.
type Figures struct {
	// Start is the begin of the window, At the end of what the figures are about.
	Start, At time.Time
	// Requests counts the requests that ended in the window until At, right or failed,
	// Errors those that failed. Bytes are those sent and received.
	Requests, Errors, Bytes uint64
	// Tolerated counts the answers with a status from 400 on that did not fail for it. It is
	// known at the window's end alone, and 0 before.
	Tolerated uint64
	// Offered counts the requests that were due; nil in a closed loop.
	Offered *uint64
	// Users is how many users had started, Open how many connections were open; nil
	// where there are no users, and where the number is not known.
	Users, Open *int

	// Stretch is the time, up to At, of the figures below: since the last export, or
	// the whole window at its end.
	Stretch time.Duration
	// ThroughputRPS is right answers a second, BytesPerSecond what was sent and received.
	ThroughputRPS, BytesPerSecond float64
	// Latency is nil where nothing was answered.
	Latency *cells.Distribution
}

// reading is a segment with the number of connections that were open at its end.
type reading struct {
	results.Segment
	open int
}

// after returns the figures at the end of the readings, which follow f.
func (f *Figures) after(list []reading) Figures {
	next := Figures{Start: f.Start, Requests: f.Requests, Errors: f.Errors, Bytes: f.Bytes, Offered: f.Offered}
	first, last := list[0], list[len(list)-1]
	next.Stretch = time.Duration(last.ToNS - first.FromNS)
	next.At, next.Users, next.Open = wall(last.ToNS), last.Users, &last.open
	latencies := make([]*results.Histogram, len(list))
	right := uint64(0)
	for i := range list {
		r := &list[i]
		right += r.Completed
		next.Requests += r.Completed + r.Failed
		next.Errors += r.Failed
		next.Bytes += r.Bytes
		next.Offered = results.AddKnown(next.Offered, r.Offered)
		latencies[i] = r.Latency
	}
	next.ThroughputRPS, next.BytesPerSecond = perSecond(right, next.Stretch), perSecond(next.Bytes-f.Bytes, next.Stretch)
	next.Latency = cells.Together(latencies)
	return next
}

// final returns the figures of the whole window, which began at start.
func final(start time.Time, p *results.Phase) Figures {
	f := Figures{
		Start: start, At: wall(p.T1NS), Stretch: time.Duration(p.WindowNS()),
		Requests: p.Total.Completed + p.Total.Failed, Errors: p.Total.Failed, Bytes: p.SentBytes + p.ReceivedBytes,
		Tolerated:     p.Total.Tolerated(),
		ThroughputRPS: p.ThroughputRPS(),
	}
	f.BytesPerSecond = perSecond(f.Bytes, f.Stretch)
	headline := p.Total.Service
	if p.Loop == results.OpenLoop || p.Total.Corrected != nil {
		headline = p.Total.Corrected
	}
	f.Latency = cells.Together([]*results.Histogram{headline})
	if p.Rate != nil {
		f.Offered = &p.Rate.Offered
	}
	if n := len(p.Timeline); n > 0 {
		f.Open = &p.Timeline[n-1].Open
	}
	if n := len(p.Segments); n > 0 {
		f.Users = p.Segments[n-1].Users
	}
	return f
}

// perSecond returns n per second of d, 0 for no time.
func perSecond(n uint64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}
