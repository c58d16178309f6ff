package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/host/container"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/journal"
	"github.com/joust-bench/joust/scenarios"
)

// header is all that is known of a run before it starts.
func (a *app) header(p results.Plan, w *world, c *plan.Catalogue, started time.Time) results.Run {
	run := results.Run{
		Schema: results.Schema, ID: journal.NewID(started), State: results.RunRunning, Started: started,
		Joust: machine.Build(Version), CommandLine: os.Args, Host: machine.Facts(), CPUs: w.split, Plan: p,
	}
	run.Host.Topology = w.topology.String()
	for _, t := range p.Tables {
		if run.Scenario(t.Scenario) == nil {
			run.Scenarios = append(run.Scenarios, scenarioRow(c.Scenario(t.Scenario), t))
		}
	}
	for i, e := range p.Entries {
		run.Servers = append(run.Servers, serverEntry(w, c, e, plan.Placebo(p, i)))
	}
	return run
}

func scenarioRow(s *scenarios.Scenario, t results.PlanTable) results.Scenario {
	definition, err := json.Marshal(s)
	if err != nil {
		definition = nil
	}
	row := results.Scenario{
		Name: s.Name, Title: s.Title, Unit: string(s.Unit), RankBy: string(s.RankBy),
		Clients: t.Clients, Depth: s.Depth, Definition: definition,
	}
	if len(s.Requests) == 1 {
		row.BodyBytes = s.Requests[0].Body.Size()
	}
	return row
}

func serverEntry(w *world, c *plan.Catalogue, e results.PlanEntry, placeboOf string) results.Server {
	s := results.Server{Name: e.As, Folder: e.Server, PlaceboOf: placeboOf, Isolation: e.Isolation, Unavailable: c.Unavailable(e)}
	if known := c.Server(e.Server); known != nil {
		s.Unsupported = known.Unsupported
	}
	if m, err := w.servers.Find(e.Server); err == nil {
		s.Title, s.Language, s.URL = m.Title, m.Language, m.URL
		if s.Isolation != "" {
			s.Network = m.Network()
		}
		if text, err := json.Marshal(m); err == nil {
			s.Manifest = text
		}
	}
	return s
}

// pinOf is the policy that gives the stored split again.
func pinOf(s results.CPUSplit) string {
	switch {
	case !s.Pinned:
		return cpuset.PolicyNone
	case s.Shared:
		return cpuset.PolicyAuto
	}
	return fmt.Sprintf("server=%s;loader=%s", cpuset.Format(s.Server), cpuset.Format(s.Loader))
}

// meetAgain fits a stored run into the world in which it goes on: its rows and
// servers must be there, and what differs is added to its warnings.
func meetAgain(stored *results.Run, c *plan.Catalogue) error {
	tell := func(what, was, is string) {
		warning := fmt.Sprintf("resumed with another %s: %s before, %s now", what, was, is)
		if was != is && !slices.Contains(stored.Warnings, warning) {
			stored.Warnings = append(stored.Warnings, warning)
		}
	}
	var errs []error
	for _, t := range stored.Plan.Tables {
		if c.Scenario(t.Scenario) == nil {
			errs = append(errs, fmt.Errorf("the run's scenario %s is not in this joust's table: resume it with the joust that began it", t.Scenario))
		}
	}
	for i := range stored.Servers {
		s := &stored.Servers[i]
		known := c.Server(s.Folder)
		if known == nil {
			errs = append(errs, fmt.Errorf("the run's server %s is not here: name the folder that holds it with --servers-dir", s.Folder))
			continue
		}
		unavailable := c.Unavailable(results.PlanEntry{Server: s.Folder, As: s.Name, Isolation: s.Isolation})
		tell("state of "+s.Name, orAvailable(s.Unavailable), orAvailable(unavailable))
		s.Unavailable = unavailable
	}
	build, facts := machine.Build(Version), machine.Facts()
	tell("joust", stored.Joust.Version+" "+stored.Joust.Revision, build.Version+" "+build.Revision)
	tell("kernel", stored.Host.Kernel, facts.Kernel)
	tell("processor", stored.Host.CPUModel, facts.CPUModel)
	return usage(errors.Join(errs...))
}

func orAvailable(unavailable string) string {
	if unavailable == "" {
		return "available"
	}
	return unavailable
}

// prepare builds what the plan needs and notes the versions that will run.
func (a *app) prepare(j *job) error {
	builder, err := catalog.NewBuilder("")
	if err != nil {
		return err
	}
	j.fixtures = map[string]fixture{}
	built, images := map[string]fixture{}, map[string]container.Image{}
	for i := range j.run.Servers {
		s := &j.run.Servers[i]
		if s.Unavailable != "" {
			continue
		}
		key := s.Folder + " " + s.Isolation
		f, ok := built[key]
		if !ok {
			f, ok = j.world.running[s.Folder]
		}
		if !ok {
			m, err := j.world.servers.Find(s.Folder)
			if err != nil {
				return usage(err)
			}
			f.Manifest = *m
			if f.Binary, err = a.build(j.ctx, builder, *m); err != nil {
				return err
			}
			if s.Isolation == results.IsolationContainer {
				if images[key], err = a.contain(j.ctx, *m, f.Binary); err != nil {
					return err
				}
				f.Image = images[key].ID
			}
			f.Env = j.run.Plan.Env
			built[key] = f
		}
		j.fixtures[s.Name] = f
		versions, err := catalog.Versions(j.ctx, f.Manifest, f.Binary, versionEnv(f))
		if err != nil {
			j.run.Warnings = append(j.run.Warnings, fmt.Sprintf("version of %s: %v", s.Folder, err))
		}
		if f.Image != "" {
			noteImage(versions, images[key])
		}
		s.Versions = versions
	}
	return nil
}
