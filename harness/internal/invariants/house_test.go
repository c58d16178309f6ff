package invariants

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mostLines is the length of a file, tests aside, above which it holds more
// than one idea.
const mostLines = 450

// topLevel is fixed by the product's owner. Dotfiles are free.
var topLevel = []string{
	"harness", "servers", "scenarios", "loaders", "results", "scripts",
	"go.mod", "go.sum", "Makefile", "README.md", "CONTRIBUTING.md", "LICENSE", "main.go",
}

func TestEveryPackageHasADocComment(t *testing.T) {
	t.Parallel()
	name, documented := map[string]string{}, map[string]bool{}
	for _, f := range open(t).files {
		if f.test && name[f.pkg] != "" && name[f.pkg] != f.syntax.Name.Name {
			continue
		}
		name[f.pkg] = f.syntax.Name.Name
		begin := "Package " + f.syntax.Name.Name + " "
		if f.syntax.Name.Name == "main" {
			begin = "Command "
		}
		if strings.HasPrefix(f.syntax.Doc.Text(), begin) {
			documented[f.pkg] = true
		}
	}
	for pkg, name := range name {
		if !documented[pkg] {
			t.Errorf("package %s in %q has no comment that begins with its name", name, pkg)
		}
	}
}

func TestFilesHoldOneIdea(t *testing.T) {
	t.Parallel()
	for _, f := range open(t).files {
		if !f.test && f.lines > mostLines {
			t.Errorf("%s has %d lines, more than %d: look for two ideas in it", f.path, f.lines, mostLines)
		}
	}
}

func TestTopLevelIsFixed(t *testing.T) {
	t.Parallel()
	for _, path := range open(t).paths {
		first, _, _ := strings.Cut(path, "/")
		if !strings.HasPrefix(first, ".") && !slices.Contains(topLevel, first) {
			t.Errorf("%s does not belong to the top level, which has only %s", path, strings.Join(topLevel, " "))
		}
	}
}

// homes are where people and machines keep what is theirs alone. They are put
// together so that this file does not hold what it looks for.
var homes = []string{"/" + "home/", "/" + "Users/", "/" + "root/", "/" + "work/"}

// homePath is the first absolute path below one of the homes, "" for none.
func homePath(text string) string {
	for _, home := range homes {
		for from := 0; ; {
			at := strings.Index(text[from:], home)
			if at < 0 {
				break
			}
			from += at + len(home)
			begins := from == len(home) || strings.ContainsAny(text[from-len(home)-1:from-len(home)], " \t\n\"'`=:(<>[,")
			if begins && from < len(text) && !strings.ContainsAny(text[from:from+1], " \t\n\"'`") {
				line, _, _ := strings.Cut(text[from-len(home):], "\n")
				return line
			}
		}
	}
	return ""
}

func TestHomePath(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"cd /h" + "ome/ann/joust":         true,
		`"/r` + `oot/.cache/joust"`:       true,
		"DIR=/w" + "ork/main":             true,
		"/U" + "sers/ann":                 true,
		"results/w" + "ork/x":             false,
		"https://example.org/h" + "ome/x": false,
		"/usr/sbin/nginx":                 false,
		"/r" + "oot and branch":           false,
	} {
		if got := homePath(text); (got != "") != want {
			t.Errorf("%q: got %q, want one: %v", text, got, want)
		}
	}
}

func TestNoPathsOfSomebodysMachine(t *testing.T) {
	t.Parallel()
	c := open(t)
	for _, path := range c.paths {
		text, err := os.ReadFile(filepath.Join(c.root, path))
		if err != nil {
			t.Fatal(err)
		}
		if found := homePath(string(text)); found != "" {
			t.Errorf("%s names a path of somebody's machine: %s", path, found)
		}
	}
}

// spoken lists what of a package prints or exits.
var spoken = map[string][]string{
	"os":  {"Stdout", "Stderr", "Exit"},
	"fmt": {"Print", "Printf", "Println"},
	"log": {"Print", "Printf", "Println", "Fatal", "Fatalf", "Fatalln", "Panic", "Panicf", "Panicln", "SetOutput", "Default"},
}

// mouths may print and exit: the command, and the thin main that calls it.
var mouths = []string{"", "harness/cli/..."}

// utterances are the uses of spoken names in a file, such as "os.Exit".
func utterances(f *ast.File) map[token.Pos]string {
	local := map[string]string{} // the name in this file → the package
	for _, spec := range f.Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		name := path
		if spec.Name != nil {
			name = spec.Name.Name
		}
		local[name] = path
	}
	out := map[token.Pos]string{}
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && slices.Contains(spoken[local[x.Name]], sel.Sel.Name) {
			out[sel.Pos()] = local[x.Name] + "." + sel.Sel.Name
		}
		return true
	})
	return out
}

func TestUtterances(t *testing.T) {
	t.Parallel()
	const source = `package p
import ("fmt"; system "os"; "log")
func f(w io.Writer) { fmt.Fprintln(w); fmt.Println(); system.Exit(1); log.Fatal(); os.Exit(2); _ = system.Args }`
	f, err := parser.ParseFile(token.NewFileSet(), "p.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, what := range utterances(f) {
		got = append(got, what)
	}
	slices.Sort(got)
	if want := []string{"fmt.Println", "log.Fatal", "os.Exit"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOnlyTheCommandPrintsAndExits(t *testing.T) {
	t.Parallel()
	for _, f := range open(t).files {
		if f.test || withinAny(f.pkg, mouths) {
			continue
		}
		for pos, what := range utterances(f.syntax) {
			t.Errorf("%s uses %s, which is for harness/cli alone: return an error or take a writer", f.positions.Position(pos), what)
		}
	}
}
