package catalog

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/joust-bench/joust/results/suggest"
)

// probeTimeout bounds one version command.
const probeTimeout = 10 * time.Second

// Versions finds the versions of the server's components by its probes. binary is
// the program that was built of a Go package. env is the environment of the
// commands; nil is joust's own. The error joins the failures of single probes.
func Versions(ctx context.Context, m Manifest, binary string, env []string) (map[string]string, error) {
	versions := map[string]string{}
	var failed []error
	for _, p := range m.Version {
		v, err := probe(ctx, m, p, binary, env)
		if err != nil {
			failed = append(failed, fmt.Errorf("find the version of %s in %s: %w", p.Of, m.Name, err))
			continue
		}
		versions[p.Of] = v
	}
	return versions, errors.Join(failed...)
}

func probe(ctx context.Context, m Manifest, p VersionProbe, binary string, env []string) (string, error) {
	if p.Module == "" {
		return commandVersion(ctx, m, p, env)
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return "", err
	}
	if p.Module == "go" {
		return strings.TrimPrefix(info.GoVersion, "go"), nil
	}
	return moduleVersion(info, p.Module)
}

// moduleVersion returns the version of a linked module, with the module that
// replaces it.
func moduleVersion(info *debug.BuildInfo, path string) (string, error) {
	linked := make([]string, 0, len(info.Deps))
	for _, dep := range info.Deps {
		linked = append(linked, dep.Path)
		if dep.Path != path {
			continue
		}
		if dep.Replace != nil {
			return strings.TrimSpace(dep.Version + " replaced by " + dep.Replace.Path + " " + dep.Replace.Version), nil
		}
		return dep.Version, nil
	}
	return "", fmt.Errorf("module %s is not linked into the program%s", path, suggest.Hint(path, linked))
}

// commandVersion runs the probe's command and returns the first group of its
// pattern.
func commandVersion(ctx context.Context, m Manifest, p VersionProbe, env []string) (string, error) {
	path, err := lookPath(p.Command[0], m.Dir)
	if err != nil {
		return "", err
	}
	pattern, err := regexp.Compile(p.Pattern)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, p.Command[1:]...)
	cmd.Env, cmd.WaitDelay = env, time.Second
	out, runErr := cmd.CombinedOutput()
	// Some programs end with an error after printing their version.
	if groups := pattern.FindSubmatch(out); len(groups) > 1 && len(groups[1]) > 0 {
		return string(groups[1]), nil
	}
	if runErr != nil {
		return "", fmt.Errorf("run %s: %w", strings.Join(p.Command, " "), runErr)
	}
	return "", fmt.Errorf("%q is not in the output of %s: %.200q", p.Pattern, strings.Join(p.Command, " "), out)
}
