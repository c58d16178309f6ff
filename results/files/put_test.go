package files_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/results/files"
)

func TestPut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.Symlink(at("real"), at("link")); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"first, and longer", "second"} {
		for _, name := range []string{"real", "link"} {
			if err := files.CanPut(at(name)); err != nil {
				t.Error(err)
			}
			if err := files.Put(at(name), []byte(text+name)); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(at("real")); err != nil || string(got) != text+name {
				t.Errorf("the file behind %s holds %q, %v", name, got, err)
			}
		}
	}
	if info, err := os.Lstat(at("link")); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is none any more: %v", err)
	}
	if left, err := filepath.Glob(at("*")); err != nil || len(left) != 2 {
		t.Errorf("there are %v, %v", left, err)
	}
}

// A pipe and a device stay what they are.
func TestPutIntoPipe(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	// Open for both, so that neither end waits for the other.
	reader, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := files.CanPut(pipe); err != nil {
		t.Error(err)
	}
	if err := files.Put(pipe, []byte("text")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 4)
	if _, err := reader.Read(got); err != nil || string(got) != "text" {
		t.Errorf("%q, %v", got, err)
	}
	if err := files.Put("/dev/null", []byte("text")); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat("/dev/null"); err != nil || info.Mode().IsRegular() {
		t.Fatalf("the device became a file: %v", err)
	}
}

func TestCanPutSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	none := filepath.Join(t.TempDir(), "none", "a.json")
	if err := files.CanPut(none); err == nil || !strings.Contains(err.Error(), "there is no folder") {
		t.Error(err)
	}
}
