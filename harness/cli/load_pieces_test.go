package cli

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// newRecorder returns a server and a function that returns what it was asked so far, a line
// a request: method, URL, the header X and body.
func newRecorder(t *testing.T) (s *target, asked func() []string) {
	t.Helper()
	var mu sync.Mutex
	var lines []string
	s = newTarget(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, strings.Join([]string{r.Method, r.RequestURI, r.Header.Get("X"), string(body)}, " "))
	})
	return s, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(lines)
	}
}

// allMatch reports whether each line matches the expression in its place.
func allMatch(lines, expressions []string) bool {
	return slices.EqualFunc(lines, expressions, func(line, e string) bool { return regexp.MustCompile(e).MatchString(line) })
}

// Pieces, rows and the cache buster reach the server, and the report counts the rows.
func TestLoadOfPieces(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "users.jsonl")
	if err := os.WriteFile(file, []byte("{\"user\":\"ann b\",\"n\":1}\n{\"user\":\"bob\",\"n\":2}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const uuid = `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`
	for _, c := range []struct {
		args []string
		// want are expressions of the requests, in order; says is in the output.
		want []string
		says string
	}{
		{[]string{"/", "-n", "1", "--bust"}, []string{`GET /\?_cb=` + uuid + `  $`}, ""},
		{[]string{"/?a=1", "-n", "1", "--bust=no"}, []string{`GET /\?a=1&no=` + uuid + `  $`}, ""},
		{
			[]string{"/${user}?q=${randstr(4)}", "--data", file, "--data-order", "sequential", "-c", "1", "-H", "X: ${user}", "-b", "${n} ${counter()}", "-d", "60"},
			[]string{`^POST /ann%20b\?q=\w{4} ann b 1 1$`, `^POST /bob\?q=\w{4} bob 2 2$`}, "all 2 rows used, each once: the load ended with them",
		},
		{
			[]string{"/", "--form", "a b=$${c}", "--form", "d=${n} e", "--data", file, "-c", "1", "-n", "3"},
			[]string{`a\+b=\$\{c%7D&d=1\+e$`, `d=2\+e$`, `d=1\+e$`}, "3 times a request took one of 2 rows, order loop",
		},
	} {
		s, asked := newRecorder(t)
		e := joust(t, append([]string{"load", s.URL + c.args[0]}, c.args[1:]...)...)
		got := asked()
		matches := allMatch(got, c.want)
		if e.code != ExitOK || !matches || !strings.Contains(e.out, c.says) {
			t.Errorf("%q: the server was asked %q, want %q\n%s", c.args, got, c.want, e)
		}
	}
}

// Pieces stand in each part of a line of a URL file, and name the columns of the data.
func TestLoadOfPiecesInURLFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rows, file := filepath.Join(dir, "users.csv"), filepath.Join(dir, "urls.txt")
	s, asked := newRecorder(t)
	lines := s.URL + "/${user}/a\nPOST " + s.URL + "/b?n=${counter(x)}\n" +
		`{"url": "` + s.URL + `/c", "method": "PUT", "headers": {"X": "${user}"}, "body": "${randstr(4)} ${user}"}` + "\n"
	for name, text := range map[string]string{rows: "user\nann b\nbob\n", file: lines} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e := joust(t, "load", "--url-file", file, "--data", rows, "-n", "4", "-c", "1", "-t", "1")
	want := []string{`^GET /ann%20b/a  $`, `^POST /b\?n=1  $`, `^PUT /c ann b \w{4} ann b$`, `^GET /bob/a  $`}
	got := asked()
	matches := allMatch(got, want)
	if e.code != ExitOK || !matches || !strings.Contains(e.out, "4 times a request took one of 2 rows, order loop") {
		t.Errorf("the server was asked %q, want %q\n%s", got, want, e)
	}
	if e := joust(t, "load", "--url-file", file); e.code != ExitUsage || !strings.Contains(e.errors, "user") {
		t.Errorf("without the rows: %s", e)
	}
}
