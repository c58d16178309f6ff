package files_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results/files"
)

func TestCanWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(
		os.WriteFile(at("file"), []byte("text"), 0o644), os.WriteFile(at("locked"), nil, 0o444),
		os.Mkdir(at("folder"), 0o755), os.Mkdir(at("closed"), 0o555),
	); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		at("file"):          "",
		at("new"):           "",
		"/dev/full":         "",
		at("folder"):        at("folder") + " is a folder: name a file in it",
		at("none/new"):      "there is no folder " + at("none") + ": make it first",
		at("file/new"):      at("file/new") + " cannot be written: stat " + at("file/new") + ": not a directory: choose another file",
		at("locked"):        at("locked") + " cannot be written: permission denied: choose another file",
		at("closed/new"):    "no file can be made in " + at("closed") + ": permission denied: choose another folder",
		at("folder") + "/.": at("folder") + "/. is a folder: name a file in it",
	} {
		if os.Getuid() == 0 && strings.Contains(want, "permission denied") {
			continue // the rights of root are other ones
		}
		err := files.CanWrite(path)
		if got := errorText(err); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if text, err := os.ReadFile(at("file")); err != nil || string(text) != "text" {
		t.Errorf("the file holds %q, %v", text, err)
	}
	if _, err := os.Lstat(at("new")); err == nil {
		t.Error("the new file is there")
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
