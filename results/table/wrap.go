package table

import (
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// Wrap breaks the text at spaces into lines of at most width columns; lines after
// the first begin with the indent. A word that is wider has a line of its own. A
// width of 0 breaks nothing. Narrow spaces within numbers are no place to break.
func Wrap(text string, width int, indent string) string {
	if width <= 0 || displaywidth.String(text) <= width {
		return text
	}
	var out strings.Builder
	line := ""
	for word := range strings.SplitSeq(text, " ") {
		switch {
		case line == "":
			line = word
		case displaywidth.String(line)+1+displaywidth.String(word) <= width:
			line += " " + word
		default:
			out.WriteString(line + "\n")
			line = indent + word
		}
	}
	return out.String() + line
}
