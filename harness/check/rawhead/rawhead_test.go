package rawhead

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestPeekLeavesTheHead(t *testing.T) {
	t.Parallel()
	const head = "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
	r := bufio.NewReader(iotest.OneByteReader(strings.NewReader(head + "body")))
	got, notHTTP, err := Peek(r)
	if string(got) != head || notHTTP || err != nil {
		t.Fatalf("got %q, %v, %v", got, notHTTP, err)
	}
	fields, err := Fields(got)
	if err != nil || fields.Get("Connection") != "close" || fields.Get("Transfer-Encoding") != "chunked" {
		t.Errorf("got the fields %v, %v", fields, err)
	}
	if all, _ := io.ReadAll(r); string(all) != head+"body" {
		t.Errorf("the reader holds %q", all)
	}
}

func TestPeekOfNoHead(t *testing.T) {
	t.Parallel()
	for text, wantNotHTTP := range map[string]bool{"HTTP/2 200\r\n\r\n": true, "<html>": true, "HTTP/1.1 200 OK\r\n": false, "": false} {
		got, notHTTP, err := Peek(bufio.NewReader(strings.NewReader(text)))
		if string(got) != text || notHTTP != wantNotHTTP || (err == nil) != wantNotHTTP {
			t.Errorf("%q: got %q, %v, %v", text, got, notHTTP, err)
		}
	}
	long := bufio.NewReaderSize(strings.NewReader("HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 100)), 64)
	if _, _, err := Peek(long); !errors.Is(err, bufio.ErrBufferFull) {
		t.Errorf("a head beyond the buffer: got %v", err)
	}
}

// A head is a beginning of the bytes that came, and ends with the empty line.
func FuzzPeek(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nDate: x\r\n\r\nbody"))
	f.Add([]byte("HTTP/1.1 200 OK\nDate: x\n\n"))
	f.Fuzz(func(t *testing.T, came []byte) {
		head, notHTTP, err := Peek(bufio.NewReader(bytes.NewReader(came)))
		if !bytes.HasPrefix(came, head) {
			t.Errorf("the head %q is no beginning of %q", head, came)
		}
		if err == nil && !notHTTP && !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
			t.Errorf("the head %q does not end", head)
		}
		_, _ = Fields(head)
	})
}
