package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/watch"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results/metric"
)

// ruleFlags are the rules that end a load early, and the conditions of a search. Each is
// kept as it was given and as it was read.
type ruleFlags struct {
	abortOn    []string
	aborts     []metric.Sustained
	keep       []string
	conditions []metric.Bound
	// bounds are the thresholds as they were read.
	bounds []metric.Bound
}

// registerAbort registers the flag of rules that end a load early.
func (f *ruleFlags) registerAbort(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.abortOn, "abort-on", nil, "end the load early by this `rule`, such as \"error_rate>20% for 10s\" (repeatable); exit 3")
}

// readRules reads the rules and conditions, after the thresholds.
func (f *loadFlags) readRules(thresholds []metric.Bound) error {
	f.bounds = thresholds
	var err error
	f.aborts, err = watch.Parse(f.abortOn)
	return errors.Join(ofFlag("--abort-on", err), f.readConditions())
}

// checkGroups checks the groups of all bounds against the names of the requests.
func (f *ruleFlags) checkGroups(spec *loaders.Spec) error {
	groups, _ := spec.Groups()
	names := slices.Sorted(slices.Values(groups))
	return errors.Join(ofFlag("--threshold", metric.CheckGroups(f.bounds, names)), ofFlag("--keep", metric.CheckGroups(f.conditions, names)))
}

// ofFlag names the flag of an error, which may be nil.
func ofFlag(flag string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", flag, err)
}
