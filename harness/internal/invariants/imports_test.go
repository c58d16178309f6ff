package invariants

import (
	"go/ast"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/joust-bench/joust"

// room is a rule for the packages at a path and, where it ends in "/...", below
// it. The first room that holds a package decides.
type room struct {
	path string
	// may lists what of the module its packages may import; the same form.
	may []string
	// mayNot takes out of what may allows.
	mayNot []string
}

// rooms is the order of design in which imports point one way: main, then
// harness/cli, the commands' own rooms, the rooms that do the work, loaders,
// scenarios, results.
var rooms = []room{
	{path: "", may: []string{"harness/cli"}},
	{path: "results"},
	{path: "results/stats", may: []string{"results", "results/metric"}},
	{path: "results/table"},
	{path: "results/suggest"},
	{path: "results/selection"},
	{path: "results/metric", may: []string{"results", "results/suggest"}},
	{path: "results/judge", may: []string{"results", "results/metric", "results/stats"}},
	{path: "results/cells", may: []string{"results", "results/judge", "results/metric", "results/stats", "results/table"}},
	{path: "results/export", may: []string{"results", "results/cells", "results/gate", "results/matrix", "results/metric", "results/stats", "results/suggest"}},
	{path: "results/files", may: []string{"results", "results/table"}},
	{path: "results/golden"},
	{path: "results/draw"},
	{path: "results/journal/journaltest", may: []string{"results", "results/journal"}},
	{path: "results/...", may: []string{"results", "results/cells", "results/draw", "results/files", "results/judge", "results/metric", "results/stats", "results/table"}},
	{path: "scenarios/...", may: []string{"results", "results/files", "results/golden", "results/selection", "results/suggest", "scenarios/..."}},
	{path: "loaders", may: []string{"results", "scenarios"}},
	{path: "loaders/core", may: []string{
		"loaders", "loaders/arrival", "loaders/backend", "loaders/clock", "loaders/codec", "loaders/eventstream", "loaders/pieces", "loaders/record", "loaders/secure", "loaders/source",
		"scenarios", "results",
	}},
	{path: "loaders/backend/...", may: []string{"loaders", "loaders/backend", "loaders/clock", "results"}},
	{path: "loaders/secure", may: []string{"loaders", "loaders/backend"}},
	{path: "loaders/eventstream"},
	{path: "loaders/codec", may: []string{"loaders", "loaders/pieces", "scenarios", "results"}},
	{path: "loaders/codec/...", may: []string{"loaders", "loaders/codec/...", "loaders/pieces", "scenarios", "results"}},
	{path: "loaders/dialect", may: []string{"results", "results/metric", "results/stats", "results/suggest"}},
	{path: "loaders/tests", may: []string{"loaders/...", "scenarios/...", "results", "results/golden", "results/stats", "results/suggest"}},
	{path: "loaders/pieces", may: []string{"loaders", "scenarios", "results/suggest"}},
	{path: "loaders/...", may: []string{"loaders/...", "scenarios/...", "results", "results/stats", "results/suggest"}},
	{path: "harness/surroundings", may: []string{"results"}},
	{path: "harness/profile", may: []string{"results"}},
	{path: "harness/catalog/scaffold", may: []string{"harness/catalog", "results/suggest", "scenarios"}},
	{path: "harness/catalog/...", may: []string{"harness/profile", "harness/surroundings", "loaders/...", "scenarios/...", "results/..."}},
	{path: "harness/cpuset/...", may: []string{"harness/tree", "loaders/...", "scenarios/...", "results/..."}},
	{path: "harness/tree"},
	{path: "harness/sample/...", may: []string{"harness/tree", "loaders/...", "scenarios/...", "results/..."}},
	{path: "harness/machine/...", may: []string{"harness/cpuset", "harness/tree", "loaders/...", "scenarios/...", "results/..."}},
	{path: "harness/plan/...", may: []string{"..."}, mayNot: orchestrators},
	{path: "harness/host/...", may: []string{"..."}, mayNot: orchestrators},
	{path: "harness/check/...", may: []string{"..."}, mayNot: orchestrators},
	{path: "harness/launch/...", may: []string{"..."}, mayNot: orchestrators},
	{path: "harness/trial/...", may: []string{"..."}, mayNot: openers},
	{path: "harness/session/...", may: []string{"..."}, mayNot: commands},
	{path: "harness/cli/...", may: []string{"..."}},
	{path: "harness/...", may: []string{"..."}, mayNot: []string{"harness/cli/..."}},
}

// commands are the rooms that measure for one command each, openers those that
// look at the machine for them as well, orchestrators all that start servers and
// loaders.
var (
	commands      = []string{"harness/run/...", "harness/duel/...", "harness/agree/...", "harness/cli/..."}
	openers       = append([]string{"harness/session/...", "harness/certify/...", "harness/calibrate/...", "harness/doctor/..."}, commands...)
	orchestrators = append([]string{"harness/trial/..."}, openers...)
)

// onlyThere are modules that one room alone may import.
var onlyThere = map[string]string{
	"github.com/spf13/cobra":                      "harness/cli/...",
	"github.com/testcontainers/testcontainers-go": "harness/host/container/...",
	"github.com/moby/moby":                        "harness/host/container/...",
	"github.com/sirupsen/logrus":                  "harness/host/container/...",
}

// within tells whether the path lies in the pattern.
func within(path, pattern string) bool {
	tree, all := strings.CutSuffix(pattern, "...")
	if !all {
		return path == pattern
	}
	tree = strings.TrimSuffix(tree, "/")
	return tree == "" || path == tree || strings.HasPrefix(path, tree+"/")
}

func withinAny(path string, patterns []string) bool {
	for _, p := range patterns {
		if within(path, p) {
			return true
		}
	}
	return false
}

// forbidden says why the package must not import the other, "" where it may.
// Both are import paths; the package's is relative to the module.
func forbidden(from, imported string) string {
	for other, there := range onlyThere {
		if within(imported, other+"/...") && !within(from, there) {
			return "only " + there + " imports " + other
		}
	}
	to, ours := strings.CutPrefix(imported, module)
	if !ours {
		return ""
	}
	to = strings.TrimPrefix(to, "/")
	if within(to, "servers/...") {
		return "the servers are a module of their own, which the tool does not import"
	}
	for _, r := range rooms {
		if !within(from, r.path) {
			continue
		}
		switch {
		case withinAny(to, r.mayNot):
			return "imports point one way: not to " + strings.Join(r.mayNot, ", ")
		case !withinAny(to, r.may):
			return "imports point one way: of joust only " + strings.Join(append([]string{"nothing"}, r.may...), ", ")
		}
		return ""
	}
	return "no room of the house holds this package; add it to rooms"
}

func TestForbidden(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, imported string
		wrong          bool
	}{
		{"", "harness/cli", false},
		{"", "harness/run", true},
		{"results", "scenarios", true},
		{"results/stats", "results", false},
		{"results/matrix", "results/stats", false},
		{"results/matrix", "results/cells", false},
		{"results/cells", "results/matrix", true},
		{"results/matrix", "results/journal", true},
		{"results/stats", "results/matrix", true},
		{"scenarios", "results", false},
		{"scenarios", "loaders", true},
		{"loaders", "scenarios", false},
		{"loaders", "loaders/codec/h1/wire", true},
		{"loaders/core", "loaders/codec/h1/wire", true},
		{"loaders/core", "loaders/codec", false},
		{"loaders/core", "loaders/codec/h1", true},
		{"loaders/core", "loaders/backend/epoll", true},
		{"loaders/codec/h1", "loaders/codec/h1/wire", false},
		{"loaders/codec/h1", "loaders/backend", true},
		{"loaders/engine", "harness/host", true},
		{"loaders/engine", "results/matrix", true},
		{"harness/sample", "harness/cpuset", true},
		{"harness/cpuset", "results", false},
		{"harness/host", "harness/sample", false},
		{"harness/host", "harness/run", true},
		{"harness/check", "harness/cli", true},
		{"harness/check", "loaders/codec/h1/wire", false},
		{"harness/run", "harness/host", false},
		{"harness/run", "harness/cli", true},
		{"harness/cli", "harness/run", false},
		{"harness/run", "harness/launch", false},
		{"harness/launch", "harness/run", true},
		{"harness/launch", "harness/session", true},
		{"harness/session", "harness/launch", false},
		{"harness/session", "harness/run", true},
		{"harness/trial", "harness/launch", false},
		{"harness/trial", "harness/session", true},
		{"harness/launch", "harness/trial", true},
		{"harness/run", "harness/trial", false},
		{"harness/duel", "harness/session", false},
		{"harness/run", "servers/fixture", true},
		{"somewhere", "results", true},
	} {
		why := forbidden(c.from, module+"/"+c.imported)
		if (why != "") != c.wrong {
			t.Errorf("%q imports %q: got %q, want forbidden: %v", c.from, c.imported, why, c.wrong)
		}
	}
	if forbidden("harness/run", "github.com/spf13/cobra/doc") == "" || forbidden("harness/cli", "github.com/spf13/cobra") != "" {
		t.Error("cobra belongs to harness/cli alone")
	}
	if why := forbidden("results", "encoding/json"); why != "" {
		t.Errorf("the standard library is free to all, got %q", why)
	}
}

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	for _, f := range open(t).files {
		for _, spec := range f.syntax.Imports {
			imported := importPath(t, spec)
			switch {
			case f.test && within(imported, module+"/"+f.pkg+"/..."):
				continue // an external test package imports what it tests, and helpers beneath it
			case f.test && within(f.pkg, "results/...") && within(imported, module+"/results/..."):
				continue // tests put several renderings side by side
			}
			from := f.pkg
			if f.test && within(from, "loaders/...") {
				from = "loaders/tests" // an engine is tested whole: with a backend, a codec and the battery
			}
			if why := forbidden(from, imported); why != "" {
				t.Errorf("%s imports %s: %s", f.path, imported, why)
			}
		}
	}
}

// unsaid are the packages of systems and protocols that the engine leaves to its
// backends and codecs.
var unsaid = []string{"golang.org/x/sys/unix", "net", "net/http", "os", "os/exec", "syscall", "unsafe"}

func TestTheEngineNamesNoSystemAndNoProtocol(t *testing.T) {
	t.Parallel()
	for _, f := range open(t).files {
		if f.test || f.pkg != "loaders/core" {
			continue
		}
		if _, tags, _ := strings.Cut(f.path, "/core/"); strings.Contains(tags, "_linux") {
			t.Errorf("%s is for one system: that belongs to a backend", f.path)
		}
		for _, spec := range f.syntax.Imports {
			if imported := importPath(t, spec); slices.Contains(unsaid, imported) {
				t.Errorf("%s imports %s: that belongs to a backend or a codec", f.path, imported)
			}
		}
	}
}

func importPath(t *testing.T, spec *ast.ImportSpec) string {
	t.Helper()
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
