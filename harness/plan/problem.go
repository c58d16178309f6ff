package plan

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// Error is a plan that cannot be used: a mistake of usage, found before anything
// was started. It holds all problems in the order of the file, and those of flags
// behind them.
type Error struct{ strictyaml.Problems }

// place is the origin of a value: a line of the plan's file, or a flag such as
// "--clients". The zero place is a default.
type place struct {
	file string
	line int
	flag string
}

func (p place) String() string {
	if p.flag == "" && p.line > 0 {
		return fmt.Sprintf("%s:%d", p.file, p.line)
	}
	return cmp.Or(p.flag, p.file)
}

// order sorts places: the lines of the file, then flags.
func (p place) order() int {
	if p.flag != "" {
		return math.MaxInt
	}
	return p.line
}

// problems collects all problems of a plan for one report.
type problems []problem

type problem struct {
	at   place
	text string
}

func (ps *problems) add(at place, format string, args ...any) {
	p := problem{at, fmt.Sprintf(format, args...)}
	if !slices.Contains(*ps, p) {
		*ps = append(*ps, p)
	}
}

// when adds a problem if wrong is true.
func (ps *problems) when(wrong bool, at place, format string, args ...any) {
	if wrong {
		ps.add(at, format, args...)
	}
}

// err returns the problems in order, or nil when there are none.
func (ps problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	slices.SortStableFunc(ps, func(a, b problem) int { return cmp.Compare(a.at.order(), b.at.order()) })
	list := make(strictyaml.Problems, len(ps))
	for i, p := range ps {
		list[i] = strictyaml.Problem{File: cmp.Or(p.at.flag, p.at.file), Line: p.at.line, Message: p.text}
	}
	return &Error{list}
}
