package lawserver

import (
	"bytes"
	"fmt"

	"github.com/joust-bench/joust/scenarios"
)

// Behaviour names what the server does with a request.
type Behaviour string

// The behaviours. Right, Continue and Drip give right answers. Swallow, Twice,
// ExtraBytes and CloseAfter give right answers too, and do something that must be
// counted under a name of its own. All others must count as failures.
const (
	Right Behaviour = ""
	// Swallow reads each Law.Every-th request, counted over all connections, and
	// never answers it.
	Swallow Behaviour = "swallow"
	// Twice answers every request twice: in one write, or Law.Delay apart.
	Twice Behaviour = "twice"
	// ExtraBytes writes more than the head has told, at once.
	ExtraBytes Behaviour = "extra-bytes"
	// CloseAfter closes each connection with its Law.Every-th answer, in the same
	// segment, and does not announce it.
	CloseAfter Behaviour = "close-after"
	// Continue sends "100 Continue" before the answer; Drip sends the answer
	// byte by byte, one every Law.Delay.
	Continue Behaviour = "continue"
	Drip     Behaviour = "drip"

	// WrongBody has the right length, ShortBody and LongBody another one, told
	// truly in their head.
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

// Behaviours are all of them.
func Behaviours() []Behaviour {
	return []Behaviour{
		Right, Swallow, Twice, ExtraBytes, CloseAfter,
		Continue, Drip, WrongBody, ShortBody, LongBody, Status500, Garbage, EarlyReply,
		CloseMidBody, CloseUnanswered, ResetUnanswered, Hang, ContinueOnly, Silent, Refuse,
	}
}

// ending is what happens to a connection behind an answer.
type ending uint8

const (
	keepOpen ending = iota
	closeFIN
	closeRST
)

// script is a law as the loop acts on it.
type script struct {
	answer []byte
	// surplus is how many answers a write holds beyond the first.
	surplus uint64
	then    ending
	// swallow leaves each so many-th request without an answer; closeAfter
	// closes each connection behind so many answers; 0 never does.
	swallow, closeAfter uint64
	// again answers a second time, after the law's delay.
	again bool
	// early answers at the end of the head; drip writes byte by byte; deaf
	// never reads; refuse does not listen.
	early, drip, deaf, refuse bool
}

const interim = "HTTP/1.1 100 Continue\r\n\r\n"

// compile writes the answer of a law.
func compile(l Law) (script, error) {
	body := string(answerBody(l.Body))
	right := message("200 OK", body)
	switch l.Behaviour {
	case Right:
		return script{answer: right}, nil
	case Swallow:
		return script{answer: right, swallow: uint64(l.Every)}, nil
	case Twice:
		if l.Delay > 0 {
			return script{answer: right, again: true}, nil
		}
		return script{answer: bytes.Repeat(right, 2), surplus: 1}, nil
	case CloseAfter:
		return script{answer: right, closeAfter: uint64(l.Every)}, nil
	case Continue:
		return script{answer: append([]byte(interim), right...)}, nil
	case Drip:
		return script{answer: right, drip: true}, nil
	case WrongBody:
		return script{answer: message("200 OK", flipped(body))}, nil
	case ShortBody:
		return script{answer: message("200 OK", body[:len(body)/2])}, nil
	case LongBody:
		return script{answer: message("200 OK", body+body)}, nil
	case ExtraBytes:
		return script{answer: append(right, "surplus"...)}, nil
	case Status500:
		return script{answer: message("500 Internal Server Error", body)}, nil
	case Garbage:
		return script{answer: []byte("\x00\x01 this is not HTTP\r\n\r\n")}, nil
	case EarlyReply:
		return script{answer: right, early: true, then: closeRST}, nil
	case CloseMidBody:
		return script{answer: right[:len(right)-(len(body)+1)/2], then: closeFIN}, nil
	case CloseUnanswered:
		return script{then: closeFIN}, nil
	case ResetUnanswered:
		return script{then: closeRST}, nil
	case Hang:
		return script{}, nil
	case ContinueOnly:
		return script{answer: []byte(interim)}, nil
	case Silent:
		return script{deaf: true}, nil
	case Refuse:
		return script{refuse: true}, nil
	}
	return script{}, fmt.Errorf("unknown behaviour %q", l.Behaviour)
}

// answerBody is the body of a right answer.
func answerBody(b scenarios.Body) []byte {
	if b.Text == "" {
		b.Text = Hello
	}
	return b.Bytes()
}

// AnswerSize is the size in bytes of the law's whole answer, head included.
func AnswerSize(l Law) (int, error) {
	s, err := compile(l)
	return len(s.answer), err
}

func message(status, body string) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
}

// flipped differs in its last byte, which is compared last.
func flipped(body string) string {
	b := []byte(body)
	b[len(b)-1] ^= 1
	return string(b)
}
