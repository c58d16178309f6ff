package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	// buildPrefix begins the names of folders with a build in progress.
	buildPrefix = ".build-"
	// keptBuilds is the number of builds of one server in the cache. With more
	// than one, two versions of a source in turn are built once each.
	keptBuilds = 5
	// keyLength is the length of the hash in a program's name, in characters.
	keyLength = 16
)

// moduleRoot returns the folder of the go.mod that governs dir.
func moduleRoot(dir string) (string, error) {
	for at := range upward(dir) {
		_, err := os.Stat(filepath.Join(at, "go.mod"))
		if err == nil {
			return at, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("look for go.mod: %w", err)
		}
	}
	return "", fmt.Errorf("no go.mod in %s or above it; run go mod init there", dir)
}

// sourceKey returns a hash over everything that decides on the program: the
// toolchain and flags, the files of its module except other servers, and the files
// of local modules that replace others.
func sourceKey(root string, m Manifest, toolchain string) (string, error) {
	h := sha256.New()
	writeParts(h, "joust build 1", toolchain, m.Go)
	if err := hashTree(h, root, m.Dir); err != nil {
		return "", err
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", err
	}
	for _, dir := range localReplacements(root, mod) {
		if err := hashTree(h, dir, dir); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:keyLength], nil
}

// writeParts writes each part with its length, so that no two lists of parts are
// the same text. A hash never fails to write.
func writeParts(w io.Writer, parts ...string) {
	for _, part := range parts {
		fmt.Fprintf(w, "%d:%s", len(part), part)
	}
}

// hashTree hashes the files of a module that may be part of the program in own.
func hashTree(w io.Writer, root, own string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != root && foreign(path, d.Name(), own) {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(path, "_test.go") {
			return nil
		}
		return hashFile(w, root, path)
	})
}

// foreign reports whether a folder is no part of the program in own: a hidden
// folder, another module, or another server of the module.
func foreign(path, name, own string) bool {
	if own == path || strings.HasPrefix(own, path+string(filepath.Separator)) {
		return false
	}
	if strings.HasPrefix(name, ".") || name == "node_modules" {
		return true
	}
	for _, mark := range []string{"go.mod", ManifestName} {
		if _, err := os.Stat(filepath.Join(path, mark)); err == nil {
			return true
		}
	}
	return false
}

func hashFile(w io.Writer, root, path string) error {
	// Stat follows links, as the compiler does.
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return nil
	}
	if err != nil {
		return err
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	name, err := filepath.Rel(root, path)
	if err != nil {
		return err
	}
	writeParts(w, filepath.ToSlash(name), string(content))
	return nil
}

// localReplacements returns the folders that replace modules, such as the checkout
// of a framework under development.
func localReplacements(root string, mod []byte) []string {
	var dirs []string
	for _, match := range regexp.MustCompile(`=>[ \t]*"?((?:\.{1,2})?/[^"\s]*|\.{1,2})`).FindAllSubmatch(mod, -1) {
		dir := string(match[1])
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(root, dir)
		}
		if info, err := os.Stat(dir); err == nil && info.IsDir() && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// prune removes older builds of the server in that folder, and folders that killed builds left
// behind more than a day ago.
func (b *Builder) prune(folder string) error {
	entries, err := os.ReadDir(b.cache)
	if err != nil {
		return fmt.Errorf("tidy the folder for built servers: %w", err)
	}
	var builds []fs.FileInfo
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue // another joust removed it first
		}
		if strings.HasPrefix(e.Name(), buildPrefix) && time.Since(info.ModTime()) > 24*time.Hour {
			if err := os.RemoveAll(filepath.Join(b.cache, e.Name())); err != nil {
				return fmt.Errorf("remove what a killed build left: %w", err)
			}
		}
		if key, ok := strings.CutPrefix(e.Name(), folder+"-"); ok && len(key) == keyLength {
			builds = append(builds, info)
		}
	}
	slices.SortFunc(builds, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	for _, old := range builds[min(keptBuilds, len(builds)):] {
		if err := os.RemoveAll(filepath.Join(b.cache, old.Name())); err != nil {
			return fmt.Errorf("remove an old build: %w", err)
		}
	}
	return nil
}
