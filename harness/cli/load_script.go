package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results/summary"
)

// setScript reads --script.
func (f *loadFlags) setScript() error {
	if f.script == "" {
		if f.compat != "" {
			return fmt.Errorf("--compat %s is a way to run a script: name it with --script", f.compat)
		}
		return nil
	}
	text, err := os.ReadFile(f.script)
	if err != nil {
		return fmt.Errorf("--script: %w", err)
	}
	f.load.Script = &loaders.Script{File: f.script, Text: text, Compat: loaders.Compat(f.compat)}
	return nil
}

var _ loaders.Printer = (*loadControl)(nil)

// Printed implements loaders.Printer.
func (c *loadControl) Printed() (out, err io.Writer) {
	if c.target.printed != nil {
		return c.target.printed, c.stderr
	}
	return c.stderr, c.stderr
}

// printsOn returns where a script prints: on standard output where the result is a text.
func (a *app) printsOn(f summary.Format) io.Writer {
	if f == summary.TextFormat {
		return a.stdout
	}
	return a.stderr
}
