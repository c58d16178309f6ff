package dialect

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results/suggest"
)

// Line is a command line of a tool.
type Line struct {
	dialect *Dialect
	// URL is the target; empty where the line names none.
	URL string
	// Tells is "help" or "version" where the line asks for that text and no load.
	Tells string
	// Given are the flags with the arguments for joust load that stand for them, in the
	// order of the line.
	Given []Given
	// Notes are lines about flags that change nothing here.
	Notes []string
	// Groups are the names under which the URLs of a file are reported, in their order; nil
	// for other loads. Origin begins the URLs of those that name no host.
	Groups []string
	Origin string

	// usual are the arguments that stand for the tool's own behaviour.
	usual []string
	// rest are the arguments that are no flags, behind those among them that are for the
	// script of the line.
	rest, behind []string
}

// Given is a flag of the line.
type Given struct {
	Flag *Flag
	// Text is the flag as the user wrote it, Value its value.
	Text, Value string
	// Args are the arguments for joust load.
	Args []string
}

// Args returns the arguments for joust load: those of the tool's own behaviour, those of
// the flags, and the URL.
func (l *Line) Args() []string {
	var own []string
	leaves := map[string]bool{}
	for _, g := range l.Given {
		own = append(own, g.Args...)
		leaves[g.Flag.Leaves] = true
	}
	var args []string
	for i := 0; i < len(l.usual); i++ {
		word := l.usual[i]
		switch {
		case leaves[word] && word != "":
		case word == "-H": // pflag adds headers to those before
			i++
			if name, _, _ := strings.Cut(l.usual[i], ":"); !hasHeader(own, name) {
				args = append(args, word, l.usual[i])
			}
		default:
			args = append(args, word)
		}
	}
	args = append(args, own...)
	if l.URL == "" {
		return args
	}
	args = append(args, l.URL)
	if len(l.behind) > 0 {
		args = append(append(args, "--"), l.behind...)
	}
	return args
}

// hasHeader reports whether the arguments set the header.
func hasHeader(args []string, name string) bool {
	return slices.ContainsFunc(args, func(arg string) bool {
		field, _, ok := strings.Cut(arg, ":")
		return ok && strings.EqualFold(field, name)
	})
}

// behave adds arguments that stand for the tool's own behaviour.
func (l *Line) behave(args ...string) { l.usual = append(l.usual, args...) }

// has reports whether the flag of that name was given.
func (l *Line) has(name string) bool { return l.last(name) != nil }

// last returns the last flag of that name, or nil.
func (l *Line) last(name string) *Given {
	for i := len(l.Given) - 1; i >= 0; i-- {
		if l.Given[i].Flag.Has(name) {
			return &l.Given[i]
		}
	}
	return nil
}

// value returns the last value of the flag as joust load reads it, or its default.
func (l *Line) value(name string) string {
	f := l.dialect.flag(name)
	text := f.Default
	if g := l.last(name); g != nil {
		text = g.Value
	}
	if text != "" && f.Form != nil && f.Form.plain != nil && f.Form.Fits.MatchString(text) {
		return f.Form.plain(text)
	}
	return text
}

// values returns all values of the flag.
func (l *Line) values(name string) (list []string) {
	for _, g := range l.Given {
		if g.Flag.Has(name) {
			list = append(list, g.Value)
		}
	}
	return list
}

// number returns the last value of a flag of numbers, or its default; 0 for none.
func (l *Line) number(name string) float64 {
	n, _ := strconv.ParseFloat(l.value(name), 64) // the flag's form has refused other texts
	return n
}

// secure reports whether the target is asked by TLS.
func (l *Line) secure() bool { return strings.HasPrefix(strings.ToLower(l.URL), "https://") }

// flag returns the first row of a name, or nil.
func (d *Dialect) flag(name string) *Flag {
	at := slices.IndexFunc(d.Flags, func(f Flag) bool { return f.Has(name) })
	if at < 0 {
		return nil
	}
	return &d.Flags[at]
}

// Read reads the arguments as the tool does. The error is in the words of the tool's
// flags; each wrong flag has a line.
func (d *Dialect) Read(args []string) (*Line, error) {
	r := reader{Line: Line{dialect: d}, args: args}
	var errs []error
	for len(r.args) > 0 {
		errs = append(errs, r.next())
	}
	if r.Tells != "" {
		return &r.Line, nil
	}
	if len(r.rest) > 0 {
		r.URL = r.rest[0]
	}
	if len(r.rest) > 1 {
		if d.script && r.has("-s") {
			r.behind = r.rest[1:]
		} else if d.script {
			r.Notes = append(r.Notes, fmt.Sprintf("arguments of a script are not needed without one: %s", strings.Join(r.rest[1:], " ")))
		} else {
			errs = append(errs, fmt.Errorf("there is one URL to ask, and behind it stands %s", strings.Join(r.rest[1:], " ")))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if err := d.settle(&r.Line); err != nil {
		return nil, err
	}
	return &r.Line, nil
}

// reader reads arguments one by one.
type reader struct {
	Line
	args []string
}

// next reads a flag with its value, or another argument.
func (r *reader) next() error {
	arg := r.args[0]
	r.args = r.args[1:]
	switch {
	case arg == "--":
		r.rest, r.args = append(r.rest, r.args...), nil
	case !strings.HasPrefix(arg, "-") || arg == "-":
		r.rest = append(r.rest, arg)
	case r.dialect.goFlags:
		name, value, inline := strings.Cut("-"+strings.TrimLeft(arg, "-"), "=")
		return r.take(name, arg, value, inline)
	case strings.HasPrefix(arg, "--"):
		name, value, inline := strings.Cut(arg, "=")
		return r.take(r.long(name), arg, value, inline)
	default:
		return r.letters(arg)
	}
	return nil
}

// long returns the flag that begins so, where it is the only one: getopt and argparse
// take it for the whole name.
func (r *reader) long(name string) string {
	found := ""
	for i := range r.dialect.Flags {
		for n := range strings.FieldsSeq(r.dialect.Flags[i].Names) {
			switch {
			case n == name:
				return name
			case !strings.HasPrefix(n, name) || n == found:
			case found != "":
				return name
			default:
				found = n
			}
		}
	}
	if found == "" {
		return name
	}
	return found
}

// letters reads letters behind one dash: flags without a value, and at the end perhaps
// one with a value.
func (r *reader) letters(arg string) error {
	for i := 1; i < len(arg); i++ {
		name, behind := "-"+arg[i:i+1], arg[i+1:]
		f := r.dialect.flag(name)
		if f != nil && f.Value {
			return r.take(name, name+behind, strings.TrimPrefix(behind, "="), behind != "")
		}
		if err := r.take(name, name, "", false); err != nil {
			return err
		}
	}
	return nil
}

// take reads the flag. inline is true where its value stands in the same argument.
func (r *reader) take(name, text, value string, inline bool) error {
	f := r.dialect.flag(name)
	switch {
	case f == nil:
		return fmt.Errorf("%s has no flag %s%s", r.dialect.Name, name, suggest.Hint(name, r.dialect.names()))
	case !f.Value && inline && value == "false":
		return nil
	case !f.Value && inline && value != "true":
		return fmt.Errorf("%s takes no value, and there is %q", name, value)
	case f.Value && !inline:
		if len(r.args) == 0 {
			return fmt.Errorf("%s needs a value", name)
		}
		value, r.args = r.args[0], r.args[1:]
		text += " " + value
	}
	if f.Tells != "" {
		r.Tells = f.Tells
		return nil
	}
	return r.give(f, name, text, value)
}

// names returns the names of all flags.
func (d *Dialect) names() (all []string) {
	for i := range d.Flags {
		all = append(all, strings.Fields(d.Flags[i].Names)...)
	}
	return all
}

// give adds the flag to the line.
func (r *reader) give(f *Flag, name, text, value string) error {
	at := slices.IndexFunc(r.dialect.Flags, func(row Flag) bool { return row.Has(name) && row.Fitting(value) })
	if at >= 0 {
		f = &r.dialect.Flags[at]
	}
	switch {
	case f.refused():
		return fmt.Errorf("%s: %s", text, f.Missing)
	case at < 0:
		return fmt.Errorf("%s %q: %s is needed", name, value, f.Form.Words)
	}
	g := Given{Flag: f, Text: text, Value: value}
	plain := value
	if f.Form != nil && f.Form.plain != nil {
		plain = f.Form.plain(value)
	}
	words := f.As
	if words == "" && !f.Printed {
		words = f.Joust
	}
	g.Args = Expand(words, plain, nil)
	r.Given = append(r.Given, g)
	return nil
}

// refused reports whether `joust as` cannot do what the flag asks for.
func (f *Flag) refused() bool { return f.Missing != "" && f.As == "" && !f.Printed && f.Leaves == "" }
