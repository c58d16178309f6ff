package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/run"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/suggest"
)

// attachments are the servers that run already, as the flags name them.
type attachments struct {
	// urls are NAME=URL; pids NAME=PID, or PID.
	urls, pids []string
}

func (at *attachments) urlFlag(flags *pflag.FlagSet) {
	flags.StringArrayVar(&at.urls, "url", nil, "NAME=http://HOST:PORT of a server that runs already: one more column (repeatable)")
}

func (at *attachments) pidFlag(flags *pflag.FlagSet) {
	flags.StringArrayVar(&at.pids, "pid", nil, "NAME=PID of a server of --url, so that its CPU and memory are sampled; PID alone where there is one (repeatable)")
}

// names are those of the servers, in the order of the flags.
func (at *attachments) names() []string {
	names := make([]string, len(at.urls))
	for i, text := range at.urls {
		names[i], _, _ = strings.Cut(text, "=")
	}
	return names
}

// add makes them servers beside those of the folders.
func (at *attachments) add(servers *catalog.Servers, table *scenarios.Table) error {
	var errs []error
	for _, text := range at.urls {
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

// processes are the pids by the servers' names.
func (at *attachments) processes() (map[string]int, error) {
	pids, names := map[string]int{}, at.names()
	var errs []error
	for _, text := range at.pids {
		name, number, named := strings.Cut(text, "=")
		if !named {
			name, number = "", text
			if len(names) == 1 {
				name = names[0]
			}
		}
		pid, err := strconv.Atoi(number)
		_, twice := pids[name]
		switch {
		case err != nil || pid <= 0:
			errs = append(errs, fmt.Errorf("--pid %s: %q is not the number of a process", text, number))
		case len(names) == 0:
			errs = append(errs, fmt.Errorf("--pid %s: it samples a server of --url, and there is none; servers that joust starts are sampled anyway", text))
		case name == "":
			errs = append(errs, fmt.Errorf("--pid %s: there are %d servers of --url: write NAME=PID", text, len(names)))
		case !slices.Contains(names, name):
			errs = append(errs, fmt.Errorf("--pid %s: no --url has the name %q%s", text, name, suggest.Hint(name, names)))
		case twice:
			errs = append(errs, fmt.Errorf("--pid %s: %s has a process already", text, name))
		default:
			pids[name] = pid
		}
	}
	return pids, errors.Join(errs...)
}

// reach finds the attached servers before anything is measured. Each must
// answer, and one of the rows that it will be asked rightly. The notes tell
// where they are.
func (a *app) reach(ctx context.Context, w *world, rows func(name string) []*scenarios.Scenario) (notes []string, err error) {
	w.running = map[string]fixture{}
	var errs []error
	for _, name := range a.attached.names() {
		m, err := w.servers.Find(name)
		if err != nil {
			return nil, err
		}
		f := fixture{Manifest: *m}
		ip, err := run.Reach(ctx, f, rows(name))
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

// sampleRunning attaches the processes of --pid to their servers and says what
// joust does with each server, and what it does not.
func (a *app) sampleRunning(w *world) (notes []string, err error) {
	pids, err := a.attached.processes()
	if err != nil {
		return nil, usage(err)
	}
	var errs []error
	for _, name := range a.attached.names() {
		f := w.running[name]
		note, err := sampled(&f, pids[name], w.split)
		if err != nil {
			errs = append(errs, fmt.Errorf("--pid %s=%d: %w", name, pids[name], err))
			continue
		}
		notes = append(notes, name+" runs already: joust does not start, pin or stop it, and all its trials meet the same process")
		notes = append(notes, note...)
		w.running[name] = f
	}
	return notes, errors.Join(errs...)
}

// attach finds the servers of --url that the plan asks, and their processes.
func (a *app) attach(ctx context.Context, w *world, c *plan.Catalogue, p results.Plan) (notes []string, err error) {
	where, err := a.reach(ctx, w, func(name string) []*scenarios.Scenario { return c.Rows(p, name) })
	if err != nil {
		return nil, err
	}
	what, err := a.sampleRunning(w)
	return append(where, what...), err
}

// sampled attaches the process of a server, where one was named.
func sampled(f *run.Fixture, pid int, split results.CPUSplit) (notes []string, err error) {
	name := f.Manifest.Name
	if pid == 0 {
		return []string{fmt.Sprintf("%s is not sampled: its CPU and memory are not known (--pid %s=PID gives them)", name, name)}, nil
	}
	if f.Running, err = host.Attach(pid); err != nil {
		return nil, err
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
		return nil, nil
	}
	return []string{fmt.Sprintf("%s may run on the loader's CPU %s, so what limits it cannot be told: taskset -a -c -p %s %d keeps it away",
		name, cpuset.Format(both), cpuset.Format(split.Server), pid)}, nil
}

// attachStored takes up the attached servers of a run that goes on.
func (at *attachments) attachStored(stored *results.Run) {
	for i := range stored.Servers {
		s := &stored.Servers[i]
		var m catalog.Manifest
		// A folder's manifest has the folder; what cannot be read has neither.
		if json.Unmarshal(s.Manifest, &m) == nil && m.URL != "" && m.Dir == "" && s.PlaceboOf == "" {
			at.urls = append(at.urls, s.Folder+"="+m.URL)
		}
	}
}

// flagsAgain are the flags with which the same processes are sampled again.
func (at *attachments) flagsAgain() string {
	var text strings.Builder
	for _, pid := range at.pids {
		text.WriteString(" --pid " + shellWord(pid))
	}
	return text.String()
}
