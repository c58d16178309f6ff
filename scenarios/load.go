package scenarios

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results/suggest"
	"github.com/joust-bench/joust/scenarios/dataset"
	"github.com/joust-bench/joust/scenarios/strictyaml"
)

//go:embed catalog/*.yaml
var embedded embed.FS

// file is the form of a catalogue file.
type file struct {
	Scenarios []Scenario `yaml:"scenarios"`
}

// Rows is the scenario table: valid rows with unique names, in catalogue order.
type Rows []Scenario

// Load reads joust's own rows, which are part of the program.
func Load() (Rows, error) { return LoadFS(embedded, "catalog/*.yaml") }

// LoadFS reads the files that match the pattern, in the order of their names.
// An error of type strictyaml.Problems holds the mistakes of all files.
func LoadFS(fsys fs.FS, pattern string) (Rows, error) {
	names, err := fs.Glob(fsys, pattern)
	if err != nil {
		return nil, fmt.Errorf("list scenario files: %w", err)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no scenario files (*.yaml) in the catalogue")
	}
	var rows Rows
	var problems strictyaml.Problems
	places := map[string]string{}
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read scenario file: %w", err)
		}
		more, doc := read(name, data, staticFile)
		checkUnique(more, doc, name, places)
		problems = append(problems, doc.Problems()...)
		rows = append(rows, more...)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return rows, nil
}

// Names returns the rows' names in catalogue order.
func (rows Rows) Names() []string {
	names := make([]string, len(rows))
	for i := range rows {
		names[i] = rows[i].Name
	}
	return names
}

// Find returns the row of that name. The row is shared and must not be
// changed. The error names the nearest row.
func (rows Rows) Find(name string) (*Scenario, error) {
	for i := range rows {
		if rows[i].Name == name {
			return &rows[i], nil
		}
	}
	return nil, errors.New(suggest.Unknown("scenario", name, rows.Names()))
}

// read reads the rows of one file, fills in defaults and validates them. The
// file's name gives the family; from opens the files of bodies.
func read(name string, data []byte, from open) ([]Scenario, *strictyaml.Document) {
	var f file
	doc := strictyaml.Decode(name, data, &f)
	if len(f.Scenarios) == 0 {
		doc.Report("scenarios", "no scenarios: the file needs a list under the key scenarios")
	}
	family := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	for i := range f.Scenarios {
		s, at := &f.Scenarios[i], fmt.Sprintf("scenarios[%d]", i)
		s.Family = family
		fillDefaults(s, at, doc)
		for _, fault := range s.prepare(from) {
			doc.Report(at+"."+fault.Path, "%s: %s: %s", cmp.Or(s.Name, at), fault.Path, fault.Message)
		}
	}
	return f.Scenarios, doc
}

// prepare expands the row's requests, reads their bodies and validates the row. Of the
// requests of one entry, the first and the last are validated for all.
func (s *Scenario) prepare(from open) []Fault {
	var f faults
	var all, first, last []Request
	var entries []int
	for i, r := range s.Requests {
		more, wrong := r.expanded(from)
		for _, fault := range wrong {
			f.add(fmt.Sprintf("requests[%d].%s", i, fault.Path), "%s", fault.Message)
		}
		all, entries = append(all, more...), append(entries, slices.Repeat([]int{i}, len(more))...)
		first, last = append(first, more[0]), append(last, more[len(more)-1])
		first[i].Name, last[i].Name = r.Name, r.Name
	}
	s.Requests = first
	wrong := s.Validate()
	if len(wrong) == 0 && len(all) > len(first) {
		s.Requests = last
		wrong = s.Validate()
	}
	s.Requests = all
	if f = append(f, wrong...); len(f) == 0 {
		s.checkRequestNames(&f, func(i int) int { return entries[i] })
	}
	return f
}

// checkUnique reports rows whose name has a place already, such as "at core.yaml:5",
// and adds the places of the others.
func checkUnique(rows []Scenario, doc *strictyaml.Document, file string, places map[string]string) {
	for i := range rows {
		name, at := rows[i].Name, fmt.Sprintf("scenarios[%d].name", i)
		if name == "" {
			continue
		}
		if place, twice := places[name]; twice {
			doc.Report(at, "scenario %s is there already, %s", name, place)
			continue
		}
		places[name] = fmt.Sprintf("at %s:%d", file, doc.Line(at))
	}
}

// fillDefaults sets the values that the file leaves out. An explicit value
// stays, even 0, and is left to Validate.
func fillDefaults(s *Scenario, at string, doc *strictyaml.Document) {
	fill(doc, at+".depth", &s.Depth, 1)
	fill(doc, at+".unit", &s.Unit, Requests)
	fill(doc, at+".rank_by", &s.RankBy, ByThroughput)
	fill(doc, at+".rotation", &s.Rotation, PerRequest)
	fill(doc, at+".connection.close_with", &s.Connection.CloseWith, FIN)
	for i := range s.Requests {
		if s.Rotation == Weighted {
			fill(doc, fmt.Sprintf("%s.requests[%d].weight", at, i), &s.Requests[i].Weight, 1)
		}
	}
}

func fill[T any](doc *strictyaml.Document, path string, value *T, fallback T) {
	if !doc.Has(path) {
		*value = fallback
	}
}

// staticFile returns a static file of the data set.
func staticFile(name string) (string, error) {
	f, ok := dataset.Find(name)
	if !ok {
		return "", errors.New(suggest.Unknown("file of the data set", name, dataset.Names()))
	}
	return string(f.Content), nil
}
