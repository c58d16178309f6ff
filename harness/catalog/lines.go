package catalog

import "bytes"

// lastLines is the number of lines of a failed build that its error shows.
const lastLines = 20

// Lines is a writer that splits a build's output into lines.
type Lines struct {
	// Each is called with every line; nil drops the lines.
	Each func(line string)
	// Last are the last 20 lines.
	Last []string
	rest []byte
}

// Write never fails.
func (w *Lines) Write(p []byte) (int, error) {
	w.rest = append(w.rest, p...)
	for {
		line, rest, ok := bytes.Cut(w.rest, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		w.line(string(line))
		w.rest = rest
	}
}

// Flush ends an unfinished last line.
func (w *Lines) Flush() {
	if len(w.rest) > 0 {
		w.line(string(w.rest))
		w.rest = nil
	}
}

func (w *Lines) line(text string) {
	w.Last = append(w.Last, text)
	w.Last = w.Last[max(0, len(w.Last)-lastLines):]
	if w.Each != nil {
		w.Each(text)
	}
}
