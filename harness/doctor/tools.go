package doctor

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/host/container"
	"github.com/joust-bench/joust/results"
)

// tool is a program that joust, a server or a comparison needs.
type tool struct {
	name, why string
	// args make it print its version, which the first group of pattern finds.
	args    []string
	pattern string
	// install is the command that brings it on Debian.
	install string
}

// tools is every program that is looked for.
func tools() []tool {
	apt := func(pkg string) string { return "sudo apt-get install " + pkg }
	const goInstall = "see https://go.dev/doc/install"
	return []tool{
		{"go", "builds the servers that are Go programs", []string{"version"}, `go version go(\S+)`, goInstall},
		{"git", "names the revision that was measured", []string{"--version"}, `git version (\S+)`, apt("git")},
		{"nginx", "a server of the field", []string{"-v"}, `nginx/(\S+)`, apt("nginx-light")},
		{"node", "a server of the field", []string{"--version"}, `v(\d\S*)`, apt("nodejs")},
		{"python3", "a server of the field", []string{"--version"}, `Python (\S+)`, apt("python3")},
		{"wrk", "a loader to compare joust's with", []string{"-v"}, `wrk (?:debian/)?(\d\S*)`, apt("wrk")},
		{"wrk2", "a loader to compare joust's with", []string{"-v"}, `wrk2? (?:debian/)?(\d\S*)`, "build it from https://github.com/giltene/wrk2"},
		{"ab", "a loader to compare joust's with", []string{"-V"}, `Version (\S+)`, apt("apache2-utils")},
		{"h2load", "a loader to compare joust's with", []string{"--version"}, `nghttp2/(\S+)`, apt("nghttp2-client")},
		{"perf", "says where a server spends its time", []string{"--version"}, `perf version (\S+)`, apt("linux-perf")},
	}
}

// Inventory looks for programs and a container engine and asks them for their
// versions, all at once.
func Inventory(ctx context.Context) []results.Finding {
	list := tools()
	out := make([]results.Finding, len(list)+1)
	var all sync.WaitGroup
	all.Go(func() {
		e, err := container.Connect(ctx)
		got := engine(e, err)
		out[len(list)] = results.Finding{Check: "containers", State: got.state, Found: got.text, Why: "servers that are images need an engine", Remedy: got.remedy}
	})
	for i, t := range list {
		all.Go(func() {
			probe := catalog.VersionProbe{Of: t.name, Command: append([]string{t.name}, t.args...), Pattern: t.pattern}
			versions, err := catalog.Versions(ctx, catalog.Manifest{Name: t.name, Version: []catalog.VersionProbe{probe}}, "")
			got := presence(t, versions[t.name], err)
			out[i] = results.Finding{Check: t.name, State: got.state, Found: got.text, Why: t.why, Remedy: got.remedy}
		})
	}
	all.Wait()
	return out
}

// engine judges the container engine, or why none answers.
func engine(e fmt.Stringer, err error) found {
	if err != nil {
		return warn("sudo apt-get install docker.io && sudo systemctl start docker", "%v", err)
	}
	return ok("%s", e)
}

// presence judges one program: its version, or why there is none.
func presence(t tool, version string, err error) found {
	switch {
	case err == nil:
		return ok("%s", version)
	case errors.Is(err, exec.ErrNotFound):
		return warn(t.install, "not on PATH")
	}
	return warn(t.install, "does not tell its version: %v", err)
}
