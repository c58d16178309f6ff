package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is a plan that cannot be used: a mistake of usage, found before
// anything was started. It holds every problem, in the order of the file, those
// of flags last.
type Error struct {
	Problems []Problem
}

// Problem is one thing that is wrong with a plan.
type Problem struct {
	// At is where: "scripts/default.yaml:12", "--clients", or empty for the
	// plan as a whole.
	At string
	// Text says what is wrong and what to do.
	Text string

	line int
}

// String is the problem on one line.
func (p Problem) String() string {
	if p.At == "" {
		return p.Text
	}
	return p.At + ": " + p.Text
}

// Error lists the problems, one a line.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// place is where a value came from. The zero place is a default.
type place struct {
	file string
	line int
	flag string
}

func (p place) String() string {
	switch {
	case p.flag != "":
		return p.flag
	case p.line > 0:
		return fmt.Sprintf("%s:%d", p.file, p.line)
	}
	return p.file
}

// problems collects what is wrong, so that all of it is told at once.
type problems struct {
	list []Problem
}

func (ps *problems) add(at place, format string, args ...any) {
	line := at.line
	if at.flag != "" {
		line = int(^uint(0) >> 1) // flags come after the file
	}
	p := Problem{At: at.String(), Text: fmt.Sprintf(format, args...), line: line}
	if !slices.Contains(ps.list, p) {
		ps.list = append(ps.list, p)
	}
}

// err returns the problems in order, or nil when there are none.
func (ps *problems) err() error {
	if len(ps.list) == 0 {
		return nil
	}
	slices.SortStableFunc(ps.list, func(a, b Problem) int { return cmp.Compare(a.line, b.line) })
	return &Error{Problems: ps.list}
}
