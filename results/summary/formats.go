package summary

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/joust-bench/joust/results"
)

// Format is a form in which the result of one load is written.
type Format string

// The formats.
const (
	TextFormat     Format = "text"
	JSONFormat     Format = "json"
	CSVFormat      Format = "csv"
	MarkdownFormat Format = "md"
	HTMLFormat     Format = "html"
	// DistributionFormat is that of Percentiles. A load without answers has none.
	DistributionFormat Format = "hgrm"
	// IterationsFormat has a line of JSON for each iteration that a flow asks to keep.
	IterationsFormat Format = "jsonl"
)

// Formats returns the formats that every load has.
func Formats() []Format {
	return []Format{TextFormat, JSONFormat, CSVFormat, MarkdownFormat, HTMLFormat}
}

// endings are the formats of files by the ends of their names.
var endings = []struct {
	end    string
	format Format
}{
	{".json", JSONFormat}, {".csv", CSVFormat}, {".md", MarkdownFormat}, {".html", HTMLFormat}, {".txt", TextFormat}, {".hgrm", DistributionFormat}, {".jsonl", IterationsFormat},
}

// FormatOf returns the format of a file by the end of its name.
func FormatOf(path string) (Format, error) {
	var known []string
	for _, e := range endings {
		if strings.EqualFold(filepath.Ext(path), e.end) {
			return e.format, nil
		}
		known = append(known, e.end)
	}
	last := len(known) - 1
	return "", fmt.Errorf("the end of the file's name says the format: %s or %s", strings.Join(known[:last], ", "), known[last])
}

// iterations writes the iterations that were kept, one a line.
func iterations(w io.Writer, r *results.Report) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for i := range r.Iterations {
		if err := e.Encode(&r.Iterations[i]); err != nil {
			return fmt.Errorf("writing iterations: %w", err)
		}
	}
	return nil
}

// Write writes the result in the format. The title names the load, such as
// "GET http://127.0.0.1:8080/". A damaged histogram is an error.
func Write(w io.Writer, f Format, title string, r *results.Report, o Options) error {
	switch f {
	case TextFormat:
		return Text(w, title, r, o)
	case JSONFormat:
		return JSON(w, *r, o)
	case CSVFormat:
		return CSV(w, title, r, o)
	case MarkdownFormat:
		return Markdown(w, title, r, o)
	case HTMLFormat:
		return HTML(w, title, r, o)
	case DistributionFormat:
		return Percentiles(w, r)
	case IterationsFormat:
		return iterations(w, r)
	}
	return errors.New("there is no format " + string(f))
}
