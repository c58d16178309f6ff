// Package dataset makes the data from which servers answer: the items of the json
// rows and the static files. It makes the same bytes at any time on any machine, so
// that a loader knows each right answer without a file.
package dataset

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
)

const (
	// layout changes with the files that Write makes of the same data.
	layout = "2"
	// ItemsFile and StaticFolder are the names in the folder of the data set.
	ItemsFile    = "items.json"
	StaticFolder = "static"
)

// Name returns the name of the data set's folder. It changes with the content.
var Name = sync.OnceValue(func() string {
	sum := sha256.New()
	part := func(name string, content []byte) { fmt.Fprintf(sum, "%s %d\n%s", name, len(content), content) }
	part(layout, ItemsJSON())
	for _, f := range Static() {
		part(f.Name, f.Content)
	}
	return "dataset-" + hex.EncodeToString(sum.Sum(nil))[:16]
})

// Ensure returns the data set's folder in the parent folder, and writes it where it is
// not there yet. Several processes may call it at once.
func Ensure(parent string) (dir string, err error) {
	dir = filepath.Join(parent, Name())
	if _, err := os.Stat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", fmt.Errorf("make the folder of the data set: %w", err)
	}
	temporary, err := os.MkdirTemp(parent, Name()+".tmp-")
	if err != nil {
		return "", fmt.Errorf("make the folder of the data set: %w", err)
	}
	defer os.RemoveAll(temporary)
	if err := os.Chmod(temporary, 0o755); err != nil {
		return "", fmt.Errorf("make the folder of the data set readable: %w", err)
	}
	if err := Write(temporary); err != nil {
		return "", err
	}
	// Of several writers the first one wins: all write the same.
	if err := os.Rename(temporary, dir); err != nil {
		if _, there := os.Stat(dir); there != nil {
			return "", fmt.Errorf("put the data set in its place: %w", err)
		}
	}
	return dir, nil
}

// Write writes the data set into the folder: the items, and each static file plain, as
// NAME.gz and as NAME.br.
func Write(dir string) error {
	static := filepath.Join(dir, StaticFolder)
	if err := os.MkdirAll(static, 0o755); err != nil {
		return fmt.Errorf("write the data set: %w", err)
	}
	if err := write(filepath.Join(dir, ItemsFile), ItemsJSON()); err != nil {
		return err
	}
	for _, f := range Static() {
		for ending, content := range map[string][]byte{"": f.Content, ".gz": gzipped(f.Content), ".br": brotlied(f.Content)} {
			if err := write(filepath.Join(static, f.Name+ending), content); err != nil {
				return err
			}
		}
	}
	return nil
}

func write(path string, content []byte) error {
	err := os.WriteFile(path, content, 0o644)
	if err == nil {
		err = os.Chtimes(path, made(), made())
	}
	if err != nil {
		return fmt.Errorf("write the data set: %w", err)
	}
	return nil
}

// made is the time of every file. Some servers compress a file anew whose compressed
// form is older.
func made() time.Time { return time.Unix(0, 0) }

func gzipped(content []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	return compressed(&out, w, err, content)
}

// brotlied compresses at level 9: the best one, 11, takes six times as long and
// saves 3 % of the folder.
func brotlied(content []byte) []byte {
	const level = 9
	var out bytes.Buffer
	return compressed(&out, brotli.NewWriterLevel(&out, level), nil, content)
}

// compressed panics where a compressor refuses its level or a buffer its bytes, which
// is a mistake of this package.
func compressed(out *bytes.Buffer, w io.WriteCloser, err error, content []byte) []byte {
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(fmt.Sprintf("compress %d bytes of the data set: %v", len(content), err))
	}
	return out.Bytes()
}
