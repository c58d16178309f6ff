package cli

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// Conditions of answers are counted by their causes, the first is told with what was found.
func TestLoadExpects(t *testing.T) {
	t.Parallel()
	s := newTarget(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"status":"up","items":[{"id":7}]}`)
	})
	for _, c := range []struct {
		more []string
		want []string
	}{
		{[]string{"--expect-header", "Content-Type: application/json", "--expect-json", "status=up", "--expect-json", "items[0].id=7", "--expect-regex", `"id":\d+`, "--verify-length"}, []string{"6 right, 0 failed"}},
		{[]string{"--expect-json", "items[0].id=8"}, []string{"0 right, 6 failed", "server side: json 6", "the first: GET /: items[0].id is 7, where 8 is expected"}},
		{[]string{"--expect-header", "X-None"}, []string{"server side: header 6", "the header X-None is missing"}},
		{[]string{"--expect-regex", "^down"}, []string{"server side: regex 6", `a body that does not match "^down"`}},
	} {
		command, out, errs := command(t, t.TempDir(), append([]string{"load", s.URL, "-n", "6", "-c", "2"}, c.more...)...)
		if code := exitOf(t, command.Run()); code == ExitUsage || code == ExitFailed {
			t.Errorf("%q: exit code %d\n%s", c.more, code, errs)
		}
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%q: no %q in\n%s", c.more, want, out)
			}
		}
	}
}
