package keeper

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Main is the keeper: it reads a Config and Commands from stdin, writes Notices
// to stdout, and returns the exit status when the program's tree is gone. The end
// of stdin or of ctx, SIGTERM, SIGINT and SIGHUP kill the tree at once. The process
// must do nothing after Main, which reaps all children of the process.
func Main(ctx context.Context, stdin io.Reader, stdout io.Writer) int {
	// The kernel kills the program when the thread that started it ends: this
	// goroutine keeps its thread to the end.
	runtime.LockOSThread()
	ctx, stop := signal.NotifyContext(ctx, unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	defer stop()
	// A write to a joust that died must not kill the keeper, and an ignored
	// signal would stay ignored in the program. This catches and drops it.
	signal.Notify(make(chan os.Signal, 1), unix.SIGPIPE)

	input, out := json.NewDecoder(stdin), json.NewEncoder(stdout)
	k, err := begin(input)
	if err != nil {
		// Nobody reads the error when this write fails.
		_ = out.Encode(Notice{Failed: err.Error()})
		return 1
	}
	k.send = func(e Notice) { _ = out.Encode(e) }
	k.send(Notice{Started: &k.started})
	err = k.keep(ctx, readCommands(input))
	k.send(Notice{Ended: &Ended{Error: text(err), LogError: text(k.log.Flush())}})
	if err != nil {
		return 1
	}
	return 0
}

// begin reads the configuration and starts the program.
func begin(input *json.Decoder) (*keeper, error) {
	var c Config
	if err := input.Decode(&c); err != nil {
		return nil, fmt.Errorf("reading the keeper's configuration: %w (joust starts keepers itself; do not run one by hand)", err)
	}
	if len(c.Argv) == 0 {
		return nil, errors.New("the keeper's configuration names no program")
	}
	return start(c)
}

// readCommands passes on joust's commands and closes the channel at the end of
// the input, or at a line that is no command.
func readCommands(input *json.Decoder) <-chan Command {
	commands := make(chan Command)
	go func() {
		defer close(commands)
		for {
			var c Command
			if input.Decode(&c) != nil {
				return
			}
			commands <- c
		}
	}()
	return commands
}

// keep obeys commands until the tree has ended. It sends all notices but the first
// and the last.
func (k *keeper) keep(ctx context.Context, commands <-chan Command) error {
	var overdue <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return k.end()
		case <-overdue:
			return k.end()
		case <-k.empty:
			k.gone = true
			if overdue != nil {
				return k.end()
			}
			// The tree ended by itself: await the order to go.
			k.empty = nil
		case status := <-k.first:
			k.reportExit(status)
		case c, ok := <-commands:
			switch {
			case !ok:
				return k.end()
			case c.Flush:
				k.send(Notice{Flushed: new(text(k.log.Flush()))})
			case c.Stop && overdue == nil:
				// A tree that cannot be asked to go is killed at once.
				if k.gone || k.signalAll(unix.SIGTERM) != nil {
					return k.end()
				}
				overdue = time.After(k.config.StopTimeout)
			}
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
