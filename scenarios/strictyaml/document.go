// Package strictyaml reads YAML into structs and reports everything that is
// wrong with a file at once, each problem with its line. It is stricter than a
// YAML decoder: keys are known and stand once, a text is not a number, nothing
// is empty by accident, and there are no anchors, aliases, tags or merges.
package strictyaml

import (
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a file.
type Problem struct {
	File string
	// Line counts from 1; 0 means the file as a whole.
	Line    int
	Message string
}

// String gives the problem as "file:line: message".
func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.Message
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
}

// Problems is an error that holds all problems of one or more files.
type Problems []Problem

// Error gives one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Err is nil when there are no problems, else the problems.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// Document is one file that was read: where each value stands, and the
// problems found so far. A path such as "requests[1].expect.status" names a
// value; keys of maps are joined with dots like those of structs.
type Document struct {
	file     string
	lines    map[string]int
	problems Problems
	// bad holds paths that are reported already, so that what follows from a
	// mistake is not reported beside it.
	bad []string
}

// Has tells whether the file gives a value for the path.
func (d *Document) Has(path string) bool {
	_, ok := d.lines[path]
	return ok
}

// Line is the line of the path's key or value, or of the innermost value
// around it that the file has; 1 or more.
func (d *Document) Line(path string) int {
	for path != "" {
		if line, ok := d.lines[path]; ok {
			return line
		}
		path = parent(path)
	}
	return 1
}

// Report adds a problem with the value at the path, unless that value could
// not be read in the first place.
func (d *Document) Report(path, format string, args ...any) {
	if d.Spoiled(path) {
		return
	}
	d.add(d.Line(path), format, args...)
}

// Problems returns what was found so far, in the order of lines.
func (d *Document) Problems() Problems {
	sorted := slices.Clone(d.problems)
	slices.SortStableFunc(sorted, func(a, b Problem) int { return a.Line - b.Line })
	return sorted
}

// reject reports a value that cannot be read.
func (d *Document) reject(path string, line int, format string, args ...any) {
	d.bad = append(d.bad, path)
	d.add(line, format, args...)
}

func (d *Document) add(line int, format string, args ...any) {
	d.problems = append(d.problems, Problem{File: d.file, Line: line, Message: fmt.Sprintf(format, args...)})
}

// parent cuts the last element off a path.
func parent(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

// join appends a key to a path.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
