package files_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/joust-bench/joust/results/files"
)

// contents differ in length as much as they can.
var contents = [][]byte{nil, []byte("short\n"), bytes.Repeat([]byte("a longer line\n"), 10_000)}

func TestManyReplaceOneFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "bench_results.md")
	var all sync.WaitGroup
	for _, content := range contents {
		all.Go(func() {
			for range 30 {
				if err := files.Replace(path, content); err != nil {
					t.Error(err)
					return
				}
				if !isWhole(t, path) {
					return
				}
			}
		})
	}
	all.Wait()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v; want the file alone", entries, err)
	}
}

// isWhole reports whether the file holds one of the contents.
func isWhole(t *testing.T, path string) bool {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
		return false
	}
	for _, content := range contents {
		if bytes.Equal(text, content) {
			return true
		}
	}
	t.Errorf("a reader finds %d bytes, which nobody wrote", len(text))
	return false
}

func TestReplaceFollowsNoLink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, target := filepath.Join(dir, "link"), filepath.Join(dir, "target")
	if err := os.WriteFile(target, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	if err := files.Replace(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{path: "new", target: "precious"} {
		if text, err := os.ReadFile(file); err != nil || string(text) != want {
			t.Errorf("%s holds %q, %v, want %q", filepath.Base(file), text, err, want)
		}
	}
}

func TestFailedReplaceLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(path, "inside"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := files.Replace(path, []byte("new")); err == nil {
		t.Error("a folder was replaced by a file")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}
