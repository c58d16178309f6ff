package cpuset

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
)

// The policies of Split besides an explicit "server=0-3;loader=4-7".
const (
	// PolicyAuto gives half of the cores to each side.
	PolicyAuto = "auto"
	// PolicyNone pins neither side.
	PolicyNone = "none"
)

// Split divides the allowed processors of the topology between server and
// loader; nil allows all of them. An empty policy is PolicyAuto.
//
// PolicyAuto never divides a core's threads between the sides, shares out
// cores of every speed evenly, and gives an odd core to the loader, where joust
// itself runs as well. On a single core both sides share it, and the result
// says so.
func Split(t Topology, allowed []int, policy string) (results.CPUSplit, error) {
	usable, err := t.usable(allowed)
	if err != nil {
		return results.CPUSplit{}, err
	}
	switch policy = strings.TrimSpace(policy); policy {
	case PolicyAuto, "":
		return t.auto(usable), nil
	case PolicyNone:
		return results.CPUSplit{
			Server: usable, Loader: slices.Clone(usable), Shared: true,
			Note: "not pinned, as asked: server and loader compete for the same processors",
		}, nil
	}
	split, err := t.explicit(usable, policy)
	if err != nil {
		return results.CPUSplit{}, fmt.Errorf("processors %q: %w", policy, err)
	}
	return split, nil
}

// usable returns the allowed processors that exist; nil allows all.
func (t Topology) usable(allowed []int) ([]int, error) {
	all := t.IDs()
	if len(all) == 0 {
		return nil, errors.New("divide the processors: none is known")
	}
	if allowed == nil {
		return all, nil
	}
	usable := intersection(all, allowed)
	if len(usable) == 0 {
		return nil, fmt.Errorf("divide the processors: none of those allowed (%s) exists (%s)", Format(allowed), Format(all))
	}
	return usable, nil
}

// auto gives each side half of the cores of every kind.
func (t Topology) auto(usable []int) results.CPUSplit {
	cores := t.cores(usable)
	if len(cores) == 1 {
		return results.CPUSplit{
			Server: usable, Loader: slices.Clone(usable), Shared: true, Pinned: true,
			Note: singleCoreNote(usable),
		}
	}
	split := results.CPUSplit{Pinned: true}
	kinds := 0
	for len(cores) > 0 {
		n := sameKind(cores)
		half := n / 2
		if n%2 == 1 && len(split.Server) < len(split.Loader) {
			half++ // the odd one goes to the side that has less so far
		}
		for _, c := range cores[:half] {
			split.Server = append(split.Server, c.cpus...)
		}
		for _, c := range cores[half:n] {
			split.Loader = append(split.Loader, c.cpus...)
		}
		cores = cores[n:]
		kinds++
	}
	slices.Sort(split.Server)
	slices.Sort(split.Loader)
	split.Note = autoNote(split, kinds)
	return split
}

// sameKind returns the number of leading cores of one speed and width.
func sameKind(cores []core) int {
	n := 1
	for n < len(cores) && cores[n].capacity == cores[0].capacity && len(cores[n].cpus) == len(cores[0].cpus) {
		n++
	}
	return n
}

func singleCoreNote(usable []int) string {
	if len(usable) == 1 {
		return fmt.Sprintf("only processor %d may be used: server and loader share it, and no closed-loop figure is the server's alone", usable[0])
	}
	return fmt.Sprintf("processors %s are threads of one core: server and loader share it, and no closed-loop figure is the server's alone", Format(usable))
}

func autoNote(s results.CPUSplit, kinds int) string {
	server, loader := len(s.Server), len(s.Loader)
	switch {
	case server == 1 && loader == 1:
		return "two processors: one for the server, one for the loader, on which joust itself runs too"
	case kinds > 1:
		return fmt.Sprintf("cores of %d kinds, shared out evenly; joust itself runs on the loader's processors", kinds)
	case loader > server:
		return "the odd core is the loader's, on whose processors joust itself runs too"
	}
	return ""
}

// explicit reads "server=LIST;loader=LIST" and returns all its errors.
func (t Topology) explicit(usable []int, policy string) (results.CPUSplit, error) {
	sides, err := parseSides(policy)
	if err != nil {
		return results.CPUSplit{}, err
	}
	var errs []error
	for _, side := range []string{"server", "loader"} {
		errs = append(errs, t.check(side, sides[side], usable))
	}
	if both := intersection(sides["server"], sides["loader"]); len(both) > 0 {
		errs = append(errs, fmt.Errorf("%s given to both sides; keep them apart, or use %q for no pinning", Format(both), PolicyNone))
	}
	if err := errors.Join(errs...); err != nil {
		return results.CPUSplit{}, err
	}
	split := results.CPUSplit{Server: sides["server"], Loader: sides["loader"], Pinned: true, Note: "as asked"}
	if torn := t.torn(split); len(torn) > 0 {
		split.Note = fmt.Sprintf("as asked; processors %s are threads of cores that server and loader share, so each slows the other", Format(torn))
	}
	return split, nil
}

// parseSides reads the two lists of an explicit policy.
func parseSides(policy string) (map[string][]int, error) {
	sides := make(map[string][]int)
	for part := range strings.SplitSeq(policy, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		side, list, ok := strings.Cut(part, "=")
		side = strings.TrimSpace(side)
		if !ok || (side != "server" && side != "loader") {
			return nil, fmt.Errorf("%q is not understood; use %q, %q or \"server=0-3;loader=4-7\"", part, PolicyAuto, PolicyNone)
		}
		if _, twice := sides[side]; twice {
			return nil, fmt.Errorf("%s= is given twice", side)
		}
		ids, err := Parse(list)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", side, err)
		}
		sides[side] = ids
	}
	return sides, nil
}

// check returns every error in the processors of one side.
func (t Topology) check(side string, ids, usable []int) error {
	if len(ids) == 0 {
		return fmt.Errorf("no processor for the %s; write server=LIST;loader=LIST", side)
	}
	all := t.IDs()
	var errs []error
	if missing := without(ids, all); len(missing) > 0 {
		errs = append(errs, fmt.Errorf("%s: processors %s do not exist here or are not open to joust; there are %s", side, Format(missing), Format(all)))
	}
	if forbidden := without(intersection(ids, all), usable); len(forbidden) > 0 {
		errs = append(errs, fmt.Errorf("%s: processors %s are not allowed; allowed are %s", side, Format(forbidden), Format(usable)))
	}
	return errors.Join(errs...)
}

// torn lists the processors of cores whose threads stand on both sides.
func (t Topology) torn(s results.CPUSplit) []int {
	var out []int
	for _, c := range t.cores(slices.Concat(s.Server, s.Loader)) {
		mine := intersection(c.cpus, s.Server)
		if len(mine) > 0 && len(mine) < len(c.cpus) {
			out = append(out, c.cpus...)
		}
	}
	return out
}

// intersection returns the numbers of a that b holds.
func intersection(a, b []int) []int {
	return slices.DeleteFunc(slices.Clone(a), func(id int) bool { return !slices.Contains(b, id) })
}

// without returns the numbers of a that b does not hold.
func without(a, b []int) []int {
	return slices.DeleteFunc(slices.Clone(a), func(id int) bool { return slices.Contains(b, id) })
}
