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

// buildPrefix begins the names of folders in which builds are under way.
const buildPrefix = ".build-"

// keptBuilds is how many programs of one server the cache keeps, so that going
// back and forth between two versions of a source builds each once.
const keptBuilds = 5

// keyLength is the length of the hash in a program's name, in characters.
const keyLength = 16

// moduleRoot is the folder of the go.mod that governs dir.
func moduleRoot(dir string) (string, error) {
	for at := dir; ; at = filepath.Dir(at) {
		_, err := os.Stat(filepath.Join(at, "go.mod"))
		if err == nil {
			return at, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("look for go.mod: %w", err)
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("no go.mod in %s or above it; run go mod init there", dir)
		}
	}
}

// sourceKey is a hash over everything that decides what the program will be:
// the toolchain and flags, and the files of its module without those of other
// servers in it, and of local modules that replace others.
func sourceKey(root string, m Manifest, toolchain string) (string, error) {
	h := sha256.New()
	// Each part goes in with its length, so that none can pose as another.
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

func writeParts(w io.Writer, parts ...string) {
	for _, part := range parts {
		// A hash never fails to write.
		fmt.Fprintf(w, "%d:%s", len(part), part)
	}
}

// hashTree hashes the files of a module that may go into the program in own.
func hashTree(w io.Writer, root, own string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != root && apart(path, d.Name(), own) {
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

// apart tells whether a folder can be no part of the program: hidden ones,
// modules of their own, and the other servers of the module.
func apart(path, name, own string) bool {
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
	// Links count as what they lead to, since the compiler follows them.
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return nil
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

// localReplacements lists the folders that stand in for modules: whoever
// benchmarks a framework under development has it replaced by a checkout.
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

// prune removes older programs of the server, and what builds that were killed
// left behind more than a day ago.
func (b *Builder) prune(name string) error {
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
		if key, ok := strings.CutPrefix(e.Name(), name+"-"); ok && len(key) == keyLength {
			builds = append(builds, info)
		}
	}
	slices.SortFunc(builds, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	for _, old := range builds[min(keptBuilds, len(builds)):] {
		if err := os.Remove(filepath.Join(b.cache, old.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove an old build: %w", err)
		}
	}
	return nil
}
