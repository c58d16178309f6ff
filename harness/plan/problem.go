package plan

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// Error is a plan that cannot be used: a mistake of usage, found before anything
// was started. It holds all problems file by file, in the order of lines, and those of
// flags behind them.
type Error struct{ strictyaml.Problems }

// place is the origin of a value: a line of the plan's file, or a flag such as
// "--clients" without a line. The zero place is a default.
type place struct {
	file string
	line int
}

func flagPlace(flag string) place { return place{file: "--" + flag} }

func (p place) String() string {
	if p.line > 0 {
		return fmt.Sprintf("%s:%d", p.file, p.line)
	}
	return p.file
}

// problems collects all problems of a plan for one report.
type problems strictyaml.Problems

func (ps *problems) add(at place, format string, args ...any) {
	p := strictyaml.Problem{File: at.file, Line: at.line, Message: fmt.Sprintf(format, args...)}
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
	var files []string
	for _, p := range ps {
		files = append(files, p.File)
	}
	file := func(p strictyaml.Problem) int {
		if strings.HasPrefix(p.File, "--") {
			return math.MaxInt
		}
		return slices.Index(files, p.File)
	}
	slices.SortStableFunc(ps, func(a, b strictyaml.Problem) int {
		return cmp.Or(cmp.Compare(file(a), file(b)), cmp.Compare(a.Line, b.Line))
	})
	return &Error{strictyaml.Problems(ps)}
}
