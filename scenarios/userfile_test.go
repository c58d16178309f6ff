package scenarios_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/scenarios"
)

// folder makes a folder of files and returns its path.
func folder(t *testing.T, content map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range content {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// rowOf returns a scenario file of one row with one request.
func rowOf(name, request string) string {
	return "scenarios: [{name: " + name + ", title: mine, protocols: [h1], modes: [closed], requests: [" + request + "]}]\n"
}

const plain = "{name: a, method: GET, path: /, expect: {status: 200}}"

func TestUsersRowsStandBehindTheCatalogue(t *testing.T) {
	t.Parallel()
	body := "\x00\xff picture"
	dir := folder(t, map[string]string{
		"mine.yaml":  rowOf("orders", `{name: a, method: POST, path: /, body: {file: bodies/a.bin}, expect: {status: 200, echo: true}}`),
		"other.yaml": rowOf("offers", plain), "bodies/a.bin": body,
	})
	catalogue := load(t)
	before := len(catalogue)
	rows, err := catalogue.WithFiles(filepath.Join(dir, "mine.yaml"), filepath.Join(dir, "other.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(catalogue) != before || len(rows) != before+2 || rows[before].Name != "orders" || rows[before].Family != "mine" || rows[before+1].Family != "other" {
		t.Fatalf("rows: %q", rows.Names())
	}
	orders := rows[before].Requests[0]
	if got := orders.Body; string(got.Bytes()) != body || got.Origin() != "file bodies/a.bin" {
		t.Errorf("body: %+v", got)
	}
	// What a journal holds needs no file.
	text, err := json.Marshal(rows[before])
	if err != nil {
		t.Fatal(err)
	}
	var back scenarios.Scenario
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rows[before], back); diff != "" {
		t.Errorf("through JSON (-want +got)\n%s", diff)
	}
	alone, err := scenarios.LoadFile(filepath.Join(dir, "mine.yaml"))
	if err != nil || len(alone) != 1 {
		t.Errorf("%q, %v", alone.Names(), err)
	}
}

func TestUsersFilesThatCannotBe(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"taken.yaml":    rowOf("hello", plain),
		"core.yaml":     rowOf("mine", plain),
		"json.yaml":     rowOf("mine", plain),
		"headline.yaml": rowOf("mine", plain),
		"family.yaml":   rowOf("httparena", plain),
		"body.yaml":     rowOf("bodies", "{name: a, method: POST, path: /, body: {file: bodi.txt}, expect: {status: 200, body: {file: ../body.txt}}}"),
		"paths.yaml":    rowOf("paths", "{name: a, method: POST, path: /, body: {file: /etc/hostname}, expect: {status: 200, body: {file: sub}}}"),
		"links.yaml":    rowOf("links", "{name: a, method: POST, path: /, body: {file: link}, expect: {status: 200, body: {file: huge}}}"),
		"body.txt":      "x", "sub/x": "x", "huge": "",
	})
	if err := os.Symlink(os.Args[0], filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, "huge"), 64<<20+1); err != nil {
		t.Fatal(err)
	}
	builtIn := load(t)
	for file, want := range map[string][]string{
		"taken.yaml":    {"taken.yaml:1: scenario hello is there already, as a row of core"},
		"core.yaml":     {"core.yaml:1: the word core stands for other rows already; rename the file, since its name is that of its rows' family"},
		"json.yaml":     {"json.yaml:1: the word json stands for other rows already"},
		"headline.yaml": {"headline.yaml:1: the word headline stands for other rows already"},
		"family.yaml":   {"family.yaml:1: the word httparena stands for a family of rows; choose another name"},
		"body.yaml": {
			`body.yaml:1: bodies: requests[0].body.file: there is no file "bodi.txt" in ` + dir + `, did you mean "body.txt"?`,
			`requests[0].expect.body.file: "../body.txt" is not in the folder of the scenario file`,
		},
		"paths.yaml": {`"/etc/hostname" is not in the folder of the scenario file`, `"sub" is no regular file`},
		"links.yaml": {"requests[0].body.file: ", "path escapes from parent", `"huge" has 67108865 bytes, more than 67108864; a long body may be a text with a length`},
		"nope.yaml":  {"read scenario file: open ", "no such file"},
	} {
		rows, err := builtIn.WithFiles(filepath.Join(dir, file))
		if err == nil || rows != nil {
			t.Errorf("%s: accepted", file)
			continue
		}
		for _, text := range want {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %v\nwithout %s", file, err, text)
			}
		}
	}
	_, err := builtIn.WithFiles(filepath.Join(dir, "body.yaml"), filepath.Join(dir, "body.yaml"), filepath.Join(dir, "taken.yaml"))
	if err == nil || strings.Count(err.Error(), "there is no file") != 2 || !strings.Contains(err.Error(), "scenario hello") || !strings.Contains(err.Error(), "scenario bodies is there already, at "+dir) {
		t.Errorf("several files: %v", err)
	}
}
