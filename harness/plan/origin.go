package plan

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// origin is the source of a value: a key of a file or a flag.
type origin interface {
	// good reports whether there is a value without a known problem.
	good() bool
	place() place
	// path returns the value's name in messages, with a space behind it. It is ""
	// if the place names the value already.
	path() string
	// reject adds a problem with the value; good then returns false.
	reject(format string, args ...any)
	// under returns the origin of a part of the value: "[2]" or ".NAME".
	under(part string) origin
}

// fileOrigin is the origin of a value in a plan's file.
type fileOrigin struct {
	file, at string
	doc      *strictyaml.Document
}

func (o fileOrigin) good() bool               { return o.doc.Good(o.at) }
func (o fileOrigin) place() place             { return place{file: o.file, line: o.doc.Line(o.at)} }
func (o fileOrigin) path() string             { return o.at + " " }
func (o fileOrigin) under(part string) origin { return fileOrigin{o.file, o.at + part, o.doc} }

func (o fileOrigin) reject(format string, args ...any) { o.doc.Reject(o.at, format, args...) }

// Flags holds the texts of the settings' flags, by the flag's name without dashes.
// A list has one text for each item, another flag has one text. A nil entry is a
// flag that the user did not give.
type Flags map[string][]string

// Text returns the text of the flag, or the default of its setting.
func (f Flags) Text(flag string) string {
	for _, s := range Settings() {
		if s.Flag == flag && f[flag] == nil {
			return s.Default
		}
	}
	return strings.Join(f[flag], ",")
}

// RepeatBudget returns the share of the trials' nominal time, 0 to 1, for repeats of
// disturbed trials.
func (f Flags) RepeatBudget() (float64, error) {
	var ps problems
	said := f.read(nil, &ps, repeatBudgetSetting)
	return repeatBudgetSetting.of(said), ps.err()
}

// read reads and checks the flag of each setting; lookup is Catalogue.LookupEnv.
func (f Flags) read(lookup func(string) (string, bool), ps *problems, settings ...anySetting) layer {
	l := layer{}
	for _, s := range settings {
		flag := s.about().Flag
		if texts := f[flag]; texts != nil {
			o := &flagOrigin{flag: flag, problems: ps, lookup: lookup, parts: map[string]*flagOrigin{}}
			raw, store := s.begin()
			o.fill(raw, texts)
			store(o, l)
		}
	}
	if v, ok := l[durationSetting.name()]; ok { // --duration is for both loops
		l[openDurationSetting.name()] = v
	}
	return l
}

// flagOrigin is the origin of a flag's value.
type flagOrigin struct {
	flag     string
	problems *problems
	lookup   func(name string) (value string, found bool)
	bad      bool
	parts    map[string]*flagOrigin
}

func (o *flagOrigin) good() bool   { return !o.bad }
func (o *flagOrigin) place() place { return flagPlace(o.flag) }
func (o *flagOrigin) path() string { return "" }

func (o *flagOrigin) reject(format string, args ...any) {
	o.bad = true
	o.problems.add(o.place(), format, args...)
}

func (o *flagOrigin) under(part string) origin {
	if o.parts[part] == nil {
		o.parts[part] = &flagOrigin{flag: o.flag, problems: o.problems, parts: map[string]*flagOrigin{}}
	}
	return o.parts[part]
}

// fill reads the texts of the flag into raw, a pointer to the variable for the
// setting's key.
func (o *flagOrigin) fill(raw any, texts []string) {
	var err error
	switch p := raw.(type) {
	case *envYAML:
		p.parse(o, texts)
	case encoding.TextUnmarshaler:
		err = p.UnmarshalText([]byte(strings.Join(texts, ",")))
	case *string:
		*p = texts[0]
	case *bool:
		*p = (texts[0] == "true") != strings.HasPrefix(o.flag, "no-")
	case *int, *float64:
		_, err = fmt.Sscan(texts[0], p)
	case *time.Duration:
		*p, err = results.ParseDuration(texts[0])
	default: // a slice of these
		list := reflect.ValueOf(raw).Elem()
		list.Set(reflect.MakeSlice(list.Type(), len(texts), len(texts)))
		for i := range texts {
			o.under(fmt.Sprintf("[%d]", i)).(*flagOrigin).fill(list.Index(i).Addr().Interface(), texts[i:i+1])
		}
	}
	if err != nil {
		o.reject("%v", err)
	}
}
