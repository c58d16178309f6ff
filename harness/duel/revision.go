package duel

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// keptRevisions is how many sources of revisions the cache keeps.
const keptRevisions = 8

// unpacking begins the names of folders that are not whole yet.
const unpacking = ".unpacking-"

// Checkout is the folder of a server as a git revision of its repository has
// it. The whole tree of the revision is unpacked into the cache, in a folder
// named after its content; cache may be empty for joust/revisions in the user's
// cache folder. The work tree and its index are left alone.
func Checkout(ctx context.Context, dir, revision, cache string) (string, error) {
	top, err := git(ctx, dir, "rev-parse", "--show-toplevel")
	if err != nil {
		return "", fmt.Errorf("finding the git repository of %s: %w", dir, err)
	}
	within, err := git(ctx, dir, "rev-parse", "--show-prefix")
	if err != nil {
		return "", fmt.Errorf("finding %s in its git repository: %w", dir, err)
	}
	tree, err := git(ctx, top, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{tree}")
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

// git is the trimmed output of a git command.
func git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(string(out)), nil
}

// unpack writes the tree into a folder of its own and moves it to root, so that
// no joust finds half of it.
func unpack(ctx context.Context, top, tree, cache, root string) (err error) {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(cache, unpacking)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	cmd := exec.CommandContext(ctx, "git", "-C", top, "archive", "--format=tar", tree)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	extractErr := extract(out, tmp)
	_, _ = io.Copy(io.Discard, out) // else git would wait for a reader
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("git archive: %w: %s", err, strings.TrimSpace(stderr.String()))
	}
	if extractErr != nil {
		return extractErr
	}
	if err := os.Rename(tmp, root); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return prune(cache, root)
}

// extract writes the archive's folders, files and links.
func extract(r io.Reader, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	archive := tar.NewReader(r)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(h.Name, "/")
		switch h.Typeflag {
		case tar.TypeDir:
			err = root.MkdirAll(name, 0o755)
		case tar.TypeSymlink:
			err = root.Symlink(h.Linkname, name)
		case tar.TypeReg:
			err = write(root, name, archive, h.FileInfo().Mode().Perm()|0o600)
		}
		if err != nil {
			return err
		}
	}
}

func write(root *os.Root, name string, content io.Reader, mode fs.FileMode) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close())
}

// abandoned is the age of a folder that nobody unpacks into any more.
const abandoned = time.Hour

// prune removes the oldest trees beyond those that are kept, and what a joust
// that was killed has left half unpacked.
func prune(cache, keep string) error {
	entries, err := os.ReadDir(cache)
	if err != nil {
		return err
	}
	var trees, gone []fs.FileInfo
	for _, e := range entries {
		info, err := e.Info()
		switch {
		case err != nil || filepath.Join(cache, e.Name()) == keep:
		case !strings.HasPrefix(e.Name(), unpacking):
			trees = append(trees, info)
		case time.Since(info.ModTime()) > abandoned:
			gone = append(gone, info)
		}
	}
	slices.SortFunc(trees, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	for _, old := range append(gone, trees[min(len(trees), keptRevisions-1):]...) {
		if err := os.RemoveAll(filepath.Join(cache, old.Name())); err != nil {
			return err
		}
	}
	return nil
}
