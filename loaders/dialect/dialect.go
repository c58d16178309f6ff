// Package dialect knows the command lines and the reports of other load tools. A dialect
// reads the tool's own arguments, says what they are in the flags of joust load, and
// prints a results.Report in the tool's format. It is pure: it starts nothing and opens no
// file.
//
// The numbers are joust's: no sample is added that was not measured, percentiles of an
// open loop count from the time at which a request was due, and an answer is counted where
// it came, inside the measured window. A figure that a report does not have is left out,
// or stands as its tool writes a missing value.
package dialect

import (
	"io"
	"slices"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/suggest"
)

// Dialect is one tool's command line and report.
type Dialect struct {
	// Name is that of the tool, and of a symbolic link to joust that speaks the dialect.
	Name string
	// Title is one line for people, Example a command line.
	Title, Example string
	// Usage is the tool's own usage line.
	Usage string
	Flags []Flag
	// BadUsage and Interrupted are the tool's exit codes after a wrong command line and
	// after Ctrl-C.
	BadUsage, Interrupted int

	// goFlags is true where long flags have one dash, as Go programs take them.
	goFlags bool
	// script is true where arguments behind the URL are a script's.
	script bool
	// settle checks the flags together and completes the line.
	settle func(*Line) error
	// head prints what the tool prints before its load; nil for nothing.
	head func(io.Writer, *Line)
	// print prints the report.
	print func(*printer)
	// progress returns the text about requests that have ended, which the tool prints when
	// their number goes from before to done; nil for none. redraws is true where each text
	// takes the place of the one before, on a terminal alone.
	progress func(l *Line, done, before uint64) string
	redraws  bool
	// files returns the files that the line asks for; nil for none. writes are the flags
	// that name them.
	files  func(*printer) []File
	writes []string
	// code returns the exit code of a load that ended; nil for 0.
	code func(*printer) int
}

// File is a file that a tool writes beside its report.
type File struct {
	// Flag names the flag that asks for the file, Path where it goes.
	Flag, Path string
	Content    []byte
}

// Printed is what a load looks like in the tool's words.
type Printed struct {
	// Text is for standard output, Notes are lines for standard error.
	Text  []byte
	Files []File
	Notes []string
	// Code is the tool's exit code.
	Code int
}

// All returns the dialects in the order of help texts.
func All() []*Dialect {
	return []*Dialect{wrk(), wrk2(), ab(), hey(), pywrkr(), loadTester()}
}

// Names returns the names of all dialects.
func Names() []string {
	var names []string
	for _, d := range All() {
		names = append(names, d.Name)
	}
	return names
}

// Find returns the dialect of that name. ok is false where there is none; hint then names
// the nearest, or is empty.
func Find(name string) (d *Dialect, hint string, ok bool) {
	all := All()
	at := slices.IndexFunc(all, func(d *Dialect) bool { return d.Name == name })
	if at < 0 {
		return nil, suggest.Hint(name, Names()), false
	}
	return all[at], "", true
}

// Head writes what the tool prints before its load.
func (l *Line) Head(w io.Writer) {
	if l.dialect.head != nil {
		l.dialect.head(w, l)
	}
}

// Progress returns the text that the tool prints, on standard error, when the number of
// requests that have ended goes from before to done; empty for none. redraws is true where
// it takes the place of the one before, on a terminal alone.
func (l *Line) Progress(done, before uint64) (text string, redraws bool) {
	if l.dialect.progress == nil {
		return "", false
	}
	return l.dialect.progress(l, done, before), l.dialect.redraws
}

// Files returns the files that the tool would write, without their contents.
func (l *Line) Files() (list []File) {
	for _, name := range l.dialect.writes {
		if l.has(name) {
			list = append(list, File{Flag: name, Path: l.value(name)})
		}
	}
	return list
}

// Print returns the report in the tool's format. A damaged histogram is an error.
func (l *Line) Print(r *results.Report) (Printed, error) {
	p, err := newPrinter(l, r)
	if err != nil {
		return Printed{}, err
	}
	l.dialect.print(p)
	out := Printed{Text: p.text.Bytes()}
	if l.dialect.files != nil {
		out.Files = l.dialect.files(p)
	}
	if l.dialect.code != nil {
		out.Code = l.dialect.code(p)
	}
	if r.Interrupted && out.Code == 0 {
		out.Code = l.dialect.Interrupted
	}
	out.Notes = p.notes
	return out, nil
}
