package doctor

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/host/container"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/results"
)

// tool is a program that joust, a server or a comparison needs.
type tool struct {
	name, why string
	// args make it print its version, which is the first group of pattern.
	args    []string
	pattern string
	// install is the command that installs it on Debian.
	install string
}

// tools returns the programs that Inventory looks for.
func tools() []tool {
	apt := func(pkg string) string { return "sudo apt-get install " + pkg }
	const goInstall = "see https://go.dev/doc/install"
	return []tool{
		{"go", "builds the servers that are Go programs", []string{"version"}, `go version go(\S+)`, goInstall},
		{"git", "names the revision that was measured", []string{"--version"}, `git version (\S+)`, apt("git")},
		{"nginx", "a server of the field", []string{"-v"}, `nginx/(\S+)`, apt("nginx-light")},
		{"node", "a server of the field", []string{"--version"}, `v(\d\S*)`, apt("nodejs")},
		{"python3", "a server of the field", []string{"--version"}, `Python (\S+)`, apt("python3")},
		{"perf", "says where a server spends its time", []string{"--version"}, `perf version (\S+)`, apt("linux-perf")},
	}
}

// Inventory looks for programs, foreign loaders and a container engine and asks
// them for their versions, all at once.
func Inventory(ctx context.Context) []results.Finding {
	var checks []func() results.Finding
	for _, t := range tools() {
		checks = append(checks, func() results.Finding {
			version := catalog.VersionProbe{Of: t.name, Command: append([]string{t.name}, t.args...), Pattern: t.pattern}
			versions, err := catalog.Versions(ctx, catalog.Manifest{Name: t.name, Version: []catalog.VersionProbe{version}}, "", nil)
			return finding(t.name, t.why, presence(t, versions[t.name], err))
		})
	}
	for _, t := range external.Tools() {
		checks = append(checks, func() results.Finding {
			return finding(t.Name, "a loader to compare joust's with", loader(external.Find(ctx, t)))
		})
	}
	checks = append(checks, func() results.Finding {
		e, err := container.Connect(ctx)
		return finding("containers", "servers that are images need an engine", engine(e, err))
	})
	out := make([]results.Finding, len(checks))
	var all sync.WaitGroup
	for i, check := range checks {
		all.Go(func() { out[i] = check() })
	}
	all.Wait()
	return out
}

// loader judges one foreign loader.
func loader(f external.Found) results.Finding {
	if f.Why != "" {
		return warn(f.Tool.Install, "%s", strings.TrimSuffix(f.Why, ": "+f.Tool.Install))
	}
	return ok("%s", f.Version)
}

// engine judges the container engine, or the error where none answers.
func engine(e fmt.Stringer, err error) results.Finding {
	if err != nil {
		return warn("sudo apt-get install docker.io && sudo systemctl start docker", "%v", err)
	}
	return ok("%s", e)
}

// presence judges one program by its version, or by the error of asking for it.
func presence(t tool, version string, err error) results.Finding {
	switch {
	case err == nil:
		return ok("%s", version)
	case errors.Is(err, exec.ErrNotFound):
		return warn(t.install, "not on PATH")
	}
	return warn(t.install, "does not print its version: %v", err)
}
