package core_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/results"
)

// endless answers a request with start and up to a gibibyte of repeat; took counts the
// bytes that the loader let pass.
func endless(start, repeat string, took *atomic.Int64) func(net.Conn, *bufio.Reader) {
	const gibibyte = 1 << 30
	block := bytes.Repeat([]byte(repeat), 1+(32<<10)/len(repeat))
	return func(c net.Conn, in *bufio.Reader) {
		if _, err := http.ReadRequest(in); err != nil {
			return
		}
		if _, err := io.WriteString(c, start); err != nil {
			return
		}
		for sent := 0; sent < gibibyte; sent += len(block) {
			n, err := c.Write(block)
			took.Add(int64(n))
			if err != nil {
				return
			}
		}
	}
}

// Servers that never end a part of an answer that must be small cost the loader little
// memory and one request.
func TestEndlessAnswers(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		for _, c := range []struct{ name, start, repeat, says string }{
			{"headers", "HTTP/1.1 200 OK\r\n", "X-Filler: abcdefghijklmnopqrstuvwxyz\r\n", "head larger than 64 KiB"},
			{"one header", "HTTP/1.1 200 OK\r\nX: ", "abcdefgh", "head larger than 64 KiB"},
			{"reason", "HTTP/1.1 200 ", "OK ", "head larger than 64 KiB"},
			{"interim answers", "", "HTTP/1.1 102 Processing\r\n\r\n", "more than 32 interim responses"},
			{"early hints", "HTTP/1.1 103 Early Hints\r\n", "Link: </a>; rel=preload\r\n", "head larger than 64 KiB"},
			{"chunk extension", chunked + "5;", "x=y;", "chunk size line larger than 4 KiB"},
			{"chunk size", chunked, "0", "chunk size line larger than 4 KiB"},
			{"trailers", chunked + "0\r\n", "X: y\r\n", "trailers larger than 64 KiB"},
			{"garbage", "", "\x00\xff\x7f", "not an HTTP/1.x status line"},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				var took atomic.Int64
				spec := specAt(local(t, endless(c.start, c.repeat, &took)), counted(3))
				spec.Connections = 1
				p := drive(t, e, spec).Phases[0]
				onlyProtocol(t, &p, 3, c.says)
				// The kernel's buffers held the bytes that the loader did not read.
				if n := took.Load(); n > 3*(32<<20) {
					t.Errorf("the loader let %d bytes pass", n)
				}
			})
		}
	})
}

func onlyProtocol(t *testing.T, p *results.Phase, n uint64, says string) {
	t.Helper()
	if p.Total.Completed != 0 || p.Total.Failed != n || p.Total.Errors[results.CauseProtocol] != n {
		t.Errorf("%d right, errors %v, want %d by %q", p.Total.Completed, p.Total.Errors, n, results.CauseProtocol)
	}
	if !strings.Contains(p.Total.FirstError, says) {
		t.Errorf("%q does not say %q", p.Total.FirstError, says)
	}
}

// An answer that other clients might read differently is a clear protocol error.
func TestMalformedAnswers(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		const ok, chunked = "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		for answer, says := range map[string]string{
			ok + "Content-Length: -7\r\n\r\n":                                              "Content-Length is not a number",
			ok + "Content-Length: +7\r\n\r\nalive\r\n":                                     "Content-Length is not a number",
			ok + "Content-Length: 7\r\nContent-Length: 8\r\n\r\n" + hello():                "Content-Length given twice with different values",
			ok + "Content-Length: 7, 8\r\n\r\n" + hello():                                  "Content-Length given twice with different values",
			ok + "Content-Length: 99999999999999999999\r\n\r\n":                            "Content-Length too large",
			ok + "Content-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n":                 "both Transfer-Encoding and Content-Length",
			ok + "Transfer-Encoding: chunked;q=1\r\n\r\n7\r\n" + hello() + "\r\n0\r\n\r\n": "chunked with parameters in Transfer-Encoding",
			chunked + "FFFFFFFFFFFFFFFFF\r\n":                                              "chunk size too large",
			chunked + "8000000000000000\r\n":                                               "chunk size too large",
			chunked + "-1\r\n":                                                             "chunk size is not a hexadecimal number",
			chunked + "7\r\n" + hello() + "7\r\n":                                          "chunk longer than its size",
			"HTTP/1.1 99999 Many\r\n\r\n":                                                  "status code is not three digits",
			"HTTP/1.1 099 Few\r\n\r\n":                                                     "status code below 100",
			"HTTP/2 200 OK\r\n\r\n":                                                        "not an HTTP/1.x status line",
			"SSH-2.0-OpenSSH_9.9\r\n":                                                      "not an HTTP/1.x status line",
			ok + "no colon\r\n\r\n":                                                        "field without a colon",
			ok + "A\x00: b\r\n\r\n":                                                        "forbidden byte in a field name",
		} {
			t.Run(says, func(t *testing.T) {
				t.Parallel()
				spec := specAt(local(t, func(c net.Conn, in *bufio.Reader) {
					if _, err := http.ReadRequest(in); err == nil {
						_, _ = io.WriteString(c, answer)
						silent(c, in)
					}
				}), counted(2))
				spec.Connections = 2
				p := drive(t, e, spec).Phases[0]
				onlyProtocol(t, &p, 2, says)
			})
		}
	})
}
