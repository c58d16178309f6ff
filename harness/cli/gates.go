package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/gate"
)

// gateFlags are the bounds that the cells of a run must keep.
type gateFlags struct {
	texts  []string
	strict bool
	// gates are those of texts, after read.
	gates []gate.Gate
}

func (f *gateFlags) register(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.texts, "threshold", nil, "a `bound` that cells must keep (repeatable), "+gate.Words+"; exit 3 where one is broken or not measured")
	flags.BoolVar(&f.strict, "threshold-strict", false, "exit 3 too where the interval of a cell holds the limit of a threshold, so that it cannot be told")
}

// read reads the bounds. The error holds every problem.
func (f *gateFlags) read() (err error) {
	f.gates = nil
	for _, text := range f.texts {
		g, wrong := gate.Parse(text)
		if wrong != nil {
			err = errors.Join(err, fmt.Errorf("--threshold: %w", wrong))
		}
		f.gates = append(f.gates, g)
	}
	return err
}

// judgeGates prints what became of the thresholds. Its error is the exit status for one
// that failed.
func (a *app) judgeGates(set *cells.Set, f *gateFlags) error {
	list := gate.Judge(set, f.gates)
	if t := gate.Table(list); t != nil {
		fmt.Fprint(a.stdout, t.Terminal())
	}
	if gate.Failed(list, f.strict) {
		return exit(ExitWrong)
	}
	return nil
}
