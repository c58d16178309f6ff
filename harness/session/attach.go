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
	"github.com/joust-bench/joust/results/suggest"
	"github.com/joust-bench/joust/scenarios"
)

// Attached names the servers that run already, as the flags do.
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
	_, err := at.processes()
	return errors.Join(append(errs, err)...)
}

// process is a process or container of a server of --url.
type process struct {
	// flag and text are those of the command line, with the server's name.
	flag, text string
	pid        int
	container  string
}

// processes returns the processes of --pid and --container, by the servers'
// names.
func (at *Attached) processes() (map[string]process, error) {
	byServer := map[string]process{}
	var errs []error
	for i, text := range slices.Concat(at.PIDs, at.Containers) {
		flag := "--pid"
		if i >= len(at.PIDs) {
			flag = "--container"
		}
		name, value, err := at.server(flag, text)
		p := process{flag: flag, text: name + "=" + value}
		if flag == "--container" {
			p.container = value
		} else if p.pid, _ = strconv.Atoi(value); p.pid <= 0 {
			err = fmt.Errorf("%q is not the number of a process", value)
		}
		_, twice := byServer[name]
		switch {
		case err != nil:
		case value == "":
			err = errors.New("no container is named")
		case twice:
			err = fmt.Errorf("%s has a process or a container already", name)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s %s: %w", flag, text, err))
			continue
		}
		byServer[name] = p
	}
	return byServer, errors.Join(errs...)
}

// server cuts NAME=VALUE, or a VALUE alone where there is one server.
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
		err = errors.New("it samples a server of --url, and there is none; servers that joust starts are sampled anyway")
	case name == "":
		err = fmt.Errorf("there are %d servers of --url: write NAME=%s", len(names), strings.ToUpper(strings.TrimPrefix(flag, "--")))
	case !slices.Contains(names, name):
		err = fmt.Errorf("no --url has the name %q%s", name, suggest.Hint(name, names))
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
	processes, err := w.Opener.Attached.processes()
	if err != nil {
		return nil, Usage(err)
	}
	var errs []error
	for _, name := range w.Opener.Attached.Names() {
		p := processes[name]
		t, err := w.Opener.tree(ctx, p)
		f := w.running[name]
		var more []string
		if err == nil {
			more, err = sampled(&f, t, w.Split)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s %s: %w", p.flag, p.text, err))
			continue
		}
		notes = append(notes, name+" runs already: joust does not start, pin or stop it, and all its trials meet the same process")
		notes = append(notes, more...)
		w.running[name] = f
	}
	return notes, errors.Join(errs...)
}

// attach finds the servers of --url that the plan asks, and their processes.
func (w *World) attach(ctx context.Context, c *plan.Catalogue, p results.Plan) ([]string, error) {
	addresses, err := w.Reach(ctx, func(name string) []*scenarios.Scenario { return c.Rows(p, name) })
	if err != nil {
		return nil, err
	}
	processes, err := w.sampleRunning(ctx)
	return append(addresses, processes...), err
}

// tree returns the processes to sample, an empty tree for none.
func (o *Opener) tree(ctx context.Context, p process) (sample.Tree, error) {
	if p.container == "" {
		return sample.Tree{Root: p.pid}, nil
	}
	engine, err := o.Engine()
	if err != nil {
		return sample.Tree{}, err
	}
	return engine.Tree(ctx, p.container)
}

// sampled attaches the processes of a server, unless the tree is empty.
func sampled(f *launch.Fixture, t sample.Tree, split results.CPUSplit) (notes []string, err error) {
	name, pid := f.Manifest.Name, t.Root
	if pid == 0 {
		return []string{fmt.Sprintf("%s is not sampled: its CPU and memory are not known (--pid %s=PID or --container %s=ID gives them)", name, name, name)}, nil
	}
	if f.Running, err = host.Attach(t); err != nil {
		return nil, err
	}
	if t.Unified == "" && t.CPUAcctV1 == "" && listensElsewhere(f.Manifest.URL, pid) {
		notes = append(notes, fmt.Sprintf("process %d listens elsewhere than at %s: is it really %s?", pid, f.Manifest.URL, name))
	}
	cpus, err := cpuset.OfProcess(pid)
	if err != nil {
		return nil, err
	}
	both := slices.DeleteFunc(slices.Clone(cpus), func(cpu int) bool { return !slices.Contains(split.Loader, cpu) })
	if len(both) == 0 {
		f.RunningCPUs = cpus
		return notes, nil
	}
	return append(notes, fmt.Sprintf("%s may run on the loader's CPU %s, so what limits it cannot be known: taskset -a -c -p %s %d keeps it away",
		name, cpuset.Format(both), cpuset.Format(split.Server), pid)), nil
}

// listensElsewhere reports whether the process listens, but not on the address's
// port.
func listensElsewhere(address string, pid int) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	port, err := strconv.Atoi(cmp.Or(u.Port(), "80"))
	listens, known := host.ListensOn(pid, port)
	return err == nil && known && !listens
}

// addStored adds the attached servers of a run that goes on.
func (at *Attached) addStored(stored *results.Run) {
	for i := range stored.Servers {
		s := &stored.Servers[i]
		var m catalog.Manifest
		// Only the manifest of an attached server has a URL and no folder.
		if json.Unmarshal(s.Manifest, &m) == nil && m.URL != "" && m.Dir == "" && s.PlaceboOf == "" {
			at.URLs = append(at.URLs, s.Folder+"="+m.URL)
		}
	}
}
