package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/joust-bench/joust/harness/tree"
)

// Sweep ends what dead jousts left behind: control groups beside the one this
// joust would make, with the processes in them, and this user's temporary
// folders. What belongs to a living joust stays. A failure of one does not
// keep it from the others.
func Sweep(ctx context.Context) (SweepReport, error) {
	var r SweepReport
	base, err := tree.CgroupBase()
	if err == nil {
		r.Cgroups, err = sweepCgroups(ctx, base)
	} else if errors.Is(err, tree.ErrNoCgroup) {
		err = nil
	}
	dirs, dirErr := sweepTempDirs(tempRoot(strconv.Itoa(os.Getuid())))
	r.TempDirs = dirs
	if err = errors.Join(err, dirErr); err != nil {
		return r, fmt.Errorf("removing what dead jousts left: %w", err)
	}
	return r, nil
}

// sweepCgroups ends the control groups of dead owners in a directory.
func sweepCgroups(ctx context.Context, base string) ([]string, error) {
	return sweepEach(base, tree.CgroupOwner, func(path string) error {
		return endCgroup(ctx, tree.Cgroup(path))
	})
}

// sweepTempDirs removes the folders of dead owners in a directory.
func sweepTempDirs(root string) ([]string, error) {
	swept, err := sweepEach(root, func(name string) (tree.Owner, bool) {
		o, _, ok := tree.CutOwner(name)
		return o, ok
	}, os.RemoveAll)
	return swept, errors.Join(err, removeIfEmpty(root))
}

// sweepEach removes the directories in base whose name tells of an owner that
// is dead, and returns their paths.
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

// endCgroup kills what is in a control group and removes it.
func endCgroup(ctx context.Context, c tree.Cgroup) error {
	ctx, cancel := context.WithTimeout(ctx, endPatience)
	defer cancel()
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		if err := c.Kill(); err != nil {
			return err
		}
		attempt, stop := context.WithTimeout(ctx, wait)
		err := c.Remove(attempt)
		stop()
		if err == nil || !errors.Is(err, syscall.EBUSY) || ctx.Err() != nil {
			return err
		}
	}
}

// TempDir makes a folder that only this user may read and whose name tells
// that it is this process's, so that a later Sweep can remove it if remove is
// never called.
func TempDir() (dir string, remove func() error, err error) {
	owner, err := tree.Self()
	if err != nil {
		return "", nil, fmt.Errorf("making a temporary folder: %w", err)
	}
	root := tempRoot(strconv.Itoa(os.Getuid()))
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

// makeRoot makes the folder of this user's jousts. In a directory that
// everybody may write to, somebody else could have made it first.
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

func removeIfEmpty(root string) error {
	err := syscall.Rmdir(root)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return fmt.Errorf("removing %s: %w", root, err)
}
