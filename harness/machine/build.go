package machine

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
)

// modulePath is the module of joust's own checkout.
const modulePath = "github.com/joust-bench/joust"

// gitTimeout bounds one call of git: a slow file system must not hold up a run.
const gitTimeout = 5 * time.Second

// publishedPaths are no changes of the sources: joust writes them itself.
var publishedPaths = [...]string{"results/bench_results.md", "results/wrk2_results.md", "results/runs"}

// Build names the joust that runs: its version, the Go that built it, and the
// revision of its sources as the build recorded it. Without a record, Build asks
// git where the working directory is joust's own checkout.
func Build(version string) results.Build {
	b := results.Build{Version: version, Go: runtime.Version()}
	modified := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Revision, modified = recorded(info)
	}
	if dir, err := os.Getwd(); err == nil {
		complete(&b, modified, dir)
	}
	return b
}

// ModuleVersion returns the version of joust's module that the Go command recorded in
// the program: a release, a pseudo-version, or "(devel)".
func ModuleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return info.Main.Version
}

// recorded returns the revision that the Go command stamped into the program, and
// whether the sources were modified: "true", "false" or nothing.
func recorded(info *debug.BuildInfo) (revision, modified string) {
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value
		case "vcs.modified":
			modified = s.Value
		}
	}
	return revision, modified
}

// complete fills in the revision and whether the sources are dirty. The Go
// command calls a tree modified when a published matrix is, so its "true" is
// checked against the checkout where that stands at the same revision.
func complete(b *results.Build, modified, dir string) {
	if b.Revision != "" && modified != "" {
		dirty := modified == "true"
		b.Dirty = &dirty
		if !dirty {
			return
		}
	}
	revision, dirty, err := checkout(dir)
	if err != nil || (b.Revision != "" && b.Revision != revision) {
		return // no checkout of joust, or one of another revision
	}
	b.Revision, b.Dirty = revision, &dirty
}

// checkout returns the revision of joust's own checkout that holds dir. dirty
// reports whether any file differs from it, except the published paths.
func checkout(dir string) (revision string, dirty bool, err error) {
	top, err := git(dir, "rev-parse", "--show-toplevel")
	if err != nil {
		return "", false, err
	}
	mod, err := os.ReadFile(filepath.Join(top, "go.mod"))
	if err != nil {
		return "", false, fmt.Errorf("look for joust's sources: %w", err)
	}
	if first, _, _ := strings.Cut(string(mod), "\n"); strings.TrimSpace(first) != "module "+modulePath {
		return "", false, fmt.Errorf("%s is a checkout of something else than joust", top)
	}
	if revision, err = git(top, "rev-parse", "HEAD"); err != nil {
		return "", false, err
	}
	args := []string{"status", "--porcelain", "--untracked-files=all", "--", "."}
	for _, path := range publishedPaths {
		args = append(args, ":(exclude)"+path)
	}
	changes, err := git(top, args...)
	return revision, changes != "", err
}

// git runs git in dir and returns its output.
func git(dir string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), gitTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	// Asking for the state must not write to the repository's index.
	cmd.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(string(out)), nil
}
