// Package profile captures where a server spends its time or memory while it is under
// load: by the profiles of Go's runtime, by perf, or by the profilers of the JVM and of
// Node.js.
package profile

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/joust-bench/joust/results"
)

// Kind names what is captured.
type Kind string

// The kinds. Perf has the tool perf sample the CPU time of any program; the others ask
// the server's own runtime.
const (
	CPU    Kind = "cpu"
	Heap   Kind = "heap"
	Allocs Kind = "allocs"
	Mutex  Kind = "mutex"
	Trace  Kind = "trace"
	Perf   Kind = "perf"
)

// Kinds returns all kinds.
func Kinds() []Kind { return []Kind{CPU, Heap, Allocs, Mutex, Trace, Perf} }

// Runtime names the runtime of a server, whose profiler is asked.
type Runtime string

// The runtimes with a profiler of their own.
const (
	Go   Runtime = "go"
	JVM  Runtime = "jvm"
	Node Runtime = "node"
)

// Runtimes returns the runtimes with a profiler of their own.
func Runtimes() []Runtime { return []Runtime{Go, JVM, Node} }

// Impossible returns the reason why servers of the runtime have no profile of the kind,
// or "".
func Impossible(kind Kind, runtime Runtime) string {
	switch {
	case kind == Perf, runtime == Go, kind == CPU && runtime != "":
		return ""
	case runtime == "":
		return fmt.Sprintf("its server.yaml names no profiler, so it has no %s profile: ask for perf", kind)
	}
	return fmt.Sprintf("the profiler %s has no %s profile: ask for cpu or perf", runtime, kind)
}

// Plan is one profile to capture.
type Plan struct {
	Kind    Kind
	Runtime Runtime
	// Folder is for the files of this profile alone; it exists.
	Folder string
}

// Command returns the command of the server with the arguments that the profile needs:
// those of Node.js stand behind the program.
func (p Plan) Command(argv []string) []string {
	if p.Kind == CPU && p.Runtime == Node && len(argv) > 0 {
		return slices.Insert(slices.Clone(argv), 1, "--cpu-prof", "--cpu-prof-dir="+p.Folder)
	}
	return argv
}

// NeedsSocket reports whether the server must serve its profiles on a unix socket, as
// net/http/pprof has them.
func (p Plan) NeedsSocket() bool { return p.Runtime == Go && p.Kind != Perf }

// Target is a server that runs.
type Target struct {
	// PIDs are the processes of the server, its first one first.
	PIDs []int
	// Socket is the path of the unix socket of a server that needs one.
	Socket string
}

// During captures the profile for the duration, from now on.
func (p Plan) During(ctx context.Context, t Target, d time.Duration) error {
	var err error
	switch {
	case p.Kind == Perf:
		err = p.perf(ctx, t.PIDs, d)
	case p.Runtime == Go:
		err = p.golang(ctx, t.Socket, d)
	case p.Runtime == JVM:
		err = p.jvm(ctx, t.PIDs, d)
	}
	if err != nil {
		return fmt.Errorf("capture a profile (%s): %w", p.Kind, err)
	}
	return nil
}

// Finish reads the captured profile when the server has ended.
func (p Plan) Finish(ctx context.Context) (results.Profile, error) {
	out := results.Profile{Kind: string(p.Kind)}
	var err error
	switch {
	case p.Kind == Perf:
		err = p.readPerf(ctx, &out)
	case p.Runtime == Go:
		err = p.readGo(&out)
	case p.Runtime == JVM:
		err = p.readJVM(ctx, &out)
	case p.Runtime == Node:
		err = p.readNode(&out)
	}
	if err != nil {
		return out, fmt.Errorf("read the captured profile (%s): %w", p.Kind, err)
	}
	return out, nil
}

// file returns the path of a file of the profile.
func (p Plan) file(name string) string { return filepath.Join(p.Folder, name) }

// longest is the number of entries of a summary.
const longest = 10

// top returns the functions with the largest weights, as shares of all weights.
func top(weights map[string]float64) []results.ProfileEntry {
	total := sum(weights)
	var list []results.ProfileEntry
	for _, function := range slices.Sorted(maps.Keys(weights)) {
		if weights[function] > 0 {
			list = append(list, results.ProfileEntry{Function: function, Share: weights[function] / total})
		}
	}
	slices.SortStableFunc(list, func(a, b results.ProfileEntry) int { return cmp.Compare(b.Share, a.Share) })
	return list[:min(len(list), longest)]
}

func sum(weights map[string]float64) float64 {
	total := 0.0
	for _, weight := range weights {
		total += weight
	}
	return total
}
