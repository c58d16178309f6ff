package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/joust-bench/joust/loaders/pieces"
)

// setData reads the rows of --data, from a file or, for -, from standard input.
func (f *loadFlags) setData(stdin io.Reader) error {
	if f.dataFile == "" {
		return nil
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
