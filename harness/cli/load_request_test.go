package cli

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// The flags about the request reach the server as curl's users expect.
func TestLoadRequests(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "body")
	if err := os.WriteFile(file, []byte("of a\nfile\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args  []string
		stdin string
		// want is the method, the body and the headers.
		want string
	}{
		{[]string{"-b", "x"}, "", "POST x [Content-Type: application/octet-stream]"},
		{[]string{"-b", "x", "-H", "content-type: text/plain"}, "", "POST x [Content-Type: text/plain]"},
		{[]string{"-b", "@" + file}, "", "POST of a\nfile\n [Content-Type: application/octet-stream]"},
		{[]string{"--body-file", file, "-X", "PUT"}, "", "PUT of a\nfile\n [Content-Type: application/octet-stream]"},
		{[]string{"-b", "@-"}, "typed", "POST typed [Content-Type: application/octet-stream]"},
		{[]string{"--body-file", "-", "--request", "PATCH"}, "typed", "PATCH typed [Content-Type: application/octet-stream]"},
		{[]string{"--json", `{"a":1}`}, "", `POST {"a":1} [Accept: application/json] [Content-Type: application/json]`},
		{[]string{"--json", "@-"}, "{}", "POST {} [Accept: application/json] [Content-Type: application/json]"},
		{[]string{"--form", "a=1 2", "--form", "b=&"}, "", "POST a=1+2&b=%26 [Content-Type: application/x-www-form-urlencoded]"},
		{[]string{"--cookie", "a=1", "--cookie", "b=2"}, "", "GET  [Cookie: a=1; b=2]"},
		{[]string{"-A", "user:s3cret"}, "", "GET  [Authorization: Basic dXNlcjpzM2NyZXQ=]"},
		{[]string{"-XDELETE"}, "", "DELETE "},
	} {
		var got string
		var once sync.Once
		s := newTarget(t, func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			once.Do(func() {
				got = fmt.Sprintf("%s %s", r.Method, body)
				for _, name := range []string{"Accept", "Authorization", "Content-Type", "Cookie"} {
					if v := r.Header.Get(name); v != "" {
						got += fmt.Sprintf(" [%s: %s]", name, v)
					}
				}
			})
		})
		command, out, errs := command(t, t.TempDir(), append([]string{"load", s.URL, "-n", "1"}, c.args...)...)
		command.Stdin = strings.NewReader(c.stdin)
		if code := exitOf(t, command.Run()); code != ExitOK {
			t.Errorf("%q: exit code %d\n%s%s", c.args, code, out, errs)
		}
		if got != c.want && got != strings.TrimSuffix(c.want, " ") {
			t.Errorf("%q: the server was asked %q, want %q", c.args, got, c.want)
		}
	}
}

// Flags that contradict each other are refused with the reason, before anything
// is asked.
func TestLoadRequestRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-b", "x", "--json", "{}"}, "-b and --json both say what the body is: give one of them"},
		{[]string{"--form", "a=b", "--body-file", "x"}, "--body-file and --form both say what the body is"},
		{[]string{"--json", "@/nonexistent/x"}, "--json: open /nonexistent/x: no such file"},
		{[]string{"-b", "@"}, "-b: @ wants the name of a file, or - for standard input"},
		{[]string{"--form", "a"}, `--form "a": a field looks like name=value`},
		{[]string{"--cookie", "jar.txt"}, `--cookie "jar.txt": a cookie looks like name=value`},
		{[]string{"-A", "token"}, "-A wants user:password, with a colon between them"},
		{[]string{"-A", "u:p", "-H", "Authorization: Bearer x"}, "-A and -H 'Authorization: …' both set the field Authorization"},
		{[]string{"-k"}, "-k, --insecure is for TLS, and the URL says http"},
	} {
		e := joust(t, append([]string{"load", "http://127.0.0.1:1/"}, c.args...)...)
		if e.code != ExitUsage || !strings.Contains(e.errors, c.want) || strings.Count(e.errors, "\n") != 1 {
			t.Errorf("%q: exit code %d, %q, want %q", c.args, e.code, e.errors, c.want)
		}
	}
}

// A device without end is read up to the limit only.
func TestBodyIsBounded(t *testing.T) {
	t.Parallel()
	_, err := bodyFrom("/dev/zero", nil, 1000)
	if err == nil || err.Error() != "/dev/zero holds more than 1000 bytes, the most that are read" {
		t.Error(err)
	}
	if body, err := bodyFrom("-", strings.NewReader("1234"), 4); err != nil || *body != "1234" {
		t.Error(body, err)
	}
}

// Every flag of joust load stands under a heading of its help.
func TestLoadHelpHasSections(t *testing.T) {
	t.Parallel()
	e := joust(t, "load", "--help")
	head, other, ok := strings.Cut(e.out, "\nOther flags:\n")
	if e.code != ExitOK || !ok {
		t.Fatal(e)
	}
	for _, flag := range []string{"--help", "--out", "--servers-dir"} {
		if !strings.Contains(other, flag) {
			t.Errorf("%s is not among the other flags:\n%s", flag, other)
		}
	}
	if strings.Count(other, "\n      --") != 2 {
		t.Errorf("a flag stands in no section of load_flags.go:\n%s", other)
	}
	if first, _, _ := strings.Cut(head[strings.Index(head, "\nTo begin with:"):], "\n\n"); strings.Count(first, "\n  -") != 5 {
		t.Errorf("the first section has other flags than the five that matter most:\n%s", first)
	}
	for line := range strings.SplitSeq(e.out, "\n") {
		if len([]rune(line)) > 110 {
			t.Errorf("a line of the help has %d letters: %s", len([]rune(line)), line)
		}
	}
}
