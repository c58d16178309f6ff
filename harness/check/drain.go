package check

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/joust-bench/joust/scenarios"
)

const (
	// DrainBytes is the size of the body that Drain streams: 512 MiB.
	DrainBytes = 512 << 20
	// DrainMemory is the memory, in bytes, that a server must not pass while it reads
	// that body: 128 MiB.
	DrainMemory = 128 << 20
	// drainPath is the path of requests whose bodies a server reads in pieces and
	// never holds whole.
	drainPath = "/drain"
	// drainPiece is the size of a write.
	drainPiece = 64 << 10
	// drainLimit bounds the time in which a server reads the whole body.
	drainLimit = time.Minute
)

// DrainRow returns the first row of those whose request is drained, nil for none.
func DrainRow(rows []*scenarios.Scenario) *scenarios.Scenario {
	for _, row := range rows {
		for _, r := range row.Requests {
			if r.Path == drainPath && r.Method == http.MethodPost && len(r.Exchange) == 0 && r.Body.Size() > 0 {
				return row
			}
		}
	}
	return nil
}

// Drain streams a body of DrainBytes with the first request of the row, and compares
// the answer. The caller measures the server's memory.
func Drain(ctx context.Context, address, host string, row *scenarios.Scenario) error {
	t := targetOf(address, host, row)
	t.limits.answer, t.limits.packet = drainLimit, 0
	r := row.Requests[0]
	r.Body = &scenarios.Body{Text: strings.Repeat("j", drainPiece)}
	m, err := compile(&r, host)
	if err != nil {
		return err
	}
	length := func(n int) []byte { return fmt.Appendf(nil, "Content-Length: %d\r\n", n) }
	head := bytes.Replace(m.head, length(drainPiece), length(DrainBytes), 1)
	c, err := t.dial(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	c.begin()
	packets := []packet{{head}}
	for range DrainBytes / drainPiece {
		packets = append(packets, net.Buffers{m.body})
	}
	return c.converse(packets, []message{m})
}
