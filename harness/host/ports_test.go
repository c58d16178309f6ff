//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders/retry"
)

func TestFreePortCanBeBound(t *testing.T) {
	t.Parallel()
	for range 20 {
		// Another program may take the port first.
		retry.Often(t, func() string {
			port, err := FreePort("127.0.0.1")
			if err != nil {
				t.Fatal(err)
			}
			if low := ephemeralStart(); low > lowestPort+1000 && port >= low {
				t.Errorf("port %d is one of outgoing connections", port)
			}
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				return err.Error()
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			return ""
		})
	}
	if _, err := FreePort("192.0.2.1"); err == nil {
		t.Error("a port was found on an address that is not ours")
	}
}

func TestWaitPortClosed(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if err := WaitPortClosed(ctx, addr); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), addr) {
		t.Errorf("while it listens: %v", err)
	}
	done := make(chan error)
	go func() { done <- WaitPortClosed(t.Context(), addr) }()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
