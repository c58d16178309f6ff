package scenarios

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/joust-bench/joust/scenarios/strictyaml"
)

//go:embed catalog/*.yaml
var embedded embed.FS

// file is the form of a catalogue file.
type file struct {
	Scenarios []Scenario `yaml:"scenarios"`
}

// Load reads joust's own table, which is part of the program.
func Load() (*Table, error) {
	sub, err := fs.Sub(embedded, "catalog")
	if err != nil {
		return nil, fmt.Errorf("open the embedded scenario table: %w", err)
	}
	return loadFS(sub, "catalog/")
}

// LoadFS reads the table in the *.yaml files at the root of fsys, in the order
// of their names. All problems of all files come back as one
// strictyaml.Problems.
func LoadFS(fsys fs.FS) (*Table, error) { return loadFS(fsys, "") }

// loadFS puts prefix before file names in messages.
func loadFS(fsys fs.FS, prefix string) (*Table, error) {
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list scenario files: %w", err)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no scenario files (*.yaml) in the catalogue")
	}
	t := &Table{}
	var problems strictyaml.Problems
	first := map[string]string{}
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read scenario file: %w", err)
		}
		rows, doc := read(prefix+name, data)
		unique(rows, doc, prefix+name, first)
		problems = append(problems, doc.Problems()...)
		t.rows = append(t.rows, rows...)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return t, nil
}

// Parse reads the rows of one catalogue file, fills in defaults and validates
// them. The file's name gives the family and stands in messages. All problems
// come back at once, as strictyaml.Problems.
func Parse(file string, data []byte) ([]Scenario, error) {
	rows, doc := read(file, data)
	unique(rows, doc, file, map[string]string{})
	if err := doc.Problems().Err(); err != nil {
		return nil, err
	}
	return rows, nil
}

func read(name string, data []byte) ([]Scenario, *strictyaml.Document) {
	var f file
	doc := strictyaml.Decode(name, data, &f)
	if len(f.Scenarios) == 0 {
		doc.Report("scenarios", "no scenarios: the file needs a list under the key scenarios")
	}
	family := strings.TrimSuffix(path.Base(name), path.Ext(name))
	for i := range f.Scenarios {
		s, at := &f.Scenarios[i], fmt.Sprintf("scenarios[%d]", i)
		s.Family = family
		fillDefaults(s, at, doc)
		for _, fault := range s.Validate() {
			doc.Report(at+"."+fault.Path, "%s: %s: %s", label(s, i), fault.Path, fault.Message)
		}
	}
	return f.Scenarios, doc
}

// unique reports rows whose name stands in first already and adds the others
// to it, with their places.
func unique(rows []Scenario, doc *strictyaml.Document, file string, first map[string]string) {
	for i := range rows {
		name, at := rows[i].Name, fmt.Sprintf("scenarios[%d].name", i)
		if name == "" {
			continue
		}
		if place, twice := first[name]; twice {
			doc.Report(at, "scenario %s is there already, at %s", name, place)
			continue
		}
		first[name] = fmt.Sprintf("%s:%d", file, doc.Line(at))
	}
}

// fillDefaults sets what the file leaves out. What it says explicitly stays,
// zero included, for Validate to judge.
func fillDefaults(s *Scenario, at string, doc *strictyaml.Document) {
	if !doc.Has(at + ".depth") {
		s.Depth = 1
	}
	if !doc.Has(at + ".unit") {
		s.Unit = Requests
	}
	if !doc.Has(at + ".rank_by") {
		s.RankBy = ByThroughput
	}
	if !doc.Has(at + ".rotation") {
		s.Rotation = PerRequest
	}
	if !doc.Has(at + ".connection.close_with") {
		s.Connection.CloseWith = FIN
	}
	for i := range s.Requests {
		weight := fmt.Sprintf("%s.requests[%d].weight", at, i)
		if s.Rotation == Weighted && !doc.Has(weight) {
			s.Requests[i].Weight = 1
		}
	}
}

// label is how messages call a row.
func label(s *Scenario, i int) string {
	if s.Name == "" {
		return fmt.Sprintf("scenarios[%d]", i)
	}
	return s.Name
}
