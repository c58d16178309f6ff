package journal

import (
	"errors"
	"os"
	"path/filepath"
)

// replaceFile puts content at path so that a reader finds the old file or the
// new one, whole, even after a loss of power.
func replaceFile(path string, content []byte) error {
	// One fixed name: what a crash leaves behind, the next write takes over.
	temporary := path + ".tmp"
	if err := writeSynced(temporary, content); err != nil {
		return errors.Join(err, removeIfThere(temporary))
	}
	if err := os.Rename(temporary, path); err != nil {
		return errors.Join(err, removeIfThere(temporary))
	}
	return syncFolder(filepath.Dir(path))
}

// writeSynced writes a file and waits until it is on the disk.
func writeSynced(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncFolder waits until the folder's entries are on the disk.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// removeIfThere removes a file that may not exist.
func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
