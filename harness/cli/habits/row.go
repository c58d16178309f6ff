package habits

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/loaders/dialect"
)

// tool is a program with its flags.
type tool struct {
	name string
	rows []dialect.Flag
	// words are arguments that are no target, such as the name of a subcommand.
	words []string
	// script matches an argument that is a script; nil where there is none.
	script *regexp.Regexp
	// finish returns arguments that joust needs in addition.
	finish func(Reading) []string
}

// row returns the row of a flag, or nil.
func (t tool) row(name string) *dialect.Flag {
	for i := range t.rows {
		if t.rows[i].Has(name) {
			return &t.rows[i]
		}
	}
	return nil
}

// fitting returns the first row of these names that takes the value, or nil.
func (t tool) fitting(names, value string) *dialect.Flag {
	for i := range t.rows {
		if r := &t.rows[i]; r.Names == names && r.Fitting(value) {
			return r
		}
	}
	return nil
}

// changeOf returns the flag in joust's words. The parser knows the other arguments; it
// may be nil.
func changeOf(r *dialect.Flag, from []string, value string, p *parser) Change {
	return Change{
		From: from, Note: r.Note, Missing: r.Missing,
		To: dialect.Expand(r.Joust, value, func(each string) string { return timesConnections(each, p) }),
	}
}

// defaultWorkers is the number of hey's workers where -c names none.
const defaultWorkers = 50

// timesConnections returns a rate of each of hey's workers as that of all of them.
func timesConnections(value string, p *parser) string {
	each, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return value
	}
	n := float64(defaultWorkers)
	if p != nil {
		args := append(slices.Clone(p.Args), p.rest...)
		for i, arg := range args {
			text := strings.TrimPrefix(arg, "-c")
			if arg == "-c" && i+1 < len(args) {
				text = args[i+1]
			}
			if c, err := strconv.ParseFloat(text, 64); err == nil && strings.HasPrefix(arg, "-c") {
				n = c
			}
		}
	}
	return strconv.FormatFloat(each*n, 'f', -1, 64)
}
