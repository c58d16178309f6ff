package wire

import "fmt"

// Part is the part of a response that the parser consumed.
type Part uint8

// The parts. A final response is Head, any number of Body, End.
const (
	// NeedMore: the parser needs more bytes. Bytes that were not consumed must
	// be shown again, with the new ones behind them.
	NeedMore Part = iota
	// Head: the final head was consumed; the exported fields describe it.
	Head
	// Interim: a 1xx head other than 101 was consumed; Status is set.
	Interim
	// Body: bytes of the body were consumed, see Span.
	Body
	// End: the response is complete.
	End
)

// Parser reads the responses of one connection, wherever the stream is cut. It
// holds no buffer: the caller keeps incomplete heads, trailers and lines of chunk
// framing, and the parser consumes all other bytes as they come. The zero Parser is
// ready for a new connection. One goroutine may use it. Head and Interim set the
// exported fields, which stand until the first byte of the next head.
type Parser struct {
	// Status is the response's status code, 100 to 999.
	Status int
	// ContentLength is the declared length of the body in bytes, -1 for none.
	ContentLength int64
	// HeadBytes is the length of the head in bytes, its empty line included.
	HeadBytes int
	// KeepAlive is true where the connection may be used after the response.
	KeepAlive bool
	// Chunked is true where the head declares a chunked body.
	Chunked bool

	noBody   bool
	asked10  bool
	state    state
	last     lineKind
	interims uint8
	flags    flags
	scan     int32 // bytes of the unconsumed head or trailers searched for a line's end
	line     int32 // start of their first unread line
	remain   int64 // bytes of the body or chunk to come, without end until the close
	span     int   // start of the last Body
	spanEnd  int
}

// state is the place of the next byte in a response.
type state uint8

const (
	stateHead state = iota
	stateLength
	stateUntilClose
	stateEnd // complete, End not yet returned
	stateFailed

	stateChunkSize
	stateChunkData
	stateChunkEnd // behind the data
	stateTrailers
)

// Reset makes the parser ready for a new connection.
func (p *Parser) Reset() { *p = Parser{} }

// Expect says, before the first byte of each response, whether the response has
// no body because it answers a HEAD request, and whether it answers an HTTP/1.0
// request. It holds until the next call.
func (p *Parser) Expect(noBody, http10 bool) { p.noBody, p.asked10 = noBody, http10 }

// Next consumes n bytes at the front of data and returns the part that they are.
// Call it on the rest, even an empty one, until it returns NeedMore or an error:
// the End behind a Head or a Body may consume no bytes.
//
// An incomplete head is not consumed (NeedMore), nor are incomplete trailers or lines
// of chunk framing: the next call must show the same bytes again with more behind
// them. After an error, which is a *ProtocolError, the connection is of no more use.
func (p *Parser) Next(data []byte) (n int, part Part, err error) {
	switch p.state {
	case stateHead:
		return p.nextHead(data)
	case stateLength, stateUntilClose:
		return p.bodyBytes(data, 0, stateEnd)
	case stateEnd:
		p.finish()
		return 0, End, nil
	case stateFailed:
		return 0, NeedMore, ErrFailed
	}
	return p.nextChunked(data)
}

// Span returns the body bytes of the last Body. data is the argument that Next
// had.
func (p *Parser) Span(data []byte) []byte { return data[p.span:p.spanEnd] }

// EOF reads the end of the stream. It returns End for a body that runs until the
// close, ErrIdle where no byte of a response came, and else an error that wraps
// ErrTruncated.
func (p *Parser) EOF() (Part, error) {
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

// bodyBytes consumes bytes of the body or of a chunk from data[from:]. The state
// behind the last of them is then.
func (p *Parser) bodyBytes(data []byte, from int, then state) (int, Part, error) {
	if from == len(data) {
		return from, NeedMore, nil
	}
	end := len(data)
	if int64(end-from) >= p.remain {
		end = from + int(p.remain)
		p.state = then
	}
	p.remain -= int64(end - from)
	p.span, p.spanEnd = from, end
	return end, Body, nil
}
