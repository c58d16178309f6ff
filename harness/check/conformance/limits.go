package conformance

import (
	"fmt"
	"strings"
)

const (
	// oversized is the length in bytes of a field that no server should take.
	oversized = 4 << 20
	// manyFields is the number of fields of a long head.
	manyFields = 1000
)

// limitPoints are about heads that are too long, and bytes that are no request.
func limitPoints() []point {
	return []point{
		{name: "a head of 4 MiB", section: "RFC 6585 §5", expected: refusal + ", and the server lives", alone: true, ask: (*probe).oversizedHead},
		{name: "a head of 1000 fields", section: "RFC 6585 §5", expected: "the right answer or a refusal, and the server lives", ask: (*probe).longHead},
		{name: "bytes that are no request", section: "RFC 9112 §2.2", expected: refusal + ", and the server lives", ask: (*probe).garbage},
	}
}

func (p *probe) oversizedHead() string {
	c := p.talk(p.get("X-Joust: " + strings.Repeat("x", oversized) + "\r\n"))
	if wrong := c.unlessRefused(); wrong != "" {
		return wrong
	}
	return p.stillAnswers(p.patience)
}

func (p *probe) longHead() string {
	var fields []string
	for i := range manyFields {
		fields = append(fields, fmt.Sprintf("X-Joust-%d: %d\r\n", i, i))
	}
	c := p.talk(p.get(fields...))
	answered := len(c.answers) == 1 && right(p.samples.get, c.answers[0]) == ""
	if !answered && !c.refused() {
		return c.String()
	}
	return p.stillAnswers(p.patience)
}

func (p *probe) garbage() string {
	variants := []string{
		"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03 a handshake of TLS\r\n\r\n",
		"these bytes are no request\r\n\r\n",
		strings.Repeat("\x00", 64) + "\r\n\r\n",
	}
	if wrong := p.refusedAll(variants, conversation.unlessRefused); wrong != "" {
		return wrong
	}
	return p.stillAnswers(p.patience)
}
