package files_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/joust-bench/joust/results/files"
)

func TestReadIsBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("12345"), 0o644); err != nil {
		t.Fatal(err)
	}
	if data, err := files.Read(path, 5); err != nil || string(data) != "12345" {
		t.Errorf("5 of 5 bytes: %q, %v", data, err)
	}
	for _, endless := range []string{path, "/dev/zero"} {
		if _, err := files.Read(endless, 4); err == nil || err.Error() != endless+" has more than 4 bytes" {
			t.Errorf("%s: %v", endless, err)
		}
	}
	if _, err := files.Read(path+"x", 4); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
