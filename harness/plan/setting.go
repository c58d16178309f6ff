package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Setting is one row of the table of settings, in the form that users see.
type Setting struct {
	// Key names the setting in a plan's file, Flag on the command line, without
	// dashes. Either may be empty.
	Key, Flag string
	// Form is the type of the flag in package pflag, such as "duration" or
	// "stringSlice".
	Form string
	// Help describes the setting, with its unit.
	Help string
	// Default describes the default; empty for none.
	Default string
	// OneOf lists the only valid words; nil if other values are valid.
	OneOf []string
	// Where is the set of mappings in a plan's file that may have the key.
	Where Where
	// OnResume is true for a flag that a resumed run may have, since it changes
	// nothing of the stored plan.
	OnResume bool
	// empty is the advice about an empty list.
	empty string
}

// Where is a set of mappings of a plan's file.
type Where int

// The mappings that may have a key.
const (
	InPlan Where = 1 << iota
	InTables
)

// Usage returns the line of --help about the flag.
func (s Setting) Usage() string {
	switch {
	case strings.HasPrefix(s.Flag, "no-"):
		return "no " + s.Help
	case s.Default != "":
		return s.Help + " (default " + s.Default + ")"
	}
	return s.Help
}

// Settings returns the table of settings in the order of the documentation.
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
	// begin returns a pointer to a variable for strictyaml or for fill. store puts
	// the setting's value, made from that variable, into the layer.
	begin() (raw any, store func(origin, layer))
}

// setting is a row of the table of settings with values of type T.
type setting[T any] struct {
	Setting
	fallback opt[T]
	// raw returns a pointer to a variable for reading, and the function that makes
	// the value from it.
	raw func() (raw any, value func(origin) opt[T])
}

// layer holds the values of the flags, of a table of the file, or of the rest of
// the file. It maps the names of settings to their opt[T].
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

// in returns the value in the first of the layers that has one.
func (s setting[T]) in(layers ...layer) opt[T] {
	for _, l := range layers {
		if v, ok := l[s.name()]; ok {
			return v.(opt[T])
		}
	}
	return opt[T]{}
}

// of returns the value in the first of the layers that has one, or the default.
func (s setting[T]) of(layers ...layer) T { return s.in(layers...).or(s.fallback).val }

// opt is an optional value with its place.
type opt[T any] struct {
	val T
	at  place
	set bool
}

func given[T any](v T, at place) opt[T] { return opt[T]{val: v, at: at, set: true} }

// or returns o if it is set, else the other.
func (o opt[T]) or(other opt[T]) opt[T] {
	if o.set {
		return o
	}
	return other
}

// one returns a setting with a single value. read makes the value from the raw one,
// or returns a message about it. The zero fallback means no default.
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

// plain returns a setting whose value is the raw one; check may be nil.
func plain[T any](s Setting, fallback opt[T], check func(T) string) setting[T] {
	return one(s, fallback, func(v T, _ origin) (T, string) {
		if check == nil {
			return v, ""
		}
		return v, check(v)
	})
}

// word returns a setting whose value is one of a few words, all of the kind what. An
// empty fallback means no default.
func word(s Setting, what, fallback string) setting[string] {
	return plain(s, opt[string]{val: fallback, set: fallback != ""}, oneOf(what, s.OneOf))
}

// many returns a setting whose value is a list. item makes one value from one raw
// item. twice is the message about a repeated value; with "", values may repeat.
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

// names returns a setting of a list of names; check may be nil.
func names(s Setting, fallback []name, check func(string) string) setting[[]name] {
	return many(s, fallback, "%s is listed twice", func(text string, o origin) (name, string) {
		if check == nil {
			return name{text, o.place()}, ""
		}
		return name{text, o.place()}, check(text)
	})
}

func hasName(list []name, text string) bool {
	return slices.ContainsFunc(list, func(n name) bool { return n.text == text })
}
