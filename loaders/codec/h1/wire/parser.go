package wire

import "fmt"

// Event is what the parser met.
type Event uint8

// The events. A final response is Head, any number of Body, End.
const (
	// NeedMore: nothing more can be told before more bytes come. Bytes that
	// were not consumed must be shown again, with the new ones behind them.
	NeedMore Event = iota
	// Head: the final head was consumed; the exported fields describe it.
	Head
	// Interim: a 1xx head other than 101 was consumed; Status is set.
	Interim
	// Body: bytes of the body were consumed, see Span.
	Body
	// End: the response is complete.
	End
)

// String names the event.
func (e Event) String() string {
	switch e {
	case NeedMore:
		return "need more"
	case Head:
		return "head"
	case Interim:
		return "interim"
	case Body:
		return "body"
	case End:
		return "end"
	}
	return fmt.Sprintf("event %d", uint8(e))
}

// Parser reads the responses of one connection, wherever the stream is cut. It
// holds no buffer: an incomplete head is left to the caller to keep, all else
// is consumed as it comes. The zero Parser is ready for a new connection. One
// goroutine may use it. The exported fields are set by Head and Interim and
// stand until the first byte of the next head.
type Parser struct {
	// Status is the response's status code, 100 to 999.
	Status int
	// ContentLength is the declared length of the body in bytes, -1 for none.
	ContentLength int64
	// HeadBytes is the length of the head in bytes, its empty line included.
	HeadBytes int
	// KeepAlive tells whether the connection may be used after the response.
	KeepAlive bool
	// Chunked tells whether the head declares a chunked body.
	Chunked bool

	noBody   bool
	state    state
	last     lineKind
	interims uint8
	flags    flags
	scan     int32 // bytes of the unconsumed head searched for a line's end
	line     int32 // start of the unconsumed head's first unread line; in chunk framing, bytes of the line or trailers so far
	remain   int64 // bytes of the body or chunk to come
	span     int   // the last Body event's bytes
	spanEnd  int
}

// state is what the next byte belongs to.
type state uint8

const (
	stateHead state = iota
	stateLength
	stateUntilClose
	stateEnd // complete, End not yet told
	stateFailed

	stateChunkSize // before the first digit
	stateChunkDigits
	stateChunkSpace // white space behind the digits
	stateChunkExtension
	stateChunkSizeLF
	stateChunkData
	stateChunkDataCR
	stateChunkDataLF
	stateTrailerLine // at the start of a line of trailers
	stateTrailerName
	stateTrailerValue
	stateTrailerLF
	stateFinalLF
)

// Reset makes the parser ready for a new connection.
func (p *Parser) Reset() { *p = Parser{} }

// Expect is called before the first byte of each response and says whether it
// answers a HEAD request. It holds until the next call.
func (p *Parser) Expect(noBody bool) { p.noBody = noBody }

// Next takes n bytes off the front of data and returns the first event in
// them. Call it on the rest, be it empty, until it returns NeedMore or an
// error: the End behind a Head or a Body may take no bytes.
//
// An incomplete head is not consumed (n = 0, NeedMore): the next call must show
// the same bytes again with more behind them. All other bytes are consumed.
// After an error, which is a *ProtocolError, the connection is of no more use.
func (p *Parser) Next(data []byte) (n int, ev Event, err error) {
	switch p.state {
	case stateHead:
		return p.nextHead(data)
	case stateLength, stateUntilClose:
		return p.nextBody(data)
	case stateEnd:
		p.finish()
		return 0, End, nil
	case stateFailed:
		return 0, NeedMore, ErrFailed
	}
	return p.nextChunked(data)
}

// Span is the body bytes of the last Body event: a part of data, which is what
// Next was given.
func (p *Parser) Span(data []byte) []byte { return data[p.span:p.spanEnd] }

// EOF says what the end of the stream means: End for a body that runs until
// the close, ErrIdle where no byte of a response came, an error that wraps
// ErrTruncated otherwise.
func (p *Parser) EOF() (Event, error) {
	switch p.state {
	case stateUntilClose, stateEnd:
		p.finish()
		return End, nil
	case stateFailed:
		return NeedMore, ErrFailed
	case stateHead:
		switch {
		case p.scan > 0:
			return NeedMore, fmt.Errorf("%w: %d bytes of a head without its end", ErrTruncated, p.scan)
		case p.interims > 0:
			return NeedMore, fmt.Errorf("%w: no final response after status %d", ErrTruncated, p.Status)
		}
		return NeedMore, ErrIdle
	case stateLength:
		return NeedMore, fmt.Errorf("%w: %d of %d body bytes missing", ErrTruncated, p.remain, p.ContentLength)
	}
	return NeedMore, fmt.Errorf("%w: chunked body without its end", ErrTruncated)
}

// finish makes the parser ready for the next response's head; the exported
// fields stand.
func (p *Parser) finish() {
	p.state = stateHead
	p.scan, p.line, p.interims = 0, 0, 0
}

// nextBody takes bytes of a body that is framed by a length or by the close.
func (p *Parser) nextBody(data []byte) (int, Event, error) {
	n := len(data)
	if n == 0 {
		return 0, NeedMore, nil
	}
	if p.state == stateLength {
		if int64(n) >= p.remain {
			n = int(p.remain)
			p.state = stateEnd
		}
		p.remain -= int64(n)
	}
	p.span, p.spanEnd = 0, n
	return n, Body, nil
}
