// Package habits knows the command lines of other load generators and of curl. It
// reads a command line as each of these tools would, and writes it in the flags of
// joust load.
package habits

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/loaders/dialect"
)

// Change is a flag of another tool in joust's words.
type Change struct {
	// From is the flag as the user wrote it, To its arguments for joust load.
	From, To []string
	// Note says why To is empty and nothing is lost.
	Note string
	// Missing says why joust load cannot do what the flag asks for.
	Missing string
}

// Reading is a command line as some tools read it.
type Reading struct {
	// Tools are the names of the tools, in the order of Tools.
	Tools []string
	// Changes are the flags that differ from joust's, in the order of the line.
	Changes []Change
	// Args is the whole line for joust load.
	Args []string

	// targets is the number of arguments that are no flags; known counts the flags
	// that the tool has.
	targets, known int
}

// Exact reports whether Args does all that the line asks for.
func (r Reading) Exact() bool {
	return !slices.ContainsFunc(r.Changes, func(c Change) bool { return c.Missing != "" })
}

// Tools returns the names of the tools whose flags are known.
func Tools() []string {
	var names []string
	for _, t := range tools() {
		names = append(names, t.name)
	}
	return names
}

// Readings returns what the arguments of joust load mean to the tools that know all
// flags among them, the likeliest first. Tools that read them alike share a reading.
// It returns none where joust's own flags, or no tool's, explain the line.
func Readings(args []string, own *pflag.FlagSet) []Reading {
	if r, ok := read(tool{}, args, own); ok && len(r.Changes) == 0 {
		return nil
	}
	return Differing(args, own)
}

// Differing returns the readings that are not joust's own, even where joust has all
// the flags.
func Differing(args []string, own *pflag.FlagSet) []Reading {
	var all []Reading
	for _, t := range append(tools(), tool{}) {
		if r, ok := read(t, args, own); ok && len(r.Changes) > 0 {
			all = append(all, r)
		}
	}
	return merged(likeliest(all))
}

// As returns what the arguments mean to the tool of that name. ok is false where
// there is no such tool or it does not know a flag.
func As(name string, args []string, own *pflag.FlagSet) (r Reading, ok bool) {
	for _, t := range tools() {
		if t.name == name {
			return read(t, args, own)
		}
	}
	return Reading{}, false
}

// Meanings returns what one flag, such as "-q" or "--vus", means to the tools that
// have it: readings of one change each, in which VALUE stands for its value.
func Meanings(flag string) []Reading {
	var all []Reading
	for _, t := range tools() {
		if r := t.row(flag); r != nil {
			all = append(all, t.meaning(r, flag))
		}
	}
	return merged(all)
}

// Table returns the meaning of every flag of every tool, in the form of Meanings. A
// flag with several names stands under the first.
func Table() []Reading {
	var all []Reading
	for _, t := range tools() {
		for i := range t.rows {
			all = append(all, t.meaning(&t.rows[i], t.rows[i].Name()))
		}
	}
	return all
}

func (t tool) meaning(r *dialect.Flag, name string) Reading {
	c := changeOf(r, []string{name}, "VALUE", nil)
	if r.Value {
		c.From = append(c.From, "VALUE")
	}
	return Reading{Tools: []string{t.name}, Changes: []Change{c}, Args: append(slices.Clone(c.To), c.From...)}
}

// merged joins readings of several tools that are alike.
func merged(all []Reading) []Reading {
	var list []Reading
	for _, r := range all {
		same := slices.IndexFunc(list, func(l Reading) bool { return slices.Equal(l.Args, r.Args) && l.Exact() == r.Exact() })
		if same < 0 {
			list = append(list, r)
		} else {
			list[same].Tools = append(list[same].Tools, r.Tools...)
		}
	}
	return list
}

// likeliest returns the readings with one target, if there are any, and of these the
// ones in which the tool knows the most flags: joust's own where no tool knows any.
func likeliest(all []Reading) []Reading {
	if slices.ContainsFunc(all, func(r Reading) bool { return r.targets == 1 }) {
		all = slices.DeleteFunc(all, func(r Reading) bool { return r.targets != 1 })
	}
	most := 0
	for _, r := range all {
		most = max(most, r.known)
	}
	return slices.DeleteFunc(all, func(r Reading) bool { return r.known < most || most == 0 && len(r.Tools) > 0 })
}

// read reads the line as the tool does, and flags that the tool lacks as joust does.
// The zero tool is joust itself, whose long flags may have one dash. ok is false
// where a flag is unknown to both.
func read(t tool, args []string, own *pflag.FlagSet) (r Reading, ok bool) {
	p := parser{tool: t, own: own, rest: args}
	if t.name != "" {
		p.Tools = []string{t.name}
	}
	for len(p.rest) > 0 {
		if !p.next() {
			return Reading{}, false
		}
	}
	if p.targets == 0 {
		p.Args = append(p.Args, "URL")
	}
	if t.finish != nil {
		p.Args = append(p.Args, t.finish(p.Reading)...)
	}
	return p.Reading, true
}

// parser reads the arguments one by one.
type parser struct {
	Reading
	tool tool
	own  *pflag.FlagSet
	rest []string
}

// take returns the next argument.
func (p *parser) take() (arg string, ok bool) {
	if len(p.rest) == 0 {
		return "", false
	}
	arg, p.rest = p.rest[0], p.rest[1:]
	return arg, true
}

// next reads a flag with its value, or another argument. It returns false for a flag
// that nobody knows.
func (p *parser) next() bool {
	arg, _ := p.take()
	switch {
	case arg == "--":
		p.Args, p.rest = append(append(p.Args, arg), p.rest...), nil
		return true
	case !strings.HasPrefix(arg, "-") || arg == "-":
		if p.tool.script != nil && p.tool.script.MatchString(arg) {
			p.Changes = append(p.Changes, Change{From: []string{arg}, Missing: dialect.NoScripts})
		} else if !slices.Contains(p.tool.words, arg) {
			p.Args = append(p.Args, arg)
			p.targets++
		}
		return true
	}
	name, value, inline := strings.Cut(arg, "=")
	if row := p.tool.row(arg); row != nil { // such as -keepalive=false
		return p.change(row, []string{arg}, "", false)
	}
	if row := p.tool.row(name); row != nil {
		return p.change(row, []string{arg}, value, inline)
	}
	if strings.HasPrefix(arg, "--") {
		return p.keep(arg, p.own.Lookup(name[2:]), inline)
	}
	if long := p.own.Lookup(name[1:]); long != nil && len(name) > 2 {
		return p.oneDash(arg, long, inline)
	}
	return !isLong(name) && p.short(arg)
}

// isLong reports whether a name of several letters behind one dash is the flag of a
// tool, and no letters with their values.
func isLong(name string) bool {
	return len(name) > 2 && slices.ContainsFunc(tools(), func(t tool) bool { return t.row(name) != nil })
}

// short reads letters behind one dash: flags without a value, and at the end perhaps
// one with a value.
func (p *parser) short(arg string) bool {
	for i := 1; i < len(arg); i++ {
		letter, behind := arg[i:i+1], arg[i+1:]
		name := "-" + letter
		if row := p.tool.row(name); row != nil {
			from := name + behind
			if !row.Value {
				from = name
			}
			if !p.change(row, []string{from}, strings.TrimPrefix(behind, "="), behind != "" && row.Value) {
				return false
			}
			if row.Value {
				return true
			}
			continue
		}
		flag := p.own.ShorthandLookup(letter)
		if flag == nil {
			return false
		}
		if takesValue(flag) {
			return p.keep(name+behind, flag, behind != "")
		}
		p.Args = append(p.Args, name)
	}
	return true
}

// keep keeps a flag of joust's own with its value.
func (p *parser) keep(arg string, flag *pflag.Flag, inline bool) bool {
	if flag == nil {
		return false
	}
	p.Args = append(p.Args, arg)
	if takesValue(flag) && !inline {
		if value, ok := p.take(); ok { // pflag reports that it is not there
			p.Args = append(p.Args, value)
		}
	}
	return true
}

// oneDash corrects a long flag of joust's own that has one dash, as Go programs take
// them.
func (p *parser) oneDash(arg string, flag *pflag.Flag, inline bool) bool {
	at := len(p.Args)
	if !p.keep("-"+arg, flag, inline) {
		return false
	}
	to := slices.Clone(p.Args[at:])
	p.Changes = append(p.Changes, Change{From: append([]string{arg}, to[1:]...), To: to})
	return true
}

func takesValue(flag *pflag.Flag) bool { return flag.NoOptDefVal == "" }

// change writes a flag of the tool as one of joust's. It returns false for a value
// that the tool would not take.
func (p *parser) change(row *dialect.Flag, from []string, value string, inline bool) bool {
	if row.Value && !inline {
		var ok bool
		if value, ok = p.take(); !ok {
			return false
		}
		from = append(from, value)
	}
	if row = p.tool.fitting(row.Names, value); row == nil {
		return false
	}
	c := changeOf(row, from, value, p)
	p.known++
	p.Args = append(p.Args, c.To...)
	if !sameFlag(c, value, p.own) {
		p.Changes = append(p.Changes, c)
	}
	return true
}

// sameFlag reports whether joust has the flag under the name that the user wrote, or
// under one that its help knows as the same.
func sameFlag(c Change, value string, own *pflag.FlagSet) bool {
	if c.Missing != "" || len(c.To) == 0 || len(c.To) > 2 || len(c.To) == 2 && c.To[1] != value {
		return false
	}
	flag := lookup(own, c.To[0])
	name, _, _ := strings.Cut(c.From[0], "=")
	if !strings.HasPrefix(name, "--") && len(name) > 2 && lookup(own, name[:2]) == flag && flag != nil {
		return c.From[0] == name[:2]+value // such as -d2s
	}
	return flag != nil && lookup(own, name) == flag
}

// lookup returns the flag written "-x" or "--name", or nil.
func lookup(own *pflag.FlagSet, name string) *pflag.Flag {
	if long, ok := strings.CutPrefix(name, "--"); ok {
		return own.Lookup(long)
	}
	if len(name) == 2 {
		return own.ShorthandLookup(name[1:])
	}
	return nil
}
