package catalog

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"go/version"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Builder builds Go servers into a cache. Several goroutines may call its methods,
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

// NewBuilder returns a builder with its cache in cacheDir; empty is joust/servers
// in the user's cache folder. The first build makes the folder.
func NewBuilder(cacheDir string) (*Builder, error) {
	if cacheDir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("find a folder for built servers: %w; set XDG_CACHE_HOME or HOME", err)
		}
		cacheDir = filepath.Join(user, "joust", "servers")
	}
	abs, err := filepath.Abs(cacheDir)
	if err != nil {
		return nil, fmt.Errorf("find a folder for built servers: %w", err)
	}
	return &Builder{cache: abs, toolchains: map[string]string{}}, nil
}

// flags returns the flags of every build. A program depends on its sources alone,
// and not on the state of its checkout.
func flags() []string { return []string{"-trimpath", "-buildvcs=false"} }

// environment returns the environment of every go command: the server's own go.mod
// governs, and programs are static.
func environment() []string { return append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off") }

// Build returns the path of the program of a manifest with a Go package. It builds
// the program unless the cache has it, and calls progress, which may be nil, with
// each line that go prints.
func (b *Builder) Build(ctx context.Context, m Manifest, progress func(line string)) (string, error) {
	if m.Go == "" {
		return "", fmt.Errorf("%s has no Go package to build", m.Name)
	}
	root, err := moduleRoot(m.Dir)
	if err != nil {
		return "", fmt.Errorf("build %s: %w", m.Name, err)
	}
	toolchain, err := b.toolchain(ctx, m.Name, root)
	if err != nil {
		return "", err
	}
	key, err := sourceKey(root, m, toolchain+strings.Join(flags(), " "))
	if err != nil {
		return "", fmt.Errorf("build %s: read its sources: %w", m.Name, err)
	}
	binary := filepath.Join(b.cache, m.Name+"-"+key)
	_, err = os.Stat(binary)
	if err == nil {
		return binary, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("look for the built %s: %w", m.Name, err)
	}
	if err := b.compile(ctx, m, binary, progress); err != nil {
		return "", err
	}
	return binary, b.prune(m.Name)
}

// compile builds in a folder of its own and moves the program to its place, so
// that an interrupted build leaves no half program.
func (b *Builder) compile(ctx context.Context, m Manifest, binary string, progress func(string)) (err error) {
	if err := os.MkdirAll(b.cache, 0o755); err != nil {
		return fmt.Errorf("make the folder for built servers: %w", err)
	}
	tmp, err := os.MkdirTemp(b.cache, buildPrefix)
	if err != nil {
		return fmt.Errorf("make a folder to build %s in: %w", m.Name, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()

	tool, err := b.tool(m.Name)
	if err != nil {
		return err
	}
	out := filepath.Join(tmp, m.Name)
	args := append([]string{"build", "-v", "-o", out}, flags()...)
	cmd := exec.CommandContext(ctx, tool, append(args, "./"+filepath.ToSlash(m.Go))...)
	cmd.Dir, cmd.Env = m.Dir, append(environment(), "GOTMPDIR="+tmp)
	// A killed go command leaves compilers and its work folder behind. So the whole
	// group is killed, and the work folder lies in tmp.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	lines := &Lines{Each: progress}
	cmd.Stdout, cmd.Stderr = lines, lines
	runErr := cmd.Run()
	lines.Flush()
	if ctx.Err() != nil {
		return fmt.Errorf("build %s: %w", m.Name, ctx.Err())
	}
	if runErr != nil {
		return fmt.Errorf("build %s: go build in %s: %w\n%s", m.Name, m.Dir, runErr, strings.Join(lines.Last, "\n"))
	}
	if _, err := buildinfo.ReadFile(out); err != nil {
		return fmt.Errorf("build %s: %s in %s is no program; it must be a package main", m.Name, m.Go, m.Dir)
	}
	if err := os.Rename(out, binary); err != nil {
		return fmt.Errorf("keep the built %s: %w", m.Name, err)
	}
	return nil
}

// tool returns the path of the go command.
func (b *Builder) tool(name string) (string, error) {
	if b.goTool != "" {
		return b.goTool, nil
	}
	path, err := exec.LookPath("go")
	if err != nil {
		return "", fmt.Errorf("build %s: the go command is not on PATH; install Go from https://go.dev/dl: %w", name, err)
	}
	return path, nil
}

// toolchain returns the version and settings of the go command in the module's
// folder. It fails if go is older than go.mod asks.
func (b *Builder) toolchain(ctx context.Context, name, root string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if known, ok := b.toolchains[root]; ok {
		return known, nil
	}
	tool, err := b.tool(name)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, tool, "env", "GOVERSION", "GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOFLAGS", "GOEXPERIMENT")
	cmd.Dir, cmd.Env = root, environment()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("build %s: ask go for its version in %s: %w\n%s", name, root, err, bytes.TrimSpace(stderr.Bytes()))
	}
	release, _, _ := strings.Cut(string(out), "\n")
	if err := newEnough(name, root, release); err != nil {
		return "", err
	}
	b.toolchains[root] = string(out)
	return string(out), nil
}

// newEnough returns an error if a release such as "go1.26.8" is older than the
// module's go.mod asks. A development version always passes.
func newEnough(name, root, release string) error {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return fmt.Errorf("build %s: %w", name, err)
	}
	release, _, _ = strings.Cut(release, " ")
	asked := directive(mod, "go")
	if asked == "" || !version.IsValid(release) || version.Compare(release, "go"+asked) >= 0 {
		return nil
	}
	return fmt.Errorf("build %s: %s asks for Go %s, and the installed one is %s; install a newer Go from https://go.dev/dl",
		name, filepath.Join(root, "go.mod"), asked, strings.TrimPrefix(release, "go"))
}
