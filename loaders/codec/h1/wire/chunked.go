package wire

import "math"

// nextChunked consumes chunk framing up to the next bytes of the body, the end
// of the response or the end of data.
func (p *Parser) nextChunked(data []byte) (int, Part, error) {
	for i := 0; ; i++ {
		switch {
		case p.state == stateTrailers:
			return p.nextTrailers(data, i)
		case i == len(data):
			return i, NeedMore, nil
		case p.state == stateChunkData:
			return p.chunkData(data, i)
		}
		if reason := p.chunkByte(data[i]); reason != "" {
			return p.fail(reason, data[i:])
		}
	}
}

// chunkData takes bytes of the chunk from data[i:], which is not empty.
func (p *Parser) chunkData(data []byte, i int) (int, Part, error) {
	n := len(data) - i
	if int64(n) >= p.remain {
		n = int(p.remain)
		p.state = stateChunkDataCR
	}
	p.remain -= int64(n)
	p.span, p.spanEnd = i, i+n
	return i + n, Body, nil
}

// chunkByte reads one byte of a chunk's size line, or of the line end behind its
// data. It returns the reason to refuse the byte, or "".
func (p *Parser) chunkByte(c byte) string {
	switch p.state {
	case stateChunkDataCR:
		p.state = stateChunkDataLF
		return unless(c == '\r', "chunk longer than its size")
	case stateChunkDataLF:
		p.state = stateChunkSize
		return unless(c == '\n', "chunk longer than its size")
	case stateChunkSizeLF:
		p.endSizeLine()
		return unless(c == '\n', "chunk size line without CRLF")
	case stateChunkSize:
		p.line, p.remain = 0, 0
		p.state = stateChunkDigits
		return p.sizeDigit(c)
	}
	if p.line++; p.line >= MaxChunkLine {
		return "chunk size line larger than 4 KiB"
	}
	if c == '\r' {
		p.state = stateChunkSizeLF
		return ""
	}
	return p.sizeByte(c)
}

// sizeByte reads a byte of the size line behind its first digit.
func (p *Parser) sizeByte(c byte) string {
	switch {
	case p.state == stateChunkExtension:
		return unless(isValueByte(c), "forbidden byte in a chunk extension")
	case c == ';':
		p.state = stateChunkExtension
		return ""
	case c == ' ' || c == '\t':
		p.state = stateChunkSpace
		return ""
	case p.state == stateChunkSpace:
		return "chunk size is not a hexadecimal number"
	}
	return p.sizeDigit(c)
}

func (p *Parser) sizeDigit(c byte) string {
	d := hexDigit(c)
	if d < 0 {
		return "chunk size is not a hexadecimal number"
	}
	if p.remain > math.MaxInt64>>4 {
		return "chunk size too large"
	}
	p.remain = p.remain<<4 | d
	return ""
}

func (p *Parser) endSizeLine() {
	p.state = stateChunkData
	if p.remain == 0 {
		p.state, p.line, p.last = stateTrailers, 0, noField
	}
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

// unless returns the reason where ok is false.
func unless(ok bool, reason string) string {
	if ok {
		return ""
	}
	return reason
}
