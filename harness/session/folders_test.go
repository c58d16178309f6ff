package session_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/harness/session"
)

func TestFoldersAmongNames(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "mine")
	if err := os.Mkdir(mine, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(mine, "server.yaml"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	o := session.Opener{}
	got := o.Folders([]string{"nginx", " mine", "./other/", "../x/y", mine, "http://127.0.0.1:80/", ""})
	want := []string{"nginx", "mine", "other", "y", "mine", "http://127.0.0.1:80/", ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"mine", "./other/", "../x/y", mine}, o.ServersDirs); diff != "" {
		t.Errorf("folders of servers (-want +got)\n%s", diff)
	}
}
