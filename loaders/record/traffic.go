package record

import "github.com/joust-bench/joust/results"

// Traffic counts bytes.
type Traffic struct {
	Sent, Received, SentBody, ReceivedBody uint64
}

// Since returns the difference from an earlier reading.
func (t Traffic) Since(o Traffic) Traffic {
	return Traffic{t.Sent - o.Sent, t.Received - o.Received, t.SentBody - o.SentBody, t.ReceivedBody - o.ReceivedBody}
}

// Into writes the bytes into the counters of a phase.
func (t Traffic) Into(p *results.Phase) {
	p.SentBytes, p.ReceivedBytes, p.SentBodyBytes, p.ReceivedBodyBytes = t.Sent, t.Received, t.SentBody, t.ReceivedBody
}
