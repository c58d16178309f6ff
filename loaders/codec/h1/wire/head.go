package wire

import (
	"bytes"
	"errors"
	"math"
	"strconv"
)

// lineKind is the kind of the line that a folded line would continue.
type lineKind uint8

const (
	noField lineKind = iota
	plainField
	framingField // its value decides how the response is read
)

// flags are the facts that the lines of a head state.
type flags uint8

const (
	sawClose flags = 1 << iota
	sawKeepAlive
	sawEncoding   // a Transfer-Encoding
	sawCoding     // a coding in it
	sawChunked    // chunked among its codings
	chunkedIsLast // chunked is the last of its codings so far
	isHTTP10
)

func (p *Parser) has(f flags) bool { return p.flags&f != 0 }

// nextHead reads the complete lines of a head, each once: the caller shows the
// whole head again, and p.line and p.scan are the places to go on from.
func (p *Parser) nextHead(data []byte) (int, Part, error) {
	switch {
	case int(p.scan) > len(data):
		return p.fail("the unconsumed start of a head was not shown again", data)
	case p.scan == 0 && len(data) == 0:
		return 0, NeedMore, nil
	case p.scan == 0:
		p.beginHead()
	}
	for {
		first, reason := p.line == 0, ""
		line, ok := p.nextLine(data)
		switch {
		case !ok:
			return p.partialHead(data)
		case int(p.scan) > MaxHead:
			reason, line = "head larger than 64 KiB", data
		case first:
			reason = p.statusLine(line)
		case len(line) == 0:
			return p.endHead(data[:p.scan])
		default:
			reason = p.fieldLine(line)
		}
		if reason != "" {
			return p.fail(reason, line)
		}
	}
}

// nextLine reads the next line of an unconsumed head or trailers. ok is false where
// it is incomplete.
func (p *Parser) nextLine(data []byte) (line []byte, ok bool) {
	i := bytes.IndexByte(data[p.scan:], '\n')
	if i < 0 {
		p.scan = int32(len(data))
		return nil, false
	}
	line = data[p.line : int(p.scan)+i]
	p.scan += int32(i + 1)
	p.line = p.scan
	return bytes.TrimSuffix(line, []byte("\r")), true
}

func (p *Parser) beginHead() {
	p.Status, p.HeadBytes, p.ContentLength = 0, 0, -1
	p.KeepAlive, p.Chunked = false, false
	p.flags, p.last = 0, noField
}

// partialHead refuses an incomplete head that can never become a head, and asks
// for more of any other.
func (p *Parser) partialHead(data []byte) (int, Part, error) {
	if p.line == 0 {
		n := min(len(data), len(versionPrefix))
		if string(data[:n]) != versionPrefix[:n] {
			return p.fail(unlikeHTTP(data), data)
		}
	}
	if len(data) >= MaxHead {
		return p.fail("head larger than 64 KiB", data)
	}
	return 0, NeedMore, nil
}

const (
	versionPrefix = "HTTP/1."
	notHTTP       = "not an HTTP/1.x status line"
)

// unlikeHTTP explains bytes that begin no head. The first byte of a TLS record is
// its type (RFC 8446 §5.1).
func unlikeHTTP(data []byte) string {
	if len(data) > 0 && data[0] >= 20 && data[0] <= 23 {
		return "a TLS record, it seems: use https:// where the server speaks TLS"
	}
	return notHTTP
}

// statusLine reads "HTTP/1.x 200 reason"; the reason and the space before it
// may be missing. It returns the reason to refuse the line, or "".
func (p *Parser) statusLine(line []byte) string {
	const shortest = len("HTTP/1.1 200")
	if !bytes.HasPrefix(line, []byte(versionPrefix)) {
		return unlikeHTTP(line)
	}
	if len(line) < shortest || line[8] != ' ' || line[7] < '0' || line[7] > '9' {
		return notHTTP
	}
	if line[7] == '0' {
		p.flags |= isHTTP10
	}
	status := 0
	for _, c := range line[9:12] {
		if c < '0' || c > '9' {
			return "status code is not three digits"
		}
		status = status*10 + int(c-'0')
	}
	if len(line) > shortest && line[12] != ' ' {
		return "status code is not three digits"
	}
	if status < 100 {
		return "status code below 100"
	}
	if !isValue(line[shortest:]) {
		return "forbidden byte in the status line"
	}
	p.Status = status
	return ""
}

// fieldLine reads one field, or the continuation of one. It returns the reason to
// refuse the line, or "".
func (p *Parser) fieldLine(line []byte) string {
	if line[0] == ' ' || line[0] == '\t' {
		return p.foldedLine(line)
	}
	colon := bytes.IndexByte(line, ':')
	if colon < 0 {
		return "field without a colon"
	}
	name, value := line[:colon], line[colon+1:]
	if !isToken(name) {
		return "forbidden byte in a field name"
	}
	if !isValue(value) {
		return "forbidden byte in a field value"
	}
	if p.state == stateTrailers {
		p.last = plainField
		return ""
	}
	p.last = framingField
	switch {
	case equalFold(name, "content-length"):
		return p.contentLength(value)
	case equalFold(name, "connection"):
		return p.connection(value)
	case equalFold(name, "transfer-encoding"):
		return p.transferEncoding(value)
	}
	p.last = plainField
	return ""
}

func (p *Parser) foldedLine(line []byte) string {
	switch {
	case p.last == noField:
		return "white space before the first field"
	case p.last == framingField:
		return "folded Connection, Content-Length or Transfer-Encoding"
	case !isValue(line):
		return "forbidden byte in a field value"
	}
	return ""
}

// contentLength accepts one number, or the same number several times.
func (p *Parser) contentLength(value []byte) string {
	for item := range bytes.SplitSeq(value, []byte(",")) {
		n, err := strconv.ParseUint(string(trimSpace(item)), 10, 63)
		switch {
		case errors.Is(err, strconv.ErrRange):
			return "Content-Length too large"
		case err != nil:
			return "Content-Length is not a number"
		case p.ContentLength >= 0 && p.ContentLength != int64(n):
			return "Content-Length given twice with different values"
		}
		p.ContentLength = int64(n)
	}
	return ""
}

func (p *Parser) connection(value []byte) string {
	for item := range bytes.SplitSeq(value, []byte(",")) {
		switch item = trimSpace(item); {
		case equalFold(item, "close"):
			p.flags |= sawClose
		case equalFold(item, "keep-alive"):
			p.flags |= sawKeepAlive
		}
	}
	return ""
}

// transferEncoding reads a list of codings. Other recipients might take a malformed
// one for chunked, or for none.
func (p *Parser) transferEncoding(value []byte) string {
	p.flags |= sawEncoding
	for item := range bytes.SplitSeq(value, []byte(",")) {
		if item = trimSpace(item); len(item) == 0 {
			continue
		}
		p.flags |= sawCoding
		name, _, parameters := bytes.Cut(item, []byte(";"))
		switch name = trimSpace(name); {
		case !isToken(name):
			return "Transfer-Encoding is not a list of codings"
		case !equalFold(name, "chunked"):
			p.flags &^= chunkedIsLast
		case parameters:
			return "chunked with parameters in Transfer-Encoding"
		case p.has(sawChunked):
			return "chunked applied twice"
		default:
			p.flags |= sawChunked | chunkedIsLast
		}
	}
	return ""
}

// endHead closes the head and decides how the body is framed (RFC 9112 §6.3).
func (p *Parser) endHead(head []byte) (int, Part, error) {
	if p.has(sawEncoding) {
		if p.ContentLength >= 0 {
			return p.fail("both Transfer-Encoding and Content-Length", head)
		}
		switch {
		case p.has(isHTTP10):
			return p.fail("Transfer-Encoding in an HTTP/1.0 response", head)
		case p.asked10:
			return p.fail("Transfer-Encoding in the answer to an HTTP/1.0 request", head)
		case !p.has(sawCoding):
			return p.fail("Transfer-Encoding without a coding", head)
		}
	}
	p.HeadBytes = len(head)
	p.scan, p.line = 0, 0
	if p.Status < 200 && p.Status != 101 {
		if p.interims >= MaxInterim {
			return p.fail("more than 32 interim responses", head)
		}
		p.interims++
		return len(head), Interim, nil
	}
	p.Chunked = p.has(chunkedIsLast)
	p.KeepAlive = !p.has(sawClose) && p.Status != 101 &&
		(!p.has(isHTTP10) && !p.asked10 || p.has(sawKeepAlive))
	p.frame()
	return len(head), Head, nil
}

// frame chooses how the body is read.
func (p *Parser) frame() {
	p.remain = 0
	switch {
	case p.noBody || p.Status == 101 || p.Status == 204 || p.Status == 304 || p.ContentLength == 0:
		p.state = stateEnd
	case p.Chunked:
		p.state = stateChunkSize
	case p.ContentLength > 0:
		p.state, p.remain = stateLength, p.ContentLength
	default:
		p.state, p.KeepAlive, p.remain = stateUntilClose, false, math.MaxInt64
	}
}
