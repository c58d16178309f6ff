package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results/metric"
)

// checkGroups checks the groups of all bounds against the names of the requests.
func (f *loadFlags) checkGroups(spec *loaders.Spec) error {
	var names []string
	for i := range spec.Requests {
		names = append(names, spec.Requests[i].Name)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return errors.Join(ofFlag("--threshold", metric.CheckGroups(f.bounds, names)), ofFlag("--keep", metric.CheckGroups(f.conditions, names)))
}

// ofFlag names the flag of an error, which may be nil.
func ofFlag(flag string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", flag, err)
}
