package cli

import (
	"strings"
	"testing"
)

// A list fits its terminal: the widest columns are broken, and where there is no
// terminal each row is one line.
func TestAListFitsItsTerminal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		width int
		want  string
	}{
		{0, "  a   the smallest useful answer of all  GET /é  closed, open\n  bb  an answer                          GET /   closed\n\n  * rows of the head line\n"},
		{80, "  a   the smallest useful answer of all  GET /é  closed, open\n  bb  an answer                          GET /   closed\n\n  * rows of the head line\n"},
		{48, "  a   the smallest useful   GET /é  closed, open\n      answer of all\n  bb  an answer             GET /   closed\n\n  * rows of the head line\n"},
		{20, "  a   the smallest  GET /é  closed, open\n      useful\n      answer of\n      all\n  bb  an answer     GET /   closed\n\n  * rows of the head\n    line\n"},
	} {
		l := listing{width: c.width}
		l.row("a", "the smallest useful answer of all", "GET /é", "closed, open")
		l.row("bb", "an answer", "GET /", "closed")
		l.line("")
		l.line("  * rows of the head line")
		var out strings.Builder
		if err := l.print(&out); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); got != c.want {
			t.Errorf("%d columns:\n%s\nwant\n%s", c.width, got, c.want)
		}
	}
}
