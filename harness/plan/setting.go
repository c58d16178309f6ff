package plan

import (
	"cmp"
	"fmt"
	"strings"
)

// Setting is one row of the table of settings, as users see it.
type Setting struct {
	// Key names the setting in a plan's file, Flag on the command line, without
	// dashes. Either may be empty.
	Key, Flag string
	// Form is how the flag is written, by the names of package pflag, such as
	// "duration" or "stringSlice".
	Form string
	// Help says what the setting means, with its unit.
	Help string
	// Default says what holds where nobody says it; empty for nothing.
	Default string
	// OneOf lists the words that are taken; nil where others are, too.
	OneOf []string
	// Where says which mappings of a plan's file may have the key.
	Where Where
	// OnResume is true for a flag that a run may have when it goes on, since it
	// changes nothing of the stored plan.
	OnResume bool
	// empty says what to write in place of an empty list.
	empty string
}

// Where is a set of mappings of a plan's file.
type Where int

// The mappings that may have a key.
const (
	InPlan Where = 1 << iota
	InTables
)

// Usage is the line of --help about the flag.
func (s Setting) Usage() string {
	switch {
	case strings.HasPrefix(s.Flag, "no-"):
		return "no " + s.Help
	case s.Default != "":
		return s.Help + " (default " + s.Default + ")"
	}
	return s.Help
}

// Settings are the rows of the table of settings, in the order of the
// documentation.
func Settings() []Setting {
	var list []Setting
	for _, s := range table() {
		list = append(list, s.about())
	}
	return list
}

// anySetting is a setting of values of any type.
type anySetting interface {
	about() Setting
	// begin returns a pointer to what strictyaml reads, or fill, and take, which
	// puts the value that it makes of that into the layer.
	begin() (raw any, take func(origin, layer))
}

// setting is a row of the table of settings with values of type T.
type setting[T any] struct {
	Setting
	fallback opt[T]
	// raw returns a pointer to what is read, and what makes a value of it.
	raw func() (raw any, value func(origin) opt[T])
}

// layer holds what one place says: the flags, a table of the file, or the rest
// of the file. It maps the names of settings to their opt[T].
type layer map[string]any

func (s setting[T]) about() Setting { return s.Setting }

func (s setting[T]) begin() (any, func(origin, layer)) {
	raw, value := s.raw()
	return raw, func(o origin, l layer) {
		if v := value(o); o.good() && v.set {
			l[s.name()] = v
		}
	}
}

func (s Setting) name() string { return cmp.Or(s.Key, s.Flag) }

// in is the value in the first of the layers that has one.
func (s setting[T]) in(layers ...layer) opt[T] {
	for _, l := range layers {
		if v, ok := l[s.name()]; ok {
			return v.(opt[T])
		}
	}
	return opt[T]{}
}

// of is the value in the first of the layers that has one, or the default.
func (s setting[T]) of(layers ...layer) T { return s.in(layers...).or(s.fallback).val }

// opt is a value that may be given, with the place that gave it.
type opt[T any] struct {
	val T
	at  place
	set bool
}

func given[T any](v T, at place) opt[T] { return opt[T]{val: v, at: at, set: true} }

// or is o where it is given, else the other.
func (o opt[T]) or(other opt[T]) opt[T] {
	if o.set {
		return o
	}
	return other
}

// one is a setting with a single value. read makes the value of the raw one, or
// returns what is wrong with it. The zero fallback means no default.
func one[R, T any](s Setting, fallback opt[T], read func(R, origin) (T, string)) setting[T] {
	if fallback.set && s.Default == "" {
		s.Default = listed(fallback.val)
	}
	return setting[T]{Setting: s, fallback: fallback, raw: func() (any, func(origin) opt[T]) {
		raw := new(R)
		return raw, func(o origin) opt[T] {
			if !o.good() {
				return opt[T]{}
			}
			v, wrong := read(*raw, o)
			if wrong != "" {
				o.reject("%s", wrong)
			}
			return given(v, o.place())
		}
	}}
}

// plain is a setting whose value is what is written; check may be nil.
func plain[T any](s Setting, fallback opt[T], check func(T) string) setting[T] {
	return one(s, fallback, func(v T, _ origin) (T, string) {
		if check == nil {
			return v, ""
		}
		return v, check(v)
	})
}

// word is a setting of one of a few words, each what; empty for no default.
func word(s Setting, what, fallback string) setting[string] {
	return plain(s, opt[string]{val: fallback, set: fallback != ""}, oneOf(what, s.OneOf))
}

// many is a setting whose value is a list. item makes one value of one raw item.
// twice is the message about a value that stands in the list a second time; with
// an empty one, values may repeat.
func many[R any, T fmt.Stringer](s Setting, fallback []T, twice string, item func(R, origin) (T, string)) setting[[]T] {
	return one(s, opt[[]T]{val: fallback, set: fallback != nil}, func(raw []R, o origin) (list []T, wrong string) {
		if len(raw) == 0 {
			return nil, o.path() + "is empty; " + cmp.Or(s.empty, "leave it out or give it a value")
		}
		known := map[string]bool{}
		for i, r := range raw {
			at := o.under(fmt.Sprintf("[%d]", i))
			if !at.good() {
				continue
			}
			v, wrong := item(r, at)
			if wrong == "" && twice != "" && known[v.String()] {
				wrong = fmt.Sprintf(twice, v)
			}
			if wrong != "" {
				at.reject("%s", wrong)
				continue
			}
			known[v.String()] = true
			list = append(list, v)
		}
		return list, ""
	})
}

// name is a name in a list, with its place.
type name struct {
	text string
	at   place
}

func (n name) String() string { return n.text }

// names is a setting of a list of names; check may be nil.
func names(s Setting, fallback []name, check func(string) string) setting[[]name] {
	return many(s, fallback, "%s is listed twice", func(text string, o origin) (name, string) {
		if check == nil {
			return name{text, o.place()}, ""
		}
		return name{text, o.place()}, check(text)
	})
}

func hasName(list []name, text string) bool {
	for _, n := range list {
		if n.text == text {
			return true
		}
	}
	return false
}
