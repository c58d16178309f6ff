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

// Versions finds the versions of the server's components by its probes. built is
// what Builder.Build returned. env is the environment of the
// commands; nil is joust's own. The error joins the failures of single probes.
func Versions(ctx context.Context, m Manifest, built string, env []string) (map[string]string, error) {
	versions := map[string]string{}
	var failed []error
	for _, p := range m.Version {
		v, err := probe(ctx, m, p, built, env)
		if err != nil {
			failed = append(failed, fmt.Errorf("find the version of %s in %s: %w", p.Of, m.Name, err))
			continue
		}
		versions[p.Of] = v
	}
	return versions, errors.Join(failed...)
}

func probe(ctx context.Context, m Manifest, p VersionProbe, built string, env []string) (string, error) {
	if p.Module == "" {
		return commandVersion(ctx, m, p, built, env)
	}
	info, err := buildinfo.ReadFile(built)
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
func commandVersion(ctx context.Context, m Manifest, p VersionProbe, built string, env []string) (string, error) {
	argv, err := words("version.command", m, p.Command, m.known(Launch{}, built))
	if err != nil {
		return "", err
	}
	path, err := lookPath(argv[0], m.Dir)
	if err != nil {
		return "", err
	}
	pattern, err := regexp.Compile(p.Pattern)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, argv[1:]...)
	cmd.Env, cmd.WaitDelay = env, time.Second
	out, runErr := cmd.CombinedOutput()
	// Some programs end with an error after printing their version.
	if groups := pattern.FindSubmatch(out); len(groups) > 1 && len(groups[1]) > 0 {
		return string(groups[1]), nil
	}
	if runErr != nil {
		return "", fmt.Errorf("run %s: %w", strings.Join(argv, " "), runErr)
	}
	return "", fmt.Errorf("%q is not in the output of %s: %.200q", p.Pattern, strings.Join(argv, " "), out)
}
