package lawserver

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/joust-bench/joust/scenarios"
)

// Behaviour names how the server treats a request.
type Behaviour string

// The behaviours. Right, Continue, Drip and Stream give right answers. Swallow, Twice,
// ExtraBytes and CloseAfter give right answers too, and do something that must be
// counted under a name of its own. All others must count as failures.
const (
	Right Behaviour = ""
	// Swallow reads each Law.Every-th request, counted over all connections, and
	// never answers it.
	Swallow Behaviour = "swallow"
	// Twice answers every request twice: in one write, or Law.Delay apart.
	Twice Behaviour = "twice"
	// ExtraBytes writes more bytes than the head announces, at once.
	ExtraBytes Behaviour = "extra-bytes"
	// CloseAfter closes each connection with its Law.Every-th answer, in the same
	// segment, and does not announce it.
	CloseAfter Behaviour = "close-after"
	// Continue sends "100 Continue" before the answer; Drip sends the answer
	// byte by byte, one every Law.Delay.
	Continue Behaviour = "continue"
	Drip     Behaviour = "drip"
	// Stream answers with Law.Every server-sent events, each in a chunk of its own.
	Stream Behaviour = "stream"

	// WrongBody has the right length, ShortBody and LongBody another one, which
	// their head announces.
	WrongBody Behaviour = "wrong-body"
	ShortBody Behaviour = "short-body"
	LongBody  Behaviour = "long-body"
	Status500 Behaviour = "status-500"
	Garbage   Behaviour = "garbage"
	// EarlyReply answers the head of a request without reading its body, and
	// resets the connection Law.Delay later.
	EarlyReply Behaviour = "early-reply"
	// CloseMidBody closes in the middle of the body, CloseUnanswered and
	// ResetUnanswered before the answer.
	CloseMidBody    Behaviour = "close-mid-body"
	CloseUnanswered Behaviour = "close-unanswered"
	ResetUnanswered Behaviour = "reset-unanswered"
	// Hang reads requests and never answers; ContinueOnly sends "100 Continue"
	// and then nothing; Silent accepts connections and never reads.
	Hang         Behaviour = "hang"
	ContinueOnly Behaviour = "continue-only"
	Silent       Behaviour = "silent"
	// Refuse closes every connection and does not listen.
	Refuse Behaviour = "refuse"
)

// Behaviours returns all behaviours.
func Behaviours() []Behaviour { return slices.Sorted(maps.Keys(scripts(Law{}))) }

// ending says how a connection ends behind an answer.
type ending uint8

const (
	keepOpen ending = iota
	closeFIN
	closeRST
)

// script is a law in terms of the loop.
type script struct {
	answer []byte
	// surplus is the number of answers in a write beyond the first.
	surplus uint64
	then    ending
	// Every swallow-th request gets no answer. Each connection is closed with its
	// closeAfter-th answer. 0 never does.
	swallow, closeAfter uint64
	// again answers a second time, after the law's delay.
	again bool
	// early answers at the end of the head; drip writes byte by byte; deaf
	// never reads; refuse does not listen.
	early, drip, deaf, refuse bool
}

const interim = "HTTP/1.1 100 Continue\r\n\r\n"

// scripts are the scripts of the law under each behaviour.
func scripts(l Law) map[Behaviour]func() script {
	body := string(answerBody(l.Body))
	right := message("200 OK", body)
	return map[Behaviour]func() script{
		Right:   func() script { return script{answer: right} },
		Swallow: func() script { return script{answer: right, swallow: uint64(l.Every)} },
		Twice: func() script {
			if l.Delay > 0 {
				return script{answer: right, again: true}
			}
			return script{answer: bytes.Repeat(right, 2), surplus: 1}
		},
		ExtraBytes:      func() script { return script{answer: slices.Concat(right, []byte("surplus"))} },
		CloseAfter:      func() script { return script{answer: right, closeAfter: uint64(l.Every)} },
		Continue:        func() script { return script{answer: slices.Concat([]byte(interim), right)} },
		Drip:            func() script { return script{answer: right, drip: true} },
		Stream:          func() script { return script{answer: stream(l.Every)} },
		WrongBody:       func() script { return script{answer: message("200 OK", flipped(body))} },
		ShortBody:       func() script { return script{answer: message("200 OK", body[:len(body)/2])} },
		LongBody:        func() script { return script{answer: message("200 OK", body+body)} },
		Status500:       func() script { return script{answer: message("500 Internal Server Error", body)} },
		Garbage:         func() script { return script{answer: []byte("\x00\x01 this is not HTTP\r\n\r\n")} },
		EarlyReply:      func() script { return script{answer: right, early: true, then: closeRST} },
		CloseMidBody:    func() script { return script{answer: right[:len(right)-(len(body)+1)/2], then: closeFIN} },
		CloseUnanswered: func() script { return script{then: closeFIN} },
		ResetUnanswered: func() script { return script{then: closeRST} },
		Hang:            func() script { return script{} },
		ContinueOnly:    func() script { return script{answer: []byte(interim)} },
		Silent:          func() script { return script{deaf: true} },
		Refuse:          func() script { return script{refuse: true} },
	}
}

// AnswerSize returns the size in bytes of the law's whole answer, head included.
func AnswerSize(l Law) int { return len(scripts(l)[l.Behaviour]().answer) }

// answerBody returns the body of a right answer.
func answerBody(b scenarios.Body) []byte {
	if b.Text == "" {
		b.Text = Hello
	}
	return b.Bytes()
}

func message(status, body string) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
}

// Events returns n server-sent events.
func Events(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(event(i))
	}
	return b.String()
}

func event(i int) string { return fmt.Sprintf("data: %d\n\n", i+1) }

// stream returns the answer of n events.
func stream(n int) []byte {
	out := []byte("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
	for i := range n {
		e := event(i)
		out = fmt.Appendf(out, "%x\r\n%s\r\n", len(e), e)
	}
	return append(out, "0\r\n\r\n"...)
}

// flipped returns the body with another last byte, which is compared last.
func flipped(body string) string {
	b := []byte(body)
	b[len(b)-1] ^= 1
	return string(b)
}
