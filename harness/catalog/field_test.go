package catalog

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// fileProxy makes a module proxy of files that serves the checkout's servers at a
// version, and modules that this machine has already. It returns its GOPROXY.
func fileProxy(t *testing.T, version string) string {
	t.Helper()
	servers, err := FindServersDir(".")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "proxy")
	at := filepath.Join(dir, filepath.FromSlash(fieldModule), "@v")
	mod, err := os.ReadFile(filepath.Join(servers, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(at, version+".mod"), string(mod))
	write(t, filepath.Join(at, version+".info"), `{"Version":"`+version+`"}`)
	archive, err := os.Create(filepath.Join(at, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	if err := zip.CreateFromDir(archive, module.Version{Path: fieldModule, Version: version}, servers); err != nil {
		t.Fatal(err)
	}
	return "file://" + dir + ",file://" + filepath.Join(goEnv(t, "GOMODCACHE"), "cache", "download")
}

// goEnv returns a setting of the go command.
func goEnv(t *testing.T, name string) string {
	t.Helper()
	value, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Skip("needs the go command")
	}
	return strings.TrimSpace(string(value))
}

// Not parallel: it sets the environment of the go command.
func TestFieldOfARelease(t *testing.T) {
	const version = "v0.987.0"
	t.Setenv("GOPROXY", fileProxy(t, version))
	modules := t.TempDir()
	t.Setenv("GOMODCACHE", modules)
	t.Setenv("GOFLAGS", "-modcacherw") // for TempDir, which removes it
	t.Setenv("GONOSUMDB", fieldModule)
	t.Setenv("GOSUMDB", "off")
	t.Setenv("GOCACHE", goEnv(t, "GOCACHE")) // which lies in the user's cache
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	var downloads []string
	find := func() string {
		dir, err := FieldOf(t.Context(), version, func(what string) { downloads = append(downloads, what) })
		if err != nil {
			t.Fatal(err)
		}
		return dir
	}
	dir := find()
	if again := find(); again != dir || len(downloads) != 1 || downloads[0] != fieldModule+"@"+version {
		t.Errorf("%s, then %s; downloads %q, want one", dir, again, downloads)
	}
	if !strings.HasPrefix(dir, modules) {
		t.Errorf("%s is not in the module cache %s", dir, modules)
	}
	servers, _ := loadField(t, dir)
	m := mustFind(t, servers, "nethttp")
	// The module cache is read-only for others.
	for _, folder := range []string{dir, m.Dir} {
		if err := os.Chmod(folder, 0o555); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(folder, 0o755) }) // for TempDir
	}
	b, err := NewBuilder("")
	if err != nil {
		t.Fatal(err)
	}
	if binary := build(t, b, m, nil); !exists(binary) {
		t.Errorf("no program at %s", binary)
	}
	_, err = FieldOf(t.Context(), "v0.986.0", func(string) {})
	if err == nil || !strings.Contains(err.Error(), "download "+fieldModule+"@v0.986.0: ") || strings.Contains(err.Error(), "{") {
		t.Errorf("a version that is not there: %v", err)
	}
}

// Not parallel: it takes PATH away.
func TestFieldWithoutGo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	if _, err := FieldOf(t.Context(), "v0.1.0", func(string) {}); err == nil || !strings.Contains(err.Error(), "the go command, which downloads and builds servers, is not on PATH; install Go") {
		t.Errorf("got %v", err)
	}
}

func TestVersionOfTheField(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"v0.4.0": "v0.4.0", "v0.4.0-rc.1": "v0.4.0-rc.1",
		"v0.4.1-0.20261130132700-9739f338aaaa": "9739f338aaaa", "v0.0.0-20261130132700-9739f338aaaa": "9739f338aaaa",
	} {
		if got, err := fieldQuery(version); got != want || err != nil {
			t.Errorf("%s: %q, %v; want %s", version, got, err, want)
		}
	}
	for _, version := range []string{"", "(devel)", "v0.4.0+dirty", "v0.4.1-0.20261130132700-9739f338aaaa+dirty"} {
		if _, err := fieldQuery(version); !errors.Is(err, ErrNoRelease) {
			t.Errorf("%q: %v", version, err)
		}
	}
}
