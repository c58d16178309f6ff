package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// interruptible returns a context that the first SIGINT or SIGTERM ends, which
// prints the text in stopping. A signal half a second later or more ends joust at
// once; the keepers then end what joust started.
func interruptible(stderr io.Writer, stopping *atomic.Value) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		first, ok := <-signals
		if !ok {
			return
		}
		fmt.Fprintln(stderr, stopping.Load())
		name := first.String()
		if first == os.Interrupt {
			name = "Ctrl-C"
		}
		cancel(fmt.Errorf("interrupted by %s", name))
		if stopsAgain(signals) {
			os.Exit(ExitInterrupted)
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}

// sameStop is the time within which signals are the same stop: a terminal, a shell
// and timeout(1) signal the process and its group, within microseconds.
const sameStop = 500 * time.Millisecond

// stopsAgain waits, from the first signal on, for one that is another stop. It returns
// false when no more signals come.
func stopsAgain(signals <-chan os.Signal) bool {
	began := time.Now()
	for range signals {
		if time.Since(began) >= sameStop {
			return true
		}
	}
	return false
}
