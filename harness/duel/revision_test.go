package duel_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/harness/duel"
)

// repository has two commits of servers/x/server.yaml, with the texts 1 and 2, and
// the text 3 in its work tree.
func repository(t *testing.T) (server string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	top := t.TempDir()
	server = filepath.Join(top, "servers", "x")
	if err := os.MkdirAll(server, 0o755); err != nil {
		t.Fatal(err)
	}
	do := func(args ...string) {
		cmd := exec.Command("git", append([]string{"-C", top, "-c", "user.name=x", "-c", "user.email=x@example.com"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	say := func(text string) {
		if err := os.WriteFile(filepath.Join(server, "server.yaml"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	do("init", "-q")
	say("1")
	if err := os.Symlink("server.yaml", filepath.Join(server, "link")); err != nil {
		t.Fatal(err)
	}
	do("add", ".")
	do("commit", "-qm", "one")
	say("2")
	do("commit", "-qam", "two")
	say("3")
	return server
}

func TestCheckout(t *testing.T) {
	t.Parallel()
	server, cache := repository(t), t.TempDir()
	for revision, want := range map[string]string{"HEAD": "2", "HEAD~1": "1"} {
		for range 2 { // the second time from the cache
			dir, err := duel.Checkout(t.Context(), server, revision, cache)
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{"server.yaml", "link"} {
				if text, err := os.ReadFile(filepath.Join(dir, file)); err != nil || string(text) != want {
					t.Errorf("%s of %s holds %q, %v, want %q", file, revision, text, err, want)
				}
			}
			if filepath.Base(dir) != "x" {
				t.Errorf("the server's name in %s is not x", dir)
			}
		}
	}
	if text, err := os.ReadFile(filepath.Join(server, "server.yaml")); err != nil || string(text) != "3" {
		t.Errorf("the work tree holds %q, %v", text, err)
	}
	if entries, err := os.ReadDir(cache); err != nil || len(entries) != 2 {
		t.Errorf("the cache has %d entries, %v, want the two trees", len(entries), err)
	}
}

func TestCheckoutErrors(t *testing.T) {
	t.Parallel()
	server, cache := repository(t), t.TempDir()
	other := filepath.Join(filepath.Dir(server), "new")
	if err := os.MkdirAll(other, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ dir, revision, says string }{
		{server, "HEAD~9", `has no revision "HEAD~9"`},
		{server, "--all", "has no revision"},
		{other, "HEAD", "revision HEAD has no servers/new"},
		{t.TempDir(), "HEAD", "finding the git repository of"},
	} {
		if dir, err := duel.Checkout(t.Context(), tt.dir, tt.revision, cache); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s of %s: %q, %v, want %q", tt.revision, tt.dir, dir, err, tt.says)
		}
	}
}

// The cache has at most eight trees. A folder that is an hour old and not complete
// is of a joust that was killed.
func TestOldTreesAreRemoved(t *testing.T) {
	t.Parallel()
	server, cache := repository(t), t.TempDir()
	folder := func(name string, age time.Duration) {
		dir, at := filepath.Join(cache, name), time.Now().Add(-age)
		if err := errors.Join(os.Mkdir(dir, 0o755), os.Chtimes(dir, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 11 {
		folder(strings.Repeat("a", i+1), time.Duration(i+1)*time.Minute)
	}
	folder(".unpacking-fresh", time.Minute)
	folder(".unpacking-dead", 2*time.Hour)
	tree, err := duel.Checkout(t.Context(), server, "HEAD", cache)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(cache)
	if err != nil || len(entries) != 1+8 || entries[0].Name() != ".unpacking-fresh" {
		t.Errorf("the cache has %v, %v, want 8 trees and the one that is being unpacked", entries, err)
	}
	for _, dir := range []string{tree, filepath.Join(cache, "a"), filepath.Join(cache, "aaaaaaa")} {
		if _, err := os.Stat(dir); err != nil {
			t.Errorf("the trees have to be the one in use and the newest: %v", err)
		}
	}
}
