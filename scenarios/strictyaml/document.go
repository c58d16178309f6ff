// Package strictyaml reads YAML into structs and reports all mistakes of a file
// at once, each with its line. It is stricter than a YAML decoder: keys are known
// and stand once, a number is no text, every key has a value, and there are no
// anchors, aliases, tags or merges.
package strictyaml

import (
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake in a file.
type Problem struct {
	File string
	// Line counts from 1; 0 means the file as a whole.
	Line    int
	Message string
}

// String gives the problem as "file:line: message", with the parts that it has.
func (p Problem) String() string {
	switch {
	case p.File == "":
		return p.Message
	case p.Line == 0:
		return p.File + ": " + p.Message
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
}

// Problems is an error that holds all problems of one or more files.
type Problems []Problem

// Error gives each problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Err returns the problems, or nil when there are none.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// Document is one file after reading, with the lines of its values and its
// problems. A path such as "requests[1].expect.status" names a value; a dot also
// comes before the key of a map.
type Document struct {
	file     string
	lines    map[string]int
	problems Problems
	// bad holds the paths that have a problem, so that consequences of a mistake
	// are not reported too.
	bad []string
}

// Has reports whether the file gives a value for the path.
func (d *Document) Has(path string) bool {
	_, ok := d.lines[path]
	return ok
}

// Good reports whether the file gives a value for the path that has no problem.
func (d *Document) Good(path string) bool { return d.Has(path) && !d.isBad(path) }

// Spoiled reports whether the value at the path may be missing because of a
// known problem: a misspelt key, or an unreadable file.
func (d *Document) Spoiled(path string) bool { return d.isBad(path) || slices.Contains(d.bad, "") }

func (d *Document) isBad(path string) bool {
	return slices.ContainsFunc(d.bad, func(b string) bool {
		return b == path || strings.HasPrefix(path, b) && strings.ContainsAny(path[len(b):len(b)+1], ".[")
	})
}

// Line returns the line of the path's key or value. Where the file has none, it
// is the line of the innermost value around it; 1 or more.
func (d *Document) Line(path string) int {
	for path != "" {
		if line, ok := d.lines[path]; ok {
			return line
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return 1
}

// Report adds a problem with the value at the path, unless the path is spoiled.
func (d *Document) Report(path, format string, args ...any) {
	if !d.Spoiled(path) {
		d.add(d.Line(path), format, args...)
	}
}

// ReportIf is Report where wrong is true.
func (d *Document) ReportIf(wrong bool, path, format string, args ...any) {
	if wrong {
		d.Report(path, format, args...)
	}
}

// Reject reports a value that was read and cannot be used. Good is false for it
// afterwards, and later problems with it are dropped.
func (d *Document) Reject(path, format string, args ...any) {
	if d.Good(path) {
		d.reject(path, d.Line(path), format, args...)
	}
}

// Problems returns the problems in the order of lines.
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
