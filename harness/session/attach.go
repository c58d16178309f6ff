package session

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/sample"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/suggest"
)

// Attached are the servers that run already, as the flags name them.
type Attached struct {
	// URLs are NAME=URL; PIDs NAME=PID, or PID; Containers NAME=ID, or ID.
	URLs, PIDs, Containers []string
}

// Names returns the servers' names, in the order of the flags.
func (at *Attached) Names() []string {
	names := make([]string, len(at.URLs))
	for i, text := range at.URLs {
		names[i], _, _ = strings.Cut(text, "=")
	}
	return names
}

// add puts the attached servers into the catalogue, next to those of the folders.
func (at *Attached) add(servers *catalog.Servers, table scenarios.Rows) error {
	var errs []error
	for _, text := range at.URLs {
		name, address, ok := strings.Cut(text, "=")
		if !ok || strings.ContainsAny(name, ":/") {
			errs = append(errs, fmt.Errorf("--url %s: NAME=URL is needed, such as mine=http://127.0.0.1:8080", text))
			continue
		}
		if err := servers.Attach(table, name, address); err != nil {
			errs = append(errs, fmt.Errorf("--url: %w", err))
		}
	}
	_, _, err := at.processes()
	return errors.Join(append(errs, err)...)
}

// processes are what is to be sampled, by the servers' names: the number of a
// process, or the name or id of a container.
func (at *Attached) processes() (pids map[string]int, containers map[string]string, err error) {
	pids, containers = map[string]int{}, map[string]string{}
	var errs []error
	for _, text := range at.PIDs {
		name, number, err := at.server("--pid", text)
		pid, notNumber := strconv.Atoi(number)
		_, twice := pids[name]
		switch {
		case notNumber != nil || pid <= 0:
			errs = append(errs, fmt.Errorf("--pid %s: %q is not the number of a process", text, number))
		case err != nil:
			errs = append(errs, err)
		case twice:
			errs = append(errs, fmt.Errorf("--pid %s: %s has a process already", text, name))
		default:
			pids[name] = pid
		}
	}
	for _, text := range at.Containers {
		name, id, err := at.server("--container", text)
		switch {
		case err != nil:
			errs = append(errs, err)
		case id == "":
			errs = append(errs, fmt.Errorf("--container %s: no container is named", text))
		case pids[name] != 0 || containers[name] != "":
			errs = append(errs, fmt.Errorf("--container %s: %s has a process or a container already", text, name))
		default:
			containers[name] = id
		}
	}
	return pids, containers, errors.Join(errs...)
}

// server cuts NAME=VALUE, or a value alone where there is one server.
func (at *Attached) server(flag, text string) (name, value string, err error) {
	names := at.Names()
	name, value, named := strings.Cut(text, "=")
	if !named {
		name, value = "", text
		if len(names) == 1 {
			name = names[0]
		}
	}
	switch {
	case len(names) == 0:
		err = fmt.Errorf("%s %s: it samples a server of --url, and there is none; servers that joust starts are sampled anyway", flag, text)
	case name == "":
		err = fmt.Errorf("%s %s: there are %d servers of --url: write NAME=%s", flag, text, len(names), strings.ToUpper(strings.TrimPrefix(flag, "--")))
	case !slices.Contains(names, name):
		err = fmt.Errorf("%s %s: no --url has the name %q%s", flag, text, name, suggest.Hint(name, names))
	}
	return name, value, err
}

// Reach finds the attached servers before anything is measured. Each must
// answer, and it must answer one of its rows rightly. The notes say where the
// servers are.
func (w *World) Reach(ctx context.Context, rows func(name string) []*scenarios.Scenario) (notes []string, err error) {
	w.running = map[string]launch.Fixture{}
	var errs []error
	for _, name := range w.Opener.Attached.Names() {
		m, err := w.Servers.Find(name)
		if err != nil {
			return nil, err
		}
		f := launch.Fixture{Manifest: *m}
		ip, err := launch.Reach(ctx, f, rows(name))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if !ip.IsLoopback() {
			notes = append(notes, fmt.Sprintf("%s is at %s, not on this machine's loopback: the network is part of what is measured, and perhaps another machine", name, ip))
		}
		w.running[name] = f
	}
	return notes, errors.Join(errs...)
}

// sampleRunning attaches the processes of --pid and --container to their
// servers. The notes say for each server what joust does with it and what it
// leaves alone.
func (w *World) sampleRunning(ctx context.Context) (notes []string, err error) {
	pids, containers, err := w.Opener.Attached.processes()
	if err != nil {
		return nil, Usage(err)
	}
	var errs []error
	for _, name := range w.Opener.Attached.Names() {
		f := w.running[name]
		what, t := fmt.Sprintf("--pid %s=%d", name, pids[name]), sample.Tree{Root: pids[name]}
		if id := containers[name]; id != "" {
			what = fmt.Sprintf("--container %s=%s", name, id)
			t, err = w.Opener.containerTree(ctx, id)
		}
		var note []string
		if err == nil {
			note, err = sampled(&f, t, w.Split)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", what, err))
			err = nil
			continue
		}
		notes = append(notes, name+" runs already: joust does not start, pin or stop it, and all its trials meet the same process")
		notes = append(notes, note...)
		w.running[name] = f
	}
	return notes, errors.Join(errs...)
}

// attach finds the servers of --url that the plan asks, and their processes.
func (w *World) attach(ctx context.Context, c *plan.Catalogue, p results.Plan) (notes []string, err error) {
	where, err := w.Reach(ctx, func(name string) []*scenarios.Scenario { return c.Rows(p, name) })
	if err != nil {
		return nil, err
	}
	what, err := w.sampleRunning(ctx)
	return append(where, what...), err
}

// containerTree are the processes of a container that runs already.
func (o *Opener) containerTree(ctx context.Context, id string) (sample.Tree, error) {
	engine, err := o.Engine()
	if err != nil {
		return sample.Tree{}, err
	}
	return engine.Tree(ctx, id)
}

// sampled attaches the processes of a server, where some were named.
func sampled(f *launch.Fixture, t sample.Tree, split results.CPUSplit) (notes []string, err error) {
	name, pid := f.Manifest.Name, t.Root
	if pid == 0 {
		return []string{fmt.Sprintf("%s is not sampled: its CPU and memory are not known (--pid %s=PID or --container %s=ID gives them)", name, name, name)}, nil
	}
	if f.Running, err = host.Attach(t); err != nil {
		return nil, err
	}
	if t.Unified == "" && t.CPUAcctV1 == "" && elsewhere(f.Manifest.URL, pid) {
		notes = append(notes, fmt.Sprintf("process %d listens elsewhere than at %s: is it really %s?", pid, f.Manifest.URL, name))
	}
	cpus, err := cpuset.OfProcess(pid)
	if err != nil {
		return nil, err
	}
	var both []int
	for _, cpu := range cpus {
		if slices.Contains(split.Loader, cpu) {
			both = append(both, cpu)
		}
	}
	if len(both) == 0 {
		f.RunningCPUs = cpus
		return notes, nil
	}
	return append(notes, fmt.Sprintf("%s may run on the loader's CPU %s, so what limits it cannot be told: taskset -a -c -p %s %d keeps it away",
		name, cpuset.Format(both), cpuset.Format(split.Server), pid)), nil
}

// elsewhere reports whether the process listens, but not on the address's port.
func elsewhere(address string, pid int) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	port, err := strconv.Atoi(cmp.Or(u.Port(), "80"))
	if err != nil {
		return false
	}
	listens, known := host.ListensOn(pid, port)
	return known && !listens
}

// addStored takes up the attached servers of a run that goes on.
func (at *Attached) addStored(stored *results.Run) {
	for i := range stored.Servers {
		s := &stored.Servers[i]
		var m catalog.Manifest
		// A folder's manifest has the folder; what cannot be read has neither.
		if json.Unmarshal(s.Manifest, &m) == nil && m.URL != "" && m.Dir == "" && s.PlaceboOf == "" {
			at.URLs = append(at.URLs, s.Folder+"="+m.URL)
		}
	}
}
