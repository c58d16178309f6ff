package habits

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// tool is a program with its flags.
type tool struct {
	name string
	rows []row
	// words are arguments that are no target, such as the name of a subcommand.
	words []string
	// script matches an argument that is a script; nil where there is none.
	script *regexp.Regexp
	// finish returns arguments that joust needs in addition.
	finish func(Reading) []string
}

// row is a flag of a tool: one of joust, note and missing says what it is here. A flag
// whose values mean different things has a row for each, of the same names.
type row struct {
	// names are the flag's names, with spaces between them.
	names string
	// value is true for a flag that takes a value; fits matches the values that the
	// tool takes, nil all of them.
	value bool
	fits  *regexp.Regexp
	// joust is the text of the arguments for joust load, with spaces between them.
	// A {} stands for the value, {http} for the URL of a proxy whose scheme may be
	// left out, {all} for a rate of each connection times their number.
	joust string
	// note says why the flag is not needed; missing says why joust load cannot do
	// what it asks for.
	note, missing string
}

// row returns the row of a flag, or nil.
func (t tool) row(name string) *row {
	for i := range t.rows {
		if slices.Contains(strings.Fields(t.rows[i].names), name) {
			return &t.rows[i]
		}
	}
	return nil
}

// fitting returns the first row of these names that takes the value, or nil.
func (t tool) fitting(names, value string) *row {
	for i := range t.rows {
		if r := &t.rows[i]; r.names == names && (r.fits == nil || r.fits.MatchString(value)) {
			return r
		}
	}
	return nil
}

// change returns the flag in joust's words. The parser knows the other arguments; it
// may be nil.
func (r *row) change(from []string, value string, p *parser) Change {
	c := Change{From: from, Note: r.note, Missing: r.missing}
	for word := range strings.SplitSeq(r.joust, " ") {
		switch {
		case word == "":
		case strings.Contains(word, "{all}"):
			c.To = append(c.To, strings.ReplaceAll(word, "{all}", timesConnections(value, p)))
		default:
			url := "http://" + strings.TrimPrefix(value, "http://")
			c.To = append(c.To, strings.NewReplacer("~", " ", "{http}", url, "{}", value).Replace(word))
		}
	}
	return c
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
