// Package rawhead reads the head of an answer as it stands on the wire. net/http
// drops the fields that it acts on: Connection, Transfer-Encoding, Trailer.
package rawhead

import (
	"bufio"
	"bytes"
	"net/textproto"
	"strings"
)

// end is the line end of a head's last line, and the empty line.
const end = "\r\n\r\n"

// Peek waits until a whole head stands in the reader's buffer and returns a copy of
// it; the head stays in the buffer. Where the bytes cannot be a head, notHTTP is
// true. With an error, or such bytes, head holds all that came.
func Peek(r *bufio.Reader) (head []byte, notHTTP bool, err error) {
	for n := 1; ; {
		_, err := r.Peek(n)
		got, _ := r.Peek(r.Buffered())
		if start := "HTTP/1."; !strings.HasPrefix(string(got), start[:min(len(got), len(start))]) {
			return bytes.Clone(got), true, nil
		}
		if at := bytes.Index(got, []byte(end)); at >= 0 {
			return bytes.Clone(got[:at+len(end)]), false, nil
		}
		if err != nil {
			return bytes.Clone(got), false, err
		}
		n = len(got) + 1
	}
}

// Fields parses the fields of a head.
func Fields(head []byte) (textproto.MIMEHeader, error) {
	r := textproto.NewReader(bufio.NewReader(bytes.NewReader(head)))
	if _, err := r.ReadLine(); err != nil {
		return nil, err
	}
	return r.ReadMIMEHeader()
}
