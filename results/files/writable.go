package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// CanWrite returns an error where the file at path could not be written now: it is
// for work whose result goes there at its end. It changes nothing.
func CanWrite(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return CanWriteIn(filepath.Dir(path))
	case err == nil && info.IsDir():
		return fmt.Errorf("%s is a folder: name a file in it", path)
	case err == nil:
		err = unix.Access(path, unix.W_OK)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w: choose another file", path, err)
	}
	return nil
}

// CanWriteIn returns an error where no file can be made in the folder now. It changes
// nothing.
func CanWriteIn(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no folder %s: make it first", dir)
	case err == nil && !info.IsDir():
		return fmt.Errorf("%s is no folder: choose another one", dir)
	case err == nil:
		err = unix.Access(dir, unix.W_OK|unix.X_OK)
	}
	if err != nil {
		return fmt.Errorf("no file can be made in %s: %w: choose another folder", dir, err)
	}
	return nil
}
