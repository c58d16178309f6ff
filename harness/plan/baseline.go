package plan

import (
	"errors"
	"fmt"
	"slices"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/suggest"
)

// Baseline returns an error unless the plan has an entry of that name with which
// the others can be compared: no copy for the A/A line, and not the only server.
func Baseline(p results.Plan, name string) error {
	var servers []string
	for i, e := range p.Entries {
		original := Placebo(p, i)
		switch {
		case original == "":
			servers = append(servers, e.As)
		case e.As == name:
			return fmt.Errorf("%s is the copy of %s for the A/A line and is compared with nothing; use %s", name, original, original)
		}
	}
	switch {
	case !slices.Contains(servers, name):
		return errors.New(suggest.Unknown("server of the plan", name, servers))
	case len(servers) == 1:
		return fmt.Errorf("%s is the plan's only server: there is nothing to compare it with", name)
	}
	return nil
}

// baseline returns the entry of the flag or of the file, or "" for all pairs. Where
// --servers leaves the file's out, there is none.
func (r *resolver) baseline(p results.Plan) string {
	asked := baselineSetting.in(r.flags, r.doc.layer)
	if !asked.set {
		return ""
	}
	err := Baseline(p, asked.val)
	if err != nil && serversSetting.in(r.flags).set && !baselineSetting.in(r.flags).set {
		r.warn(fmt.Sprintf("all pairs are compared, since the plan's baseline cannot be used: %v", err))
		return ""
	}
	if err != nil {
		r.problems.add(asked.at, "%v", err)
	}
	return asked.val
}
