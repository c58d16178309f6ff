package wire

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/loaders/codec"
)

// RequestError says where a text is not a request.
type RequestError struct {
	Reason string
	// Line and Column count from 1.
	Line, Column int
}

// Error implements error.
func (e *RequestError) Error() string { return fmt.Sprintf("%s at %d:%d", e.Reason, e.Line, e.Column) }

// Split appends the requests of a text, one after the other. They keep their bytes as they
// are: heads whose lines end without CR, empty lines around requests and chunked bodies
// too. The error is a *RequestError. No bytes are copied.
func Split(text string, to []codec.Verbatim) ([]codec.Verbatim, error) {
	for at := 0; at < len(text); {
		v, n, reason := scanRequest(text[at:])
		if reason != "" {
			return to, requestError(text[:at+n], reason)
		}
		if strings.Trim(text[at+n:], "\r\n") == "" {
			n = len(text) - at
		}
		v.Text = text[at : at+n]
		to, at = append(to, v), at+n
	}
	if len(to) == 0 {
		return to, requestError("", "incomplete request")
	}
	return to, nil
}

// requestError returns the error behind a text.
func requestError(before, reason string) error {
	lines := strings.Count(before, "\n")
	return &RequestError{Reason: reason, Line: 1 + lines, Column: len(before) - strings.LastIndexByte(before, '\n')}
}

// framing is what the fields of a head say about the body.
type framing struct {
	length  int
	chunked bool
}

// scanRequest reads the first request of a text. n is its length, or the place where it is
// wrong for that reason.
func scanRequest(text string) (v codec.Verbatim, n int, reason string) {
	for n < len(text) && (text[n] == '\r' || text[n] == '\n') {
		n++
	}
	line, end, ok := nextLine(text, n)
	if !ok {
		return v, n, "incomplete request"
	}
	if reason = requestLine(line, &v); reason != "" {
		return v, n, reason
	}
	var body framing
	closes, keeps := false, false
	for {
		at := end
		if line, end, ok = nextLine(text, at); !ok {
			return v, at, "incomplete request"
		}
		if line == "" {
			break
		}
		if reason = body.field(line, &closes, &keeps); reason != "" {
			return v, at, reason
		}
	}
	v.HeadBytes, v.Ends = end, closes || v.HTTP10 && !keeps
	switch {
	case body.chunked:
		v.BodyBytes, n, reason = chunkedBody(text, end)
		return v, n, reason
	case body.length > len(text)-end:
		return v, len(text), "incomplete request"
	}
	v.BodyBytes = int64(body.length)
	return v, end + body.length, ""
}

// nextLine returns the line from the place on, without its end, and the place behind it.
func nextLine(text string, at int) (line string, end int, ok bool) {
	n := strings.IndexByte(text[at:], '\n')
	if n < 0 {
		return "", at, false
	}
	return strings.TrimSuffix(text[at:at+n], "\r"), at + n + 1, true
}

// requestLine reads the method and the version.
func requestLine(line string, v *codec.Verbatim) (reason string) {
	method, rest, _ := strings.Cut(line, " ")
	at := strings.LastIndexByte(rest, ' ')
	switch {
	case method == "" || strings.IndexFunc(method, func(r rune) bool { return r >= 0x80 || !isTokenByte(byte(r)) }) >= 0:
		return "invalid HTTP method"
	case at < 0 || !strings.HasPrefix(rest[at+1:], "HTTP/1."):
		return "invalid HTTP version"
	}
	v.NoBody, v.HTTP10 = method == "HEAD", rest[at+1:] == "HTTP/1.0"
	return ""
}

// field reads a header field that says how the request or its connection ends.
func (b *framing) field(line string, closes, keeps *bool) (reason string) {
	switch line[0] | 0x20 {
	case 'c', 't':
	default:
		return ""
	}
	name, value, ok := strings.Cut(line, ":")
	switch {
	case !ok:
		return "invalid character in header"
	case strings.EqualFold(name, "content-length"):
		n, err := strconv.ParseUint(strings.Trim(value, " \t"), 10, 62)
		if err != nil {
			return "invalid character in content-length header"
		}
		b.length = int(n)
	case strings.EqualFold(name, "transfer-encoding"):
		b.chunked = strings.EqualFold(strings.Trim(value, " \t"), "chunked")
	case strings.EqualFold(name, "connection"):
		for option := range strings.SplitSeq(value, ",") {
			option = strings.Trim(option, " \t")
			*closes = *closes || strings.EqualFold(option, "close")
			*keeps = *keeps || strings.EqualFold(option, "keep-alive")
		}
	}
	return ""
}

// chunkedBody reads a chunked body from the place on. It returns the number of its bytes
// without framing and the place behind it.
func chunkedBody(text string, at int) (size int64, end int, reason string) {
	for {
		line, behind, ok := nextLine(text, at)
		if !ok {
			return size, at, "incomplete request"
		}
		digits, _, _ := strings.Cut(line, ";")
		n, err := strconv.ParseUint(strings.Trim(digits, " \t"), 16, 62)
		switch {
		case err != nil:
			return size, at, "invalid character in chunk size header"
		case n == 0:
			end, reason = trailers(text, behind)
			return size, end, reason
		case n > uint64(len(text)-behind):
			return size, len(text), "incomplete request"
		}
		size, at = size+int64(n), behind+int(n)
		line, behind, ok = nextLine(text, at)
		if !ok || line != "" {
			return size, at, "a chunk longer than its size"
		}
		at = behind
	}
}

// trailers reads the fields behind the last chunk, up to the empty line.
func trailers(text string, at int) (end int, reason string) {
	for {
		line, behind, ok := nextLine(text, at)
		switch {
		case !ok:
			return at, "incomplete request"
		case line == "":
			return behind, ""
		}
		at = behind
	}
}
