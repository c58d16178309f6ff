package scenarios

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// Own is one item of a plan's list of the user's own rows: a row, or the name of a
// scenario file.
type Own struct {
	// File is the path of a scenario file from the plan's folder; empty for a row.
	File string
	// Row is the row as the plan has it; it is not checked yet.
	Row Scenario
}

// FamilyOwn is the family of rows that stand in a plan itself.
const FamilyOwn = "own"

// UnmarshalText reads the name of a file.
func (o *Own) UnmarshalText(text []byte) error {
	o.File = string(text)
	return nil
}

// Keys returns the keys of a row.
func (o *Own) Keys() []strictyaml.Key {
	var keys []strictyaml.Key
	row := reflect.ValueOf(&o.Row).Elem()
	for i := range row.NumField() {
		if name := row.Type().Field(i).Tag.Get("yaml"); name != "" && name != "-" {
			keys = append(keys, strictyaml.Key{Name: name, Value: row.Field(i).Addr().Interface()})
		}
	}
	return keys
}

// WithOwn returns the rows with the user's own behind them: the list under the key
// scenarios of the document, which was read from the file of that name. It reports
// mistakes to the document, and leaves out the rows that have any. The mistakes of the
// list's files are the second result.
func (rows Rows) WithOwn(file string, doc *strictyaml.Document, list []Own) (Rows, strictyaml.Problems) {
	var problems strictyaml.Problems
	for i := range list {
		at := fmt.Sprintf("scenarios[%d]", i)
		if list[i].File == "" {
			rows = rows.withRow(&list[i].Row, at, file, doc)
			continue
		}
		more, err := rows.WithFiles(beside(file, list[i].File))
		var wrong strictyaml.Problems
		switch {
		case errors.As(err, &wrong):
			problems = append(problems, wrong...)
		case err != nil:
			doc.Report(at, "%v", err)
		default:
			rows = more
		}
	}
	return rows, problems
}

// withRow returns the rows with one more, unless it has a mistake.
func (rows Rows) withRow(s *Scenario, at, file string, doc *strictyaml.Document) Rows {
	good := doc.Good(at)
	report := func(path, format string, args ...any) {
		good = false
		doc.Report(at+path, format, args...)
	}
	s.Family = FamilyOwn
	fillDefaults(s, at, doc)
	for _, fault := range s.prepare(besides(file)) {
		report("."+fault.Path, "%s: %s: %s", cmp.Or(s.Name, at), fault.Path, fault.Message)
	}
	if first, err := rows.Find(s.Name); err == nil {
		report(".name", "scenario %s is there already, as a row of %s", s.Name, first.Family)
	}
	if slices.Contains(rows.Families(), s.Name) {
		report(".name", familyName, s.Name)
	}
	if !good {
		return rows
	}
	return append(rows[:len(rows):len(rows)], *s)
}

// beside returns the path of a file that another file names.
func beside(file, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(file), name)
}
