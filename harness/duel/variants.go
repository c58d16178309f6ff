package duel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/host/container"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/harness/surroundings"
	"github.com/joust-bench/joust/results"
)

// Fit turns a plan of one table into a plan of the two variants, and returns the
// name of the phase that the duel is about.
func Fit(p *results.Plan, specs [2]Spec, budget time.Duration) (phase string, err error) {
	if len(p.Tables) != 1 {
		return "", fmt.Errorf("a duel is about one row, and the plan has %d: name one with --scenario", len(p.Tables))
	}
	if p.Tables[0].Sweep != nil {
		return "", errors.New("--clients: a duel is at one number of connections: give one")
	}
	p.Name = "duel"
	p.PlannedNS, p.AtMostNS = budget.Nanoseconds(), budget.Nanoseconds()
	// The plan's own entries of the servers, one entry for both where there is one
	// server, hold their other settings.
	a, b := p.Entries[0], p.Entries[len(p.Entries)-1]
	a.Server, a.As = specs[0].Text, A
	b.Server, b.As = specs[1].Text, B
	p.Entries = []results.PlanEntry{a, b}
	if rates := p.Tables[0].Rates; len(rates) > 0 {
		return rates[0].PhaseName(), nil
	}
	return results.PhaseClosed, nil
}

// Prepare makes the two variants the servers of the measurement, and builds them.
func Prepare(ctx context.Context, m *session.Measurement, specs [2]Spec) error {
	m.Fixtures = map[string]launch.Fixture{}
	m.Run.Servers = nil
	for i, name := range []string{A, B} {
		f, err := variant(ctx, m, specs[i])
		if err != nil {
			return err
		}
		entry, err := entryOf(ctx, m, specs[i], &f)
		if err != nil {
			return err
		}
		entry.Name = name
		f.Manifest.Name = name // for logs and notes
		m.Fixtures[name] = f
		m.Run.Plan.Entries[i].Isolation = entry.Isolation
		m.Run.Servers = append(m.Run.Servers, entry)
	}
	if alike(m.Fixtures[A], m.Fixtures[B]) {
		m.Run.Warnings = append(m.Run.Warnings, "A and B come out the same, program, arguments and environment: what differs is noise")
	}
	return nil
}

// variant returns the fixture of one variant, with its program.
func variant(ctx context.Context, m *session.Measurement, spec Spec) (f launch.Fixture, err error) {
	manifest, err := manifestOf(ctx, m.World, spec)
	if err != nil {
		return f, session.Usage(fmt.Errorf("variant %q: %w", spec.Text, err))
	}
	f.Manifest, f.Built, err = spec.Apply(manifest)
	if err == nil {
		err = catalog.Available(f.Manifest)
	}
	if err != nil {
		return f, session.Usage(fmt.Errorf("variant %q: %w", spec.Text, err))
	}
	f.Env = maps.Clone(m.Run.Plan.Env)
	maps.DeleteFunc(f.Env, func(name, _ string) bool {
		_, own := spec.Env[name]
		return own
	})
	if row := m.Run.Plan.Tables[0].Scenario; !slices.Contains(f.Manifest.Scenarios, row) {
		return f, session.Usage(fmt.Errorf("variant %q does not claim the row %s", spec.Text, row))
	}
	if f.Built == "" {
		f.Built, err = m.World.Opener.Build(ctx, f.Manifest)
	} else if _, err = os.Stat(f.Built); err != nil {
		err = session.Usage(fmt.Errorf("variant %q: its program: %w", spec.Text, err))
	}
	return f, err
}

// manifestOf returns the manifest of a variant's server, of its revision.
func manifestOf(ctx context.Context, w *session.World, spec Spec) (catalog.Manifest, error) {
	m, err := w.Servers.Find(spec.Server)
	if err != nil {
		return catalog.Manifest{}, err
	}
	if spec.Revision == "" {
		return *m, nil
	}
	dir, err := Checkout(ctx, m.Dir, spec.Revision, "")
	if err != nil {
		return catalog.Manifest{}, err
	}
	return catalog.LoadOne(w.Table, dir)
}

// entryOf returns the variant as a server of the run. It makes the image of a
// variant that runs in a container.
func entryOf(ctx context.Context, m *session.Measurement, spec Spec, f *launch.Fixture) (s results.Server, err error) {
	manifest := f.Manifest
	s = results.Server{Folder: manifest.Name, Title: spec.Text, Language: manifest.Language, URL: manifest.URL}
	var image container.Image
	if manifest.DefaultIsolation() == results.IsolationContainer {
		if image, err = m.World.Opener.Image(ctx, manifest, f.Built); err != nil {
			return s, err
		}
		f.Image, s.Isolation, s.Network = image.ID, results.IsolationContainer, manifest.Network()
	}
	if s.Versions, err = session.Versions(ctx, *f, image); err != nil {
		m.Run.Warnings = append(m.Run.Warnings, fmt.Sprintf("version of %s: %v", spec.Text, err))
	}
	if s.Manifest, err = json.Marshal(manifest); err != nil {
		return s, fmt.Errorf("encoding the manifest of %s: %w", spec.Text, err)
	}
	return s, nil
}

// alike reports whether two variants start the same way.
func alike(a, b launch.Fixture) bool {
	command := func(f launch.Fixture) []string {
		return slices.Concat([]string{f.Built}, f.Manifest.Command, f.Manifest.Args)
	}
	environment := func(f launch.Fixture) map[string]string { return surroundings.Merge(f.Manifest.Env, f.Env) }
	return a.Image == b.Image && slices.Equal(command(a), command(b)) && maps.Equal(environment(a), environment(b)) && maps.Equal(a.Manifest.Params, b.Manifest.Params) && maps.Equal(a.Manifest.Files, b.Manifest.Files) &&
		(len(a.Manifest.Files) == 0 || a.Manifest.Dir == b.Manifest.Dir)
}
