package files

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Read returns the content of the file at path, which may have most bytes. It
// returns an error for a longer one without reading on: a device may have no end.
func Read(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(file, most+1))
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("%s has more than %d bytes", path, most)
	}
	return data, nil
}
