package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/joust-bench/joust/loaders/pieces"
)

// rowsForm is the name of a file. Other tools take a body by a flag of that name: a name
// of no file is refused as the flag is read, so that the error can say so.
var rowsForm = form[string]{"string", func(name string) (string, error) {
	if name == "-" {
		return name, nil
	}
	if _, err := os.Stat(name); err != nil {
		return "", fmt.Errorf("a file of rows is needed: %w", err)
	}
	return name, nil
}, func(name string) string { return name }}

// setData reads the rows of --data, from a file or, for -, from standard input.
func (f *loadFlags) setData(stdin io.Reader) error {
	if f.dataFile == "" {
		return nil
	}
	typed := func(text *string) bool { return text != nil && *text == "@-" }
	if f.dataFile == "-" && (f.bodyFile == "-" || typed(f.load.Body) || typed(f.json)) {
		return errors.New("--data - and the body both read standard input: give one of them a file")
	}
	from, name := stdin, "standard input"
	if f.dataFile != "-" {
		file, err := os.Open(f.dataFile)
		if err != nil {
			return fmt.Errorf("--data: %w", err)
		}
		defer func() { _ = file.Close() }()
		from, name = file, f.dataFile
	}
	var err error
	if f.load.Data, err = pieces.ReadData(from); err != nil {
		return fmt.Errorf("--data: %s: %w", name, err)
	}
	return nil
}
