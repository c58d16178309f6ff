package files

import (
	"fmt"
	"os"
	"path/filepath"
)

// Put writes content into the file at path: a regular file, or none so far, is replaced
// whole as by Replace, behind symbolic links. Anything else, such as a pipe, is written
// into.
func Put(path string, content []byte) error {
	if special(path) {
		return os.WriteFile(path, content, 0o644)
	}
	return Replace(behindLinks(path), content)
}

// CanPut returns an error where Put could not write now. It changes nothing.
func CanPut(path string) error {
	if err := CanWrite(path); err != nil || special(path) {
		return err
	}
	if err := CanWriteIn(filepath.Dir(behindLinks(path))); err != nil {
		return fmt.Errorf("%s is replaced by a new file: %w", path, err)
	}
	return nil
}

// special reports whether the file is there and is no regular one.
func special(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular()
}

// behindLinks returns the path of the file to which symbolic links lead; the path itself
// where it leads to no file yet.
func behindLinks(path string) string {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return path
	}
	return real
}
