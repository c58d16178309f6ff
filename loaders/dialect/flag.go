package dialect

import (
	"regexp"
	"slices"
	"strings"
)

// Flag is a flag of a tool. Joust, Note and Missing say what it is in joust's words, for
// people who type it behind joust load: one of the three is set. Default, As, Leaves and
// Printed are for `joust as` alone. A flag whose values mean different things has a row
// for each, of the same names.
type Flag struct {
	// Names are the flag's names, with spaces between them.
	Names string
	// Value is true for a flag that takes a value; Form says how it is written, nil for
	// any text.
	Value bool
	Form  *Form
	// Default is the value without the flag, as the tool's documentation writes it; empty
	// for none.
	Default string
	// Joust is the text of the arguments for joust load, with spaces between them. A {}
	// stands for the value, {http} for the URL of a proxy whose scheme may be left out,
	// {all} for a rate of each connection times their number, ~ for a space in an
	// argument.
	Joust string
	// Note says why the flag is not needed, Missing why joust load cannot do what it asks
	// for.
	Note, Missing string

	// As is the text of the arguments where the tool means something else than Joust says,
	// in the same form.
	As string
	// Leaves names the argument of those that stand for the tool's own behaviour, such as
	// --follow, that the flag leaves out.
	Leaves string
	// Printed is true for a flag that concerns the report, and for one that the dialect
	// reads together with others.
	Printed bool
	// Tells is "help" or "version" for a flag that prints a text in place of a load.
	Tells string
}

// Form is a way to write values.
type Form struct {
	// Fits matches the values.
	Fits *regexp.Regexp
	// Words say how a value is written, such as "a whole number, such as 10 or 1k".
	Words string
	// plain returns the value as joust load reads it; nil for a value that is the same
	// there.
	plain func(value string) string
}

// Fitting reports whether the flag takes the value.
func (f *Flag) Fitting(value string) bool { return f.Form == nil || f.Form.Fits.MatchString(value) }

// Here says what the flag is in `joust as`, in a few words.
func (f *Flag) Here() string {
	text := f.As
	if text == "" {
		text = f.Joust
	}
	switch {
	case f.refused():
		return "refused: " + f.Missing
	case text != "":
		return "joust load " + strings.NewReplacer("~", " ", "{}", "VALUE", "{http}", "VALUE", "{all}", "VALUE×connections").Replace(text)
	case f.Leaves != "":
		return "leaves out " + f.Leaves
	case f.Tells != "":
		return "prints the " + f.Tells
	case f.Missing != "":
		return "as the tool does"
	}
	return f.Note
}

// Has reports whether the flag has the name.
func (f *Flag) Has(name string) bool { return slices.Contains(strings.Fields(f.Names), name) }

// Name is the flag's first name.
func (f *Flag) Name() string {
	name, _, _ := strings.Cut(f.Names, " ")
	return name
}

// Expand returns the arguments of a text in the form of Flag.Joust for the value. all
// returns the rate of all connections for that of each.
func Expand(text, value string, all func(each string) string) []string {
	var args []string
	for word := range strings.FieldsSeq(text) {
		if strings.Contains(word, "{all}") {
			args = append(args, strings.ReplaceAll(word, "{all}", all(value)))
			continue
		}
		url := "http://" + strings.TrimPrefix(value, "http://")
		args = append(args, strings.NewReplacer("~", " ", "{http}", url, "{}", value).Replace(word))
	}
	return args
}

// Reasons that several tools share.
const (
	// NoScripts is the reason of flags that name a script.
	NoScripts = "joust load runs scripts of wrk (--script FILE.lua) and of no other tool: say what is asked with -m, -H and -b"
	// NoHTTP2 is the reason of flags for other protocols.
	NoHTTP2 = "joust speaks HTTP/1.1 so far"
	// ProxyUser says where the user of a proxy stands.
	ProxyUser = "give them in the proxy's URL: --proxy http://user:password@host:port"
	// Percentiles, Quiet, KeepsGoing and NoAnswers are what joust does anyway.
	Percentiles = "joust always prints the percentiles"
	Quiet       = "joust prints no more than the result where its output is no terminal"
	KeepsGoing  = "joust goes on after failures and counts them"
	NoAnswers   = "joust prints no answers, and shows the first wrong one"
	// AsksPlain, FollowsNone and KeepsConnections are joust's own defaults.
	AsksPlain        = "joust asks for no compression unless --compressed is given"
	FollowsNone      = "joust follows no redirect unless --follow is given"
	KeepsConnections = "joust keeps connections anyway"
	// ResultOutput says where the result goes.
	ResultOutput = "the result goes to standard output, and into FILE with --output FILE.json, .csv, .md, .html or .hgrm"

	noFlows = "a scenario runs as a flow: joust import pywrkr FILE -o flow.yaml, then joust load --flow flow.yaml"
	noFleet = "joust loads from one machine so far: loads from several come with a later version"
)
