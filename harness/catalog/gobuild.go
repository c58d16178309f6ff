package catalog

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"fmt"
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// flags returns the flags of every build. A program depends on its sources alone,
// and not on the state of its checkout.
func flags() []string { return []string{"-trimpath", "-buildvcs=false"} }

// environment returns the environment of every go command: the server's own go.mod
// governs, and programs are static.
func environment() []string { return append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off") }

// goProgram returns the path of the program of a manifest with a Go package.
func (b *Builder) goProgram(ctx context.Context, m Manifest, progress func(string)) (string, error) {
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
	return b.cached(m.Folder(), key, func(tmp string) (string, error) { return b.compile(ctx, m, tmp, progress) })
}

// compile builds the program of a Go package in tmp, and returns its path.
func (b *Builder) compile(ctx context.Context, m Manifest, tmp string, progress func(string)) (program string, err error) {
	tool, err := b.tool(m.Name)
	if err != nil {
		return "", err
	}
	program = filepath.Join(tmp, m.Folder())
	args := append([]string{"build", "-v", "-o", program}, flags()...)
	cmd := exec.CommandContext(ctx, tool, append(args, "./"+filepath.ToSlash(m.Go))...)
	// The work folder of a killed go command lies in tmp, which is removed.
	cmd.Dir, cmd.Env = m.Dir, append(environment(), "GOTMPDIR="+tmp)
	if err := runTool(ctx, cmd, progress); err != nil {
		if ctx.Err() == nil {
			err = fmt.Errorf("go build in %s: %w", m.Dir, err)
		}
		return "", fmt.Errorf("build %s: %w", m.Name, err)
	}
	if _, err := buildinfo.ReadFile(program); err != nil {
		return "", fmt.Errorf("build %s: %s in %s is no program; it must be a package main", m.Name, m.Go, m.Dir)
	}
	return program, nil
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
