package files

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Replace puts content at path: a reader finds the old file or the new one,
// whole, even after a loss of power. Several processes may replace one file at
// the same time: the last one wins.
func Replace(path string, content []byte) error {
	// Each writer has a name of its own: under a common one, the second writer
	// would empty the file that the first one is about to rename.
	temporary := fmt.Sprintf("%s.%016x.tmp", path, rand.Uint64())
	err := create(temporary, content)
	if errors.Is(err, os.ErrExist) {
		return err // the file is another writer's
	}
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err == nil {
		return SyncFolder(filepath.Dir(path))
	}
	if gone := os.Remove(temporary); !errors.Is(gone, os.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

// SyncFolder returns when the folder's entries are on the disk.
func SyncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// create creates a file and returns when it is on the disk.
func create(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
