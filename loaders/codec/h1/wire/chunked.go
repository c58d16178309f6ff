package wire

import "math"

// nextChunked consumes chunk framing up to the next bytes of the body, the end
// of the response or the end of data.
func (p *Parser) nextChunked(data []byte) (int, Part, error) {
	for i := 0; i < len(data); {
		if p.state == stateChunkData {
			return p.chunkData(data, i)
		}
		var reason string
		if p.state < stateTrailerLine {
			reason = p.chunkByte(data[i])
		} else {
			reason = p.trailerByte(data[i])
		}
		if reason != "" {
			return p.fail(reason, data[i:])
		}
		i++
		if p.state == stateEnd {
			p.finish()
			return i, End, nil
		}
	}
	return len(data), NeedMore, nil
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
		p.state, p.line, p.last = stateTrailerLine, 0, noField
	}
}

// trailerByte reads one byte of the trailers, which are checked and dropped.
func (p *Parser) trailerByte(c byte) string {
	if p.line++; p.line > MaxHead {
		return "trailers larger than 64 KiB"
	}
	switch p.state {
	case stateTrailerLine:
		return p.trailerStart(c)
	case stateTrailerName:
		if c == ':' {
			p.state, p.last = stateTrailerValue, plainField
			return ""
		}
		return unless(isTokenByte(c), "forbidden byte in a trailer's name")
	case stateTrailerValue:
		switch c {
		case '\r':
			p.state = stateTrailerLF
			return ""
		case '\n':
			p.state = stateTrailerLine
			return ""
		}
		return unless(isValueByte(c), "forbidden byte in a trailer's value")
	case stateTrailerLF:
		p.state = stateTrailerLine
		return unless(c == '\n', "bare CR in a trailer")
	}
	p.state = stateEnd
	return unless(c == '\n', "chunked body without a final CRLF")
}

func (p *Parser) trailerStart(c byte) string {
	switch {
	case c == '\r':
		p.state = stateFinalLF
	case c == '\n':
		p.state = stateEnd
	case (c == ' ' || c == '\t') && p.last == plainField:
		p.state = stateTrailerValue
	case isTokenByte(c):
		p.state = stateTrailerName
	default:
		return "forbidden byte in a trailer's name"
	}
	return ""
}

// unless returns the reason where ok is false.
func unless(ok bool, reason string) string {
	if ok {
		return ""
	}
	return reason
}
