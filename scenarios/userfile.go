package scenarios

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/joust-bench/joust/results/files"
	"github.com/joust-bench/joust/results/suggest"
	"github.com/joust-bench/joust/scenarios/strictyaml"
)

const (
	// maxScenarioFile bounds a user's scenario file, in bytes.
	maxScenarioFile = 1 << 20
	// maxBodyFile bounds a file that holds a body, in bytes.
	maxBodyFile = 64 << 20
)

// LoadFile reads a user's scenario file, of the same form as the catalogue's. The file's
// base name is the family. An error of type strictyaml.Problems holds all mistakes.
func LoadFile(path string) (Rows, error) { return Rows(nil).WithFiles(path) }

// WithFiles returns the rows with those of users' scenario files behind them. Names of
// rows and of families must not be taken yet. An error of type strictyaml.Problems holds
// the mistakes of all files.
func (rows Rows) WithFiles(paths ...string) (Rows, error) {
	out := slices.Clone(rows)
	places := map[string]string{}
	for _, row := range rows {
		places[row.Name] = "as a row of " + row.Family
	}
	var problems strictyaml.Problems
	for _, path := range paths {
		data, err := files.Read(path, maxScenarioFile)
		if err != nil {
			return nil, fmt.Errorf("read scenario file: %w", err)
		}
		more, doc := read(path, data, besides(path))
		out.checkGroups(more, doc)
		checkUnique(more, doc, path, places)
		problems = append(problems, doc.Problems()...)
		out = append(out, more...)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

// familyName is the message about a row whose name is that of a family.
const familyName = "the word %s stands for a family of rows; choose another name"

// checkGroups reports more rows, all of one file, that give the word of a group of rows
// another meaning.
func (rows Rows) checkGroups(more Rows, doc *strictyaml.Document) {
	for i := range more {
		family, name := more[i].Family, more[i].Name
		if i == 0 && (isGroup(family) || slices.Contains(append(rows.Families(), rows.Names()...), family)) {
			doc.Report("scenarios", "the word %s stands for other rows already; rename the file, since its name is that of its rows' family", family)
		}
		doc.ReportIf(slices.Contains(rows.Families(), name), fmt.Sprintf("scenarios[%d].name", i), familyName, name)
	}
}

// besides opens files in the folder of a scenario file.
func besides(path string) open { return Beside(path, "scenario file") }

// Beside returns the function that opens files in the folder of the file at the path, each
// once; what says what that file is. Files elsewhere are refused: the file may come from a
// stranger.
func Beside(path, what string) func(name string) (string, error) {
	dir := filepath.Dir(path)
	known := map[string]string{}
	return func(name string) (string, error) {
		if content, ok := known[name]; ok {
			return content, nil
		}
		if !filepath.IsLocal(name) {
			return "", fmt.Errorf("%q is not in the folder of the %s; put it there and name it by its path from there", name, what)
		}
		content, err := readIn(dir, filepath.FromSlash(name))
		if errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("there is no file %q in %s%s", name, dir, suggest.Hint(name, namesIn(dir)))
		}
		if err == nil {
			known[name] = string(content)
		}
		return known[name], err
	}
}

// readIn reads a regular file of at most maxBodyFile bytes that lies in the folder, even
// through symbolic links.
func readIn(dir, name string) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	// A pipe would be waited for.
	info, err := root.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%q is no regular file", name)
	case info.Size() > maxBodyFile:
		return nil, fmt.Errorf("%q has %d bytes, more than %d; a long body may be a text with a length", name, info.Size(), maxBodyFile)
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(file, maxBodyFile))
	return content, errors.Join(err, file.Close())
}

// namesIn lists the files of a folder, none where it cannot be read.
func namesIn(dir string) []string {
	entries, _ := os.ReadDir(dir) // only for a hint
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names
}
