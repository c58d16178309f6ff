package table

import (
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// Wrap breaks each line of the text at spaces into lines of at most width columns.
// Lines that it adds begin with the line's own spaces and the indent. A word that
// is wider has a line of its own; narrow spaces within numbers are no place to
// break. A width of 0 breaks nothing.
func Wrap(text string, width int, indent string) string {
	if width <= 0 {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = wrapLine(line, width, indent)
	}
	return strings.Join(lines, "\n")
}

// Widest returns the columns of the text's widest line, without spaces at its end.
func Widest(text string) int {
	widest := 0
	for line := range strings.Lines(text) {
		widest = max(widest, displaywidth.String(strings.TrimRight(line, " \n")))
	}
	return widest
}

func wrapLine(text string, width int, indent string) string {
	if displaywidth.String(text) <= width {
		return text
	}
	words := strings.TrimLeft(text, " ")
	begin := text[:len(text)-len(words)]
	var out strings.Builder
	line := begin
	for i, word := range strings.Split(words, " ") {
		switch {
		case i == 0:
			line += word
		case displaywidth.String(line)+1+displaywidth.String(word) <= width:
			line += " " + word
		default:
			out.WriteString(line + "\n")
			line = begin + indent + word
		}
	}
	return out.String() + line
}
