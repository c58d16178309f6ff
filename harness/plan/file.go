package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/joust-bench/joust/harness/surroundings"
	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// document holds the readable values of a plan file.
type document struct {
	layer
	tables []group
	// serversGiven and tablesGiven are true if the file has the key, perhaps with
	// an unreadable value.
	serversGiven, tablesGiven bool
}

// group is one item of the plan's tables: scenarios with settings of their own.
type group struct {
	layer
	at place
}

// planYAML is the form of a plan file, tableYAML the form of one of its tables.
type (
	planYAML struct {
		mapping
		own    []scenarios.Own
		tables []tableYAML
	}
	tableYAML struct{ mapping }
)

// mapping has a key for each of its settings.
type mapping struct {
	keys  []strictyaml.Key
	store []func(origin, layer)
}

// Keys returns the settings of the whole plan, the user's own rows, and the tables.
func (p *planYAML) Keys() []strictyaml.Key {
	return append(p.of(InPlan), strictyaml.Key{Name: "scenarios", Value: &p.own}, strictyaml.Key{Name: "tables", Value: &p.tables})
}

// Keys returns the settings of a table.
func (t *tableYAML) Keys() []strictyaml.Key { return t.of(InTables) }

func (m *mapping) of(where Where) []strictyaml.Key {
	if m.keys != nil {
		return m.keys
	}
	for _, s := range table() {
		if about := s.about(); about.Where&where != 0 {
			raw, store := s.begin()
			m.keys = append(m.keys, strictyaml.Key{Name: about.Key, Value: raw})
			m.store = append(m.store, store)
		}
	}
	return m.keys
}

// layer returns the values of the mapping.
func (m *mapping) layer(o origin, prefix string) layer {
	l := layer{}
	for i, store := range m.store {
		store(o.under(prefix+m.keys[i].Name), l)
	}
	return l
}

// readFile reads a plan file, strictly. The document holds the readable values even
// when there are problems.
func readFile(file string, data []byte, ps *problems) document {
	var raw planYAML
	doc := strictyaml.Decode(file, data, &raw)
	root := fileOrigin{file: file, doc: doc}
	d := document{
		layer:        raw.layer(root, ""),
		serversGiven: doc.Has("servers") || doc.Spoiled("servers"),
		tablesGiven:  doc.Has("tables") || doc.Spoiled("tables"),
	}
	if doc.Good("tables") && len(raw.tables) == 0 {
		doc.Reject("tables", "tables is empty; a table is {scenarios: [NAME]}")
	}
	for i := range raw.tables {
		path := fmt.Sprintf("tables[%d]", i)
		if !doc.Good(path) {
			continue
		}
		if !doc.Has(path + ".scenarios") {
			doc.Report(path+".scenarios", "%s names no scenarios; add scenarios: [hello] or [core] or [all]", path)
		}
		d.tables = append(d.tables, group{layer: raw.tables[i].layer(root, path+"."), at: root.under(path).place()})
	}
	for _, p := range doc.Problems() {
		ps.add(place{file: p.File, line: p.Line}, "%s", p.Message)
	}
	return d
}

// entry is a server of the plan's list, with its place.
type entry struct {
	serverYAML
	at place
}

// String returns the text of --servers.
func (e entry) String() string { return e.Server }

// serverYAML is a server's name, or {server, as, isolation, with}. Another key is empty.
type serverYAML struct {
	Server    string `yaml:"server"`
	As        string `yaml:"as"`
	Isolation string `yaml:"isolation"`
	// With gives parameters of the server other values.
	With map[string]string `yaml:"with"`
}

// UnmarshalText reads the short form.
func (s *serverYAML) UnmarshalText(text []byte) error {
	s.Server = string(text)
	return nil
}

func readServer(s serverYAML, o origin) (entry, string) {
	if file, ok := o.(fileOrigin); ok && s.Server == "" {
		file.doc.Report(file.at+".server", "%s names no server; write its name, or {server: NAME, as: NAME}", file.at)
	}
	if isolation := o.under(".isolation"); isolation.good() && s.Isolation != "" {
		if wrong := oneOf("isolation", isolationNames())(s.Isolation); wrong != "" {
			isolation.reject("%s", wrong)
		}
	}
	return entry{s, o.place()}, ""
}

// anyYAML is the text of any single value.
type anyYAML string

// UnmarshalText accepts any single value.
func (a *anyYAML) UnmarshalText(text []byte) error {
	*a = anyYAML(text)
	return nil
}

// parsed makes the reader of a setting from a parser. A message about a value of a
// file begins with its path.
func parsed[T any](parse func(string) (T, error)) func(anyYAML, origin) (T, string) {
	return func(raw anyYAML, o origin) (v T, wrong string) {
		v, err := parse(string(raw))
		if err != nil {
			wrong = strings.Replace(o.path(), " ", ": ", 1) + err.Error()
		}
		return v, wrong
	}
}

// envYAML are variables: NAME: VALUE.
type envYAML map[string]string

// parse reads --env.
func (e *envYAML) parse(o *flagOrigin, texts []string) {
	variables, errs := surroundings.Parse(texts, o.lookup)
	for _, err := range errs {
		o.reject("%v", err)
	}
	*e = variables
}

func readEnv(raw envYAML, o origin) (map[string]string, string) {
	variables := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		item := o.under("." + name)
		if fault := surroundings.Fault(name, raw[name]); fault != "" {
			item.reject("env: %s", fault)
		} else if item.good() {
			variables[name] = raw[name]
		}
	}
	return variables, ""
}
