// Package scaffold writes the folder of a new server: a small program in one of several
// languages that answers its rows rightly, with its manifest.
package scaffold

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/results/suggest"
)

// templates holds one folder a language. A name that would make a Go module or package
// of the folder ends in ".tmpl".
//
//go:embed templates
var templates embed.FS

// nameMark stands for the server's name in a template.
const nameMark = "@NAME@"

// Languages returns the names of the languages in order.
func Languages() []string {
	entries, err := templates.ReadDir("templates")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names
}

// Write writes a server in the language into dir, which must not be there yet or be
// empty. It returns the paths of the files.
func Write(dir, language string) (files []string, err error) {
	if !slices.Contains(Languages(), language) {
		return nil, errors.New(suggest.Unknown("language", language, Languages()))
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("make a server in %s: %w", dir, err)
	}
	name := filepath.Base(abs)
	if !catalog.ValidName(name) {
		return nil, fmt.Errorf("%q cannot be a server's name: it may hold only a-z, 0-9, _, . and -, and begins with a letter, a digit or _", name)
	}
	if there, err := os.ReadDir(dir); err == nil && len(there) > 0 {
		return nil, fmt.Errorf("there is a folder %s already, and it is not empty: choose another name", dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("make a server in %s: %w", dir, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make a server in %s: %w", dir, err)
	}
	from := path.Join("templates", language)
	entries, err := templates.ReadDir(from)
	if err != nil {
		return nil, fmt.Errorf("read the template of %s: %w", language, err)
	}
	for _, e := range entries {
		text, err := templates.ReadFile(path.Join(from, e.Name()))
		if err != nil {
			return files, fmt.Errorf("read the template of %s: %w", language, err)
		}
		file := filepath.Join(dir, strings.TrimSuffix(e.Name(), ".tmpl"))
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), nameMark, name)), 0o644); err != nil {
			return files, fmt.Errorf("make a server in %s: %w", dir, err)
		}
		files = append(files, file)
	}
	return files, nil
}
