package session

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/journal"
	"github.com/joust-bench/joust/scenarios"
)

// Resume returns the measurement that continues a stored run. The run's rows and
// servers must be there; other differences are added to its warnings.
func (o *Opener) Resume(ctx context.Context, stored results.Run, j *journal.Journal) (*Measurement, error) {
	o.Attached.addStored(&stored)
	rows, err := storedRows(&stored)
	if err != nil {
		return nil, err
	}
	o.Rows = rows
	w, err := o.LookToMeasure(pinOf(stored.CPUs))
	if err != nil {
		return nil, err
	}
	m := &Measurement{World: w, Catalogue: w.Catalogue(), Run: stored, Journal: j}
	if m.Foreign, err = o.foreignOf(ctx, &stored.Plan); err != nil {
		return nil, err
	}
	if err := m.meetAgain(); err != nil {
		return nil, err
	}
	notes, err := w.attach(ctx, &m.Catalogue, stored.Plan)
	if err != nil {
		return nil, err
	}
	for _, note := range notes {
		m.warnOnce(note)
	}
	return m, nil
}

// storedRows returns the scenario table with the run's rows as the run has them, so that
// it needs neither scenario files nor the joust that began it.
func storedRows(stored *results.Run) (scenarios.Rows, error) {
	rows, err := scenarios.Load()
	if err != nil {
		return nil, fmt.Errorf("the built-in scenario table: %w", err)
	}
	for i := range stored.Scenarios {
		var row scenarios.Scenario
		if err := json.Unmarshal(stored.Scenarios[i].Definition, &row); err != nil || len(row.Validate()) > 0 {
			continue // written by another version: the table's row counts, if there is one
		}
		if at := slices.Index(rows.Names(), row.Name); at >= 0 {
			rows[at] = row
		} else {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// warnOnce adds a warning that the run does not have yet.
func (m *Measurement) warnOnce(text string) {
	if !slices.Contains(m.Run.Warnings, text) {
		m.Run.Warnings = append(m.Run.Warnings, text)
	}
}

// meetAgain compares a stored run with the world in which it goes on.
func (m *Measurement) meetAgain() error {
	stored, c := &m.Run, &m.Catalogue
	compare := func(name, before, now string) {
		if before != now {
			m.warnOnce(fmt.Sprintf("resumed with another %s: %s before, %s now", name, before, now))
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
		if why := c.Broken[s.Folder]; why != "" {
			errs = append(errs, fmt.Errorf("the run's server %s is broken: %s", s.Folder, why))
			continue
		}
		known := c.Server(s.Folder)
		if known == nil {
			errs = append(errs, fmt.Errorf("the run's server %s is not here: name the folder that holds it with --servers-dir", s.Folder))
			continue
		}
		unavailable := c.Unavailable(results.PlanEntry{Server: s.Folder, As: s.Name, Isolation: s.Isolation})
		compare("state of "+s.Name, cmp.Or(s.Unavailable, "available"), cmp.Or(unavailable, "available"))
		s.Unavailable = unavailable
	}
	build, facts := machine.Build(m.World.Opener.Version), machine.Facts()
	compare("joust", stored.Joust.Version+" "+stored.Joust.Revision, build.Version+" "+build.Revision)
	compare("kernel", stored.Host.Kernel, facts.Kernel)
	compare("processor", stored.Host.CPUModel, facts.CPUModel)
	return Usage(errors.Join(errs...))
}

// pinOf returns the policy that makes the stored split again.
func pinOf(s results.CPUSplit) string {
	switch {
	case !s.Pinned:
		return cpuset.PolicyNone
	case s.Shared:
		return cpuset.PolicyAuto
	}
	return fmt.Sprintf("server=%s;loader=%s", cpuset.Format(s.Server), cpuset.Format(s.Loader))
}
