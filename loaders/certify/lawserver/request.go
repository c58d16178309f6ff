package lawserver

import (
	"bytes"
	"errors"
	"strconv"
)

// maxHead bounds the head of a request, in bytes.
const maxHead = 64 << 10

var (
	headEnd       = []byte("\r\n\r\n")
	lineEnd       = []byte("\r\n")
	contentLength = []byte("content-length")
	encoding      = []byte("transfer-encoding")

	errFraming = errors.New("a request whose body is not framed by one Content-Length")
)

// requestReader finds requests in a stream that comes in pieces of any size. The
// zero requestReader expects a head.
type requestReader struct {
	// carry is an incomplete head.
	carry []byte
	// body is the number of bytes of a body that are still to come.
	body int64
}

// part is a piece of a stream that ends something.
type part uint8

const (
	// more: all data is taken and nothing has ended.
	more part = iota
	// headOnly: a head has ended whose body is to come.
	headOnly
	// whole: a request has ended.
	whole
)

// next takes data up to the end of a head or request and returns the rest. Data
// must not be changed before the rest has been passed to next.
func (r *requestReader) next(data []byte) (rest []byte, ended part, err error) {
	if r.body > 0 {
		n := min(r.body, int64(len(data)))
		r.body -= n
		if r.body > 0 {
			return nil, more, nil
		}
		return data[n:], whole, nil
	}
	head := data
	if len(r.carry) > 0 {
		r.carry = append(r.carry, data...)
		head = r.carry
	}
	end := bytes.Index(head, headEnd)
	if end < 0 {
		if len(head) > maxHead {
			return nil, more, errFraming
		}
		if len(r.carry) == 0 {
			r.carry = append(r.carry, data...)
		}
		return nil, more, nil
	}
	r.body, err = bodyLength(head[:end])
	if err != nil {
		return nil, more, err
	}
	rest = data[len(data)-(len(head)-end-len(headEnd)):]
	r.carry = r.carry[:0]
	if r.body > 0 {
		return rest, headOnly, nil
	}
	return rest, whole, nil
}

// bodyLength reads the Content-Length of a head, 0 where there is none.
func bodyLength(head []byte) (int64, error) {
	length := int64(-1)
	_, fields, _ := bytes.Cut(head, lineEnd)
	for len(fields) > 0 {
		var line []byte
		line, fields, _ = bytes.Cut(fields, lineEnd)
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case bytes.EqualFold(name, encoding):
			return 0, errFraming
		case bytes.EqualFold(name, contentLength):
			n, err := strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
			if err != nil || n < 0 || length >= 0 && n != length {
				return 0, errFraming
			}
			length = n
		}
	}
	return max(0, length), nil
}
