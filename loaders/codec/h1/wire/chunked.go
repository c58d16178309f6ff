package wire

import (
	"bytes"
	"errors"
	"strconv"
)

// nextChunked consumes chunk framing up to the next bytes of the body, the end
// of the response or an incomplete line.
func (p *Parser) nextChunked(data []byte) (int, Part, error) {
	for i := 0; ; {
		rest, n, reason := data[i:], 0, ""
		switch p.state {
		case stateTrailers:
			return p.nextTrailers(data, i)
		case stateChunkData:
			if len(rest) == 0 {
				return i, NeedMore, nil
			}
			return p.chunkData(data, i)
		case stateChunkEnd:
			n, reason = p.chunkEnd(rest)
		default:
			n, reason = p.chunkSize(rest)
		}
		if reason != "" {
			return p.fail(reason, rest)
		}
		if i += n; n == 0 {
			return i, NeedMore, nil
		}
	}
}

// chunkData consumes bytes of the chunk from data[i:], which is not empty.
func (p *Parser) chunkData(data []byte, i int) (int, Part, error) {
	n := len(data) - i
	if int64(n) >= p.remain {
		n = int(p.remain)
		p.state = stateChunkEnd
	}
	p.remain -= int64(n)
	p.span, p.spanEnd = i, i+n
	return i + n, Body, nil
}

// chunkEnd reads the line end behind a chunk's data. It returns the length of what
// it read, 0 where bytes are missing, or the reason to refuse it.
func (p *Parser) chunkEnd(rest []byte) (n int, reason string) {
	const end = "\r\n"
	switch {
	case !bytes.HasPrefix([]byte(end), rest[:min(len(rest), len(end))]):
		return 0, "chunk longer than its size"
	case len(rest) < len(end):
		return 0, ""
	}
	p.state = stateChunkSize
	return len(end), ""
}

// chunkSize reads a chunk's size line: hexadecimal digits, perhaps white space, and
// perhaps extensions. It returns as chunkEnd does.
func (p *Parser) chunkSize(rest []byte) (n int, reason string) {
	const notHex = "chunk size is not a hexadecimal number"
	line, _, ok := bytes.Cut(rest, []byte("\n"))
	n = len(line) + 1
	switch {
	case len(rest) > 0 && !isHexDigit(rest[0]):
		return 0, notHex
	case len(line) > MaxChunkLine:
		return 0, "chunk size line larger than 4 KiB"
	case !ok:
		return 0, ""
	case line[len(line)-1] != '\r':
		return 0, "chunk size line without CRLF"
	}
	line, extension, _ := bytes.Cut(line[:len(line)-1], []byte(";"))
	size, err := strconv.ParseUint(string(bytes.TrimRight(line, " \t")), 16, 63)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, "chunk size too large"
	case err != nil:
		return 0, notHex
	case !isValue(extension):
		return 0, "forbidden byte in a chunk extension"
	}
	p.state, p.remain = stateChunkData, int64(size)
	if size == 0 {
		p.state, p.last = stateTrailers, noField
	}
	return n, ""
}

// nextTrailers reads the complete lines of the trailers, which are checked and
// dropped, from data[from:] on. Incomplete ones are not consumed, as in a head.
func (p *Parser) nextTrailers(data []byte, from int) (int, Part, error) {
	rest := data[from:]
	if int(p.scan) > len(rest) {
		return p.fail("the unconsumed start of the trailers was not shown again", rest)
	}
	for {
		line, ok := p.nextLine(rest)
		switch {
		case int(p.scan) > MaxHead || !ok && len(rest) == MaxHead:
			return p.fail("trailers larger than 64 KiB", rest)
		case !ok:
			return from, NeedMore, nil
		case len(line) == 0:
			n := from + int(p.scan)
			p.finish()
			return n, End, nil
		}
		if reason := p.fieldLine(line); reason != "" {
			return p.fail("trailers: "+reason, line)
		}
	}
}
