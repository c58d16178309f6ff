package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/joust-bench/joust/harness/tree"
)

// Sweep removes the rests of dead jousts: their control groups in this process's
// own one, with the processes in them, and this user's temporary folders. The
// rests of living jousts stay. Sweep returns the paths of everything that it
// removed, even with an error.
func Sweep(ctx context.Context) ([]string, error) {
	var groups []string
	base, err := tree.CgroupBase()
	if err == nil {
		groups, err = sweepEach(base, tree.CgroupOwner, func(path string) error {
			ctx, cancel := context.WithTimeout(ctx, endPatience)
			defer cancel()
			return tree.Cgroup(path).End(ctx)
		})
	} else if errors.Is(err, tree.ErrNoCgroup) {
		err = nil
	}
	root := tempRoot()
	folders, folderErr := sweepEach(root, func(name string) (tree.Owner, bool) {
		o, _, ok := tree.CutOwner(name)
		return o, ok
	}, os.RemoveAll)
	swept := append(groups, folders...)
	if err = errors.Join(err, folderErr, removeIfEmpty(root)); err != nil {
		return swept, fmt.Errorf("removing what dead jousts left: %w", err)
	}
	return swept, nil
}

// sweepEach removes the directories in base whose name has a dead owner, and
// returns their paths.
func sweepEach(base string, ownerOf func(name string) (tree.Owner, bool), remove func(path string) error) ([]string, error) {
	entries, err := os.ReadDir(base)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var swept []string
	var errs []error
	for _, e := range entries {
		owner, ours := ownerOf(e.Name())
		if !ours || !e.IsDir() {
			continue
		}
		alive, err := owner.Alive()
		if err == nil && !alive {
			path := filepath.Join(base, e.Name())
			if err = remove(path); err == nil {
				swept = append(swept, path)
			}
		}
		errs = append(errs, err)
	}
	return swept, errors.Join(errs...)
}

// TempDir makes a folder that only this user may read. The folder's name has this
// process as its owner: a later Sweep removes it if remove is never called.
func TempDir() (dir string, remove func() error, err error) {
	owner, err := tree.Self()
	if err != nil {
		return "", nil, fmt.Errorf("making a temporary folder: %w", err)
	}
	root := tempRoot()
	// Another joust that ends may remove the empty root in between.
	for range 10 {
		if err = makeRoot(root); err != nil {
			break
		}
		dir, err = os.MkdirTemp(root, owner.String()+"-")
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if err != nil {
		return "", nil, fmt.Errorf("making a temporary folder: %w (TMPDIR can name another place)", err)
	}
	return dir, func() error {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("removing the temporary folder: %w", err)
		}
		return removeIfEmpty(root)
	}, nil
}

// makeRoot makes the folder of this user's jousts. In a directory that everybody
// may write to, another user could have made the folder first.
func makeRoot(root string) error {
	if err := os.Mkdir(root, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(root)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(stat.Uid) != os.Getuid() || info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s is not a folder that only this user may write to; remove it", root)
	}
	return nil
}

// tempRoot returns the folder of temporary folders of this user's jousts.
func tempRoot() string { return filepath.Join(os.TempDir(), fmt.Sprintf("joust-%d", os.Getuid())) }

func removeIfEmpty(root string) error {
	err := syscall.Rmdir(root)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return fmt.Errorf("removing %s: %w", root, err)
}
