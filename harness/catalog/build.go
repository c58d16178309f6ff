package catalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Builder builds servers into a cache. Several goroutines may call its methods,
// and several jousts may share a cache.
type Builder struct {
	cache string
	// goTool is the go command; empty finds it on PATH.
	goTool string

	mu sync.Mutex
	// toolchains holds the go command's version and settings in each module's
	// folder.
	toolchains map[string]string
}

// Cache returns the folder in which joust keeps what it can make again: joust in the
// user's cache folder.
func Cache() (string, error) {
	user, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a folder for joust's cache: %w; set XDG_CACHE_HOME or HOME", err)
	}
	return filepath.Join(user, "joust"), nil
}

// NewBuilder returns a builder with its cache in cacheDir; empty is servers in Cache. The first build makes the folder.
func NewBuilder(cacheDir string) (*Builder, error) {
	if cacheDir == "" {
		cache, err := Cache()
		if err != nil {
			return nil, err
		}
		cacheDir = filepath.Join(cache, "servers")
	}
	abs, err := filepath.Abs(cacheDir)
	if err != nil {
		return nil, fmt.Errorf("find a folder for built servers: %w", err)
	}
	return &Builder{cache: abs, toolchains: map[string]string{}}, nil
}

// Build returns the path of what the manifest builds: the program of a Go package, or
// the folder of a Recipe. It builds unless the cache has it, and calls progress, which
// may be nil, with each line that the tool prints.
func (b *Builder) Build(ctx context.Context, m Manifest, progress func(line string)) (path string, err error) {
	switch {
	case m.Go != "":
		return b.goProgram(ctx, m, progress)
	case m.Build != nil:
		return b.recipe(ctx, m, progress)
	}
	return "", fmt.Errorf("%s has nothing to build", m.Name)
}

// cached returns the path in the cache for what folder's server builds from inputs
// with that key. Unless it is there, build makes it: it works in the folder tmp, and
// returns the path in tmp of what it made, which is then moved to its place. So an
// interrupted build leaves nothing behind.
func (b *Builder) cached(folder, key string, build func(tmp string) (made string, err error)) (path string, err error) {
	path = filepath.Join(b.cache, folder+"-"+key)
	_, err = os.Stat(path)
	if err == nil {
		return path, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("look for the built %s: %w", folder, err)
	}
	if err := os.MkdirAll(b.cache, 0o755); err != nil {
		return "", fmt.Errorf("make the folder for built servers: %w", err)
	}
	tmp, err := os.MkdirTemp(b.cache, buildPrefix)
	if err != nil {
		return "", fmt.Errorf("make a folder to build %s in: %w", folder, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	made, err := build(tmp)
	if err != nil {
		return "", err
	}
	// Another joust may have built the same meanwhile.
	if err := os.Rename(made, path); err != nil && !exists(path) {
		return "", fmt.Errorf("keep the built %s: %w", folder, err)
	}
	return path, b.prune(folder)
}

// runTool runs the command of a build and calls progress with its lines. The error
// ends with the last ones.
func runTool(ctx context.Context, cmd *exec.Cmd, progress func(line string)) error {
	// A killed build tool leaves compilers behind, so the whole group is killed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	lines := &Lines{Each: progress}
	cmd.Stdout, cmd.Stderr = lines, lines
	err := cmd.Run()
	lines.Flush()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("%w\n%s", err, strings.Join(lines.Last, "\n"))
	}
	return nil
}
