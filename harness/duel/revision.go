package duel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// mostTrees is the number of trees that the cache holds at most.
const mostTrees = 8

// unpacking begins the names of folders that are not complete yet.
const unpacking = ".unpacking-"

// Checkout returns the folder of a server as a git revision of its repository has
// it. It unpacks the whole tree of the revision into the cache, in a folder named
// after its content; cache may be empty for joust/revisions in the user's cache
// folder. It does not touch the work tree and its index.
func Checkout(ctx context.Context, dir, revision, cache string) (string, error) {
	top, err := git(ctx, dir, "", "rev-parse", "--show-toplevel")
	if err != nil {
		return "", fmt.Errorf("finding the git repository of %s: %w", dir, err)
	}
	within, err := git(ctx, dir, "", "rev-parse", "--show-prefix")
	if err != nil {
		return "", fmt.Errorf("finding %s in its git repository: %w", dir, err)
	}
	tree, err := git(ctx, top, "", "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{tree}")
	if err != nil {
		return "", fmt.Errorf("the git repository in %s has no revision %q", top, revision)
	}
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find a folder for the sources of %s: %w; set XDG_CACHE_HOME or HOME", revision, err)
		}
		cache = filepath.Join(user, "joust", "revisions")
	}
	root := filepath.Join(cache, tree)
	if _, err := os.Stat(root); errors.Is(err, fs.ErrNotExist) {
		if err := unpack(ctx, top, tree, cache, root); err != nil {
			return "", fmt.Errorf("unpacking revision %s: %w", revision, err)
		}
	}
	at := filepath.Join(root, filepath.FromSlash(within))
	if _, err := os.Stat(at); err != nil {
		return "", fmt.Errorf("revision %s has no %s", revision, strings.TrimSuffix(within, "/"))
	}
	return at, nil
}

// git returns the trimmed output of a git command in the folder. index is the file
// of git's index, empty for the repository's.
func git(ctx context.Context, dir, index string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...)
	if index != "" {
		cmd.Env = append(os.Environ(), "GIT_INDEX_FILE="+index)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(string(out)), nil
}

// unpack writes the tree into a folder of its own, by an index of its own, and then
// moves it to root: no joust ever finds an incomplete tree.
func unpack(ctx context.Context, top, tree, cache, root string) (err error) {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(cache, unpacking)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	if tmp, err = filepath.Abs(tmp); err != nil {
		return err
	}
	index, files := filepath.Join(tmp, "index"), filepath.Join(tmp, "files")
	if err := os.Mkdir(files, 0o755); err != nil {
		return err
	}
	if _, err := git(ctx, top, index, "read-tree", tree); err != nil {
		return err
	}
	if _, err := git(ctx, top, index, "checkout-index", "--all", "--prefix="+files+"/"); err != nil {
		return err
	}
	if err := os.Rename(files, root); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return prune(cache, root)
}

// abandoned is the age from which on a folder that is not complete is garbage.
const abandoned = time.Hour

// prune removes the oldest trees beyond mostTrees, and incomplete ones of jousts
// that were killed.
func prune(cache, keep string) error {
	entries, err := os.ReadDir(cache)
	if err != nil {
		return err
	}
	var trees, garbage []fs.FileInfo
	for _, e := range entries {
		info, err := e.Info()
		switch {
		case err != nil || filepath.Join(cache, e.Name()) == keep:
		case !strings.HasPrefix(e.Name(), unpacking):
			trees = append(trees, info)
		case time.Since(info.ModTime()) > abandoned:
			garbage = append(garbage, info)
		}
	}
	slices.SortFunc(trees, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	for _, old := range append(garbage, trees[min(len(trees), mostTrees-1):]...) {
		if err := os.RemoveAll(filepath.Join(cache, old.Name())); err != nil {
			return err
		}
	}
	return nil
}
