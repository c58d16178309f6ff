package container

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/moby/moby/client"
)

// orders are the first line of a guard's input. The second one is true when joust
// ends in order: then no container can be in the making.
type orders struct {
	// Host is the engine's address.
	Host string `json:"host"`
	// Owner is the label of the containers that are guarded.
	Owner string `json:"owner"`
}

// guard is the process that removes this joust's containers when joust is gone.
type guard struct {
	cmd   *exec.Cmd
	input io.WriteCloser
	said  strings.Builder
	once  sync.Once
	err   error
}

// startGuard starts a guard. No other process of joust holds the guard's input
// open, which therefore ends when joust dies.
func startGuard(command []string, o orders) (*guard, error) {
	if len(command) == 0 {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("finding joust's own program, which guards containers: %w", err)
		}
		command = []string{self, "guard"}
	}
	g := &guard{cmd: exec.Command(command[0], command[1:]...)}
	// In a session of its own a terminal's Ctrl-C does not reach it.
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	g.cmd.Stderr = &g.said
	var err error
	if g.input, err = g.cmd.StdinPipe(); err == nil {
		err = g.cmd.Start()
	}
	if err == nil {
		err = json.NewEncoder(g.input).Encode(o)
	}
	if err != nil {
		return nil, fmt.Errorf("starting the guard of containers: %w", err)
	}
	return g, nil
}

// end sends the guard on its last round and waits for it. Where joust does not
// end in order, the guard makes several rounds.
func (g *guard) end(inOrder bool) error {
	g.once.Do(func() {
		var err error
		if inOrder {
			_, err = io.WriteString(g.input, "true\n")
		}
		// A pipe whose reader is gone fails both; the wait says why.
		err = errors.Join(err, g.input.Close())
		if waitErr := g.cmd.Wait(); waitErr != nil {
			g.err = fmt.Errorf("the guard of containers failed: %w: %s", errors.Join(waitErr, err), strings.TrimSpace(g.said.String()))
		}
	})
	return g.err
}

const (
	// guardPatience is how long a guard tries to remove containers.
	guardPatience = time.Minute
	// guardPause is the time between its rounds.
	guardPause = 200 * time.Millisecond
)

// Guard waits until its input ends, as it does when joust dies, and then removes
// the remaining containers of that joust. Until then it only blocks, which costs
// nothing.
func Guard(stdin io.Reader) error {
	// Only the end of joust may end the guard.
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE)
	input := json.NewDecoder(stdin)
	var o orders
	if err := input.Decode(&o); err != nil {
		return fmt.Errorf("reading the guard's orders: %w (joust starts guards itself; do not run one by hand)", err)
	}
	inOrder := false
	_ = input.Decode(&inOrder) // returns when joust ends, with true for an end in order
	return o.clear(inOrder)
}

// clear removes the owner's containers. When joust died, the engine may still
// be making one for it: only the third empty round in a row is the last.
func (o orders) clear(inOrder bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), guardPatience)
	defer cancel()
	rounds := 3
	if inOrder {
		rounds = 1
	}
	var err error
	for empty := 0; ; {
		var removed int
		if removed, err = o.round(ctx); err == nil && removed == 0 {
			empty++
		} else {
			empty = 0
		}
		if empty == rounds {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("removing the containers of a joust that is gone: %w", errors.Join(err, ctx.Err()))
		case <-time.After(guardPause):
		}
	}
}

// round removes the containers that are there now and returns their number.
func (o orders) round(ctx context.Context) (int, error) {
	e, err := dial(ctx, o.Host)
	if err != nil {
		return 0, err
	}
	defer e.client.Close()
	found, err := e.client.ContainerList(ctx, client.ContainerListOptions{
		All: true, Filters: make(client.Filters).Add("label", labelOwner+"="+o.Owner),
	})
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, c := range found.Items {
		errs = append(errs, e.remove(c.ID))
	}
	return len(found.Items), errors.Join(errs...)
}
