package verdicts

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/child"
	"github.com/joust-bench/joust/results"
)

// slowed is CPU time that a loader burns per response, beyond what its Spec
// says: in closed loops and in open ones.
type slowed struct {
	closed, open time.Duration
}

func (s slowed) args() []string { return []string{s.closed.String(), s.open.String()} }

// slowLoader is joust's loader process with a Spec that makes it slower.
func slowLoader(args []string) error {
	var s slowed
	var err error
	if s.closed, err = time.ParseDuration(args[0]); err != nil {
		return err
	}
	if s.open, err = time.ParseDuration(args[1]); err != nil {
		return err
	}
	in := bufio.NewReader(os.Stdin)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("reading the loader's first message: %w", err)
	}
	var first loaders.Message
	if err := json.Unmarshal(line, &first); err != nil {
		return err
	}
	for i := range first.Prepare.Phases {
		p := &first.Prepare.Phases[i]
		if p.Loop == results.ClosedLoop {
			p.ThinkSpin += s.closed
		} else {
			p.ThinkSpin += s.open
		}
	}
	if line, err = json.Marshal(first); err != nil {
		return err
	}
	return child.Serve(context.Background(), io.MultiReader(bytes.NewReader(append(line, '\n')), in), os.Stdout, os.Stderr, "staged")
}
