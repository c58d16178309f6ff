package cli

import (
	"io"
	"os"

	"golang.org/x/term"
)

// isTerminal tells whether the stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// width is the width of standard output in columns, 0 where it is none.
func (a *app) width() int { return columns(a.stdout) }

// columns is the width of the terminal behind w, 0 where there is none.
func columns(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	wide, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return wide
}
