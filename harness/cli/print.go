package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/table"
)

// The formats of results.
const (
	formatText     = "text"
	formatMarkdown = "md"
	formatJSON     = "json"
)

// formatFlag registers --format, which takes one of the formats.
func formatFlag(flags *pflag.FlagSet, format *string, formats ...string) {
	last := len(formats) - 1
	flags.StringVar(format, "format", formatText, strings.Join(formats[:last], ", ")+" or "+formats[last])
}

// checkFormat returns an error where the format is none of the formats.
func checkFormat(format string, formats ...string) error {
	if slices.Contains(formats, format) {
		return nil
	}
	return fmt.Errorf("--format %q: the formats are %s", format, strings.Join(formats, ", "))
}

// say prints a line on standard error, broken between words where a terminal is
// narrower. It hides passwords of URLs: a URL may stand where joust asks for something
// else.
func (a *app) say(format string, args ...any) {
	printWrapped(a.stderr, "%s", results.Redacted(fmt.Sprintf(format, args...)))
}

// printWrapped prints a line on a stream, broken between words where the stream is
// a terminal that is narrower.
func printWrapped(w io.Writer, format string, args ...any) {
	fmt.Fprintln(w, table.Wrap(fmt.Sprintf(format, args...), columns(w), "  "))
}

func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.stdout)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("printing the result: %w", err)
	}
	return nil
}

func (a *app) printTable(head []string, lines [][]string) error {
	t := tablewriter.NewTable(a.stdout, tablewriter.WithHeaderAutoFormat(tw.Off))
	t.Header(head)
	if err := errors.Join(t.Bulk(lines), t.Render()); err != nil {
		return fmt.Errorf("printing the table: %w", err)
	}
	return nil
}

// display prints lines on a stream. On a terminal its last line can be redrawn.
type display struct {
	out io.Writer
	// live is true on a terminal that can erase a line.
	live bool

	mu    sync.Mutex
	drawn bool
	// lines are those of frame, widths the columns of those on the terminal.
	lines  []string
	widths []int
}

func newDisplay(out io.Writer) *display {
	f, ok := out.(*os.File)
	// A dumb terminal shows escape codes as text.
	return &display{out: out, live: ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"}
}

// line prints a line that stays.
func (d *display) line(format string, args ...any) {
	// Standard error has nobody to report its own failure to.
	_, _ = d.Write([]byte(table.Wrap(fmt.Sprintf(format, args...), columns(d.out), "  ") + "\n"))
}

// draw replaces the line that is redrawn. It does nothing elsewhere than on a
// terminal.
func (d *display) draw(text string) {
	if !d.live {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if runes, most := []rune(text), columns(d.out)-1; most > 0 && len(runes) > most {
		text = string(runes[:most]) // a line that wraps could not be erased
	}
	fmt.Fprintf(d.out, "\r\x1b[K%s", text)
	d.drawn = true
}

// end removes the lines that are redrawn.
func (d *display) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.erase()
	d.lines = nil
}

func (d *display) erase() {
	if d.drawn {
		fmt.Fprint(d.out, "\r\x1b[K")
		d.drawn = false
	}
	if len(d.widths) > 0 {
		wide, _ := size(d.out)
		fmt.Fprint(d.out, d.back(wide)+"\x1b[J")
		d.widths = nil
	}
}

// columns returns the width of the terminal behind w, 0 where there is none.
func columns(w io.Writer) int {
	width, _ := size(w)
	return width
}

// size returns the columns and rows of the terminal behind w, 0 where there is none.
func size(w io.Writer) (columns, rows int) {
	f, ok := w.(*os.File)
	if !ok {
		return 0, 0
	}
	columns, rows, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0, 0
	}
	return columns, rows
}

// asciiOnly reports whether texts on the stream are to have no signs beyond ASCII: the
// locale says so, or a dumb terminal is behind the stream.
func asciiOnly(w io.Writer) bool {
	locale := cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_CTYPE"), os.Getenv("LANG"))
	return locale != "" && !isUTF8(locale) || os.Getenv("TERM") == "dumb" && columns(w) > 0
}

// isUTF8 reports whether the text of the locale is UTF-8, as in "de_DE.UTF-8".
func isUTF8(locale string) bool {
	charset := strings.ToLower(strings.ReplaceAll(locale, "-", ""))
	return strings.Contains(charset, "utf8")
}

// shellWord returns the text as one word of a shell.
func shellWord(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/._-+:@%=,", r)
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// indented returns a text of several lines that stands under another.
func indented(text string) string { return strings.ReplaceAll(text, "\n", "\n    ") }

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// seconds returns a duration of nanoseconds, rounded to seconds.
func seconds(ns int64) string { return time.Duration(ns).Round(time.Second).String() }
