package draw

import (
	"math"
	"strings"
)

// Signs draws bars of signs on a terminal.
type Signs struct {
	// ASCII leaves out all other signs.
	ASCII bool
}

// The signs of bars, from the smallest to the fullest.
var (
	across      = []rune("▏▎▍▌▋▊▉█")
	upward      = []rune("▁▂▃▄▅▆▇█")
	upwardASCII = []rune(".:-=+*%#")
)

// Bar returns a bar of a share, 0 to 1, of so many columns. A share above 0 has a sign.
func (s Signs) Bar(share float64, columns int) string {
	share = min(max(share, 0), 1)
	if share == 0 || columns <= 0 || math.IsNaN(share) {
		return ""
	}
	if s.ASCII {
		return strings.Repeat("#", max(1, int(math.Round(share*float64(columns)))))
	}
	eighths := max(1, int(math.Round(share*float64(columns*len(across)))))
	bar := strings.Repeat(string(across[len(across)-1]), eighths/len(across))
	if rest := eighths % len(across); rest > 0 {
		bar += string(across[rest-1])
	}
	return bar
}

// Row returns a bar of one column for each value, upward from 0 to the highest. A value
// of 0, and one that is not there (NaN), has a blank; any other has a sign.
func (s Signs) Row(values []float64, highest float64) string {
	levels := upward
	if s.ASCII {
		levels = upwardASCII
	}
	row := make([]rune, len(values))
	for i, v := range values {
		row[i] = ' '
		if v > 0 && highest > 0 {
			level := int(math.Ceil(min(v/highest, 1) * float64(len(levels))))
			row[i] = levels[max(level, 1)-1]
		}
	}
	return string(row)
}

// Progress returns a bar of so many columns that is filled to the share, 0 to 1.
func (s Signs) Progress(share float64, columns int) string {
	filled, empty := "█", "░"
	if s.ASCII {
		filled, empty = "#", "."
	}
	n := int(min(max(share, 0), 1) * float64(columns))
	return strings.Repeat(filled, n) + strings.Repeat(empty, max(columns-n, 0))
}
