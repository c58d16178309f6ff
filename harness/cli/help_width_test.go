package cli

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

// The flags of each command are broken between words: no line of --help is wider than
// helpWidth.
func TestHelpIsNarrow(t *testing.T) {
	t.Parallel()
	for _, name := range append(commandNames(newRoot(&app{stdout: &bytes.Buffer{}})), "") {
		var out, errs bytes.Buffer
		args := []string{"--help"}
		if name != "" {
			args = []string{name, "--help"}
		}
		if code := Run(args, strings.NewReader(""), &out, &errs); code != ExitOK || out.Len() == 0 {
			t.Errorf("joust %v: exit code %d, %d bytes\n%s", args, code, out.Len(), &errs)
		}
		example := false
		for line := range strings.Lines(out.String()) {
			// An example can be copied whole.
			example = example && strings.HasPrefix(line, " ") || line == "Examples:\n"
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > helpWidth && !example {
				t.Errorf("joust %v: a line of %d columns: %s", args, n, line)
			}
		}
	}
}
