// Package invariants holds the laws of the repository as tests: which way
// imports point, who may print and exit, what documentation and sizes every
// package keeps, and what stands at the top level. It has nothing but tests.
package invariants

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// file is one Go file of the main module.
type file struct {
	// path is relative to the repository, pkg the folder of the package.
	path, pkg string
	test      bool
	lines     int
	syntax    *ast.File
	positions *token.FileSet
}

// checkout is the folder that holds the main module, and its files.
type checkout struct {
	root string
	// paths are relative, with slashes: no git data, nothing that .gitignore
	// names.
	paths []string
	// files are the main module's, whatever system they are for.
	files []file
}

// read walks and parses once for all tests.
var read = sync.OnceValues(func() (checkout, error) {
	root, err := findRoot()
	if err != nil {
		return checkout{}, err
	}
	c := checkout{root: root}
	if err := filepath.WalkDir(root, c.add); err != nil {
		return checkout{}, err
	}
	for _, path := range c.paths {
		if !strings.HasSuffix(path, ".go") || within(path, "servers/...") || strings.Contains(path, "testdata/") {
			continue
		}
		f, err := parse(root, path)
		if err != nil {
			return checkout{}, err
		}
		c.files = append(c.files, f)
	}
	return c, nil
})

func open(t *testing.T) checkout {
	t.Helper()
	c, err := read()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module "+module+"\n") {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod of " + module + " above the working directory")
		}
		dir = filepath.Dir(dir)
	}
}

func (c *checkout) add(full string, d fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	path, err := filepath.Rel(c.root, full)
	if err != nil {
		return err
	}
	path = filepath.ToSlash(path)
	switch {
	case d.IsDir() && (path == ".git" || path == "bin" || path == "results/runs"):
		return fs.SkipDir
	case !d.Type().IsRegular(), path == ".git", strings.HasSuffix(path, ".test"), strings.HasSuffix(path, ".prof"):
		return nil
	}
	c.paths = append(c.paths, path)
	return nil
}

func parse(root, path string) (file, error) {
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		return file{}, err
	}
	positions := token.NewFileSet()
	syntax, err := parser.ParseFile(positions, path, text, parser.ParseComments)
	if err != nil {
		return file{}, err
	}
	pkg, _ := strings.CutSuffix(path[:strings.LastIndex(path, "/")+1], "/")
	return file{
		path: path, pkg: pkg, test: strings.HasSuffix(path, "_test.go"),
		lines: strings.Count(string(text), "\n"), syntax: syntax, positions: positions,
	}, nil
}

func TestWalkFindsTheModule(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for _, f := range open(t).files {
		found[f.pkg] = true
	}
	for _, pkg := range []string{"", "results", "scenarios", "loaders", "loaders/codec/h1/wire", "harness/check", "harness/internal/invariants"} {
		if !found[pkg] {
			t.Errorf("the walk did not come to package %q", pkg)
		}
	}
}

// mostFields is how many fields a struct of the load engine has at most: more
// are several ideas. An embedded struct counts as one.
const mostFields = 15

// engine are the rooms that make load.
var engine = []string{
	"loaders/arrival", "loaders/backend/...", "loaders/clock", "loaders/codec/...", "loaders/child", "loaders/core", "loaders/engine", "loaders/record",
	"loaders/secure", "loaders/source",
}

func TestStructsOfTheEngineHoldOneIdea(t *testing.T) {
	t.Parallel()
	for _, f := range open(t).files {
		if f.test || !withinAny(f.pkg, engine) {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if s, ok := n.(*ast.StructType); ok && s.Fields.NumFields() > mostFields {
				t.Errorf("%s: a struct of %d fields, more than %d", f.positions.Position(s.Pos()), s.Fields.NumFields(), mostFields)
			}
			return true
		})
	}
}
