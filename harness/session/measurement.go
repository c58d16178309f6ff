package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/doctor"
	"github.com/joust-bench/joust/harness/host/container"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/journal"
	"github.com/joust-bench/joust/scenarios"
)

// Measurement is a run before its first trial: its header, its servers and, later,
// its folder.
type Measurement struct {
	World     *World
	Catalogue plan.Catalogue
	// Run is the run's header.
	Run results.Run
	// Fixtures are the servers that can be started, by their names in the run.
	Fixtures map[string]launch.Fixture
	// Foreign is the plan's loader; nil for joust's own.
	Foreign *external.Found
	// Journal is nil before Open, except for a resumed run.
	Journal *journal.Journal
}

// Measure returns the measurement of a plan, with everything that is known before
// its run starts. It finds the servers that run already, and adds notes about them
// to the run's warnings.
func (w *World) Measure(ctx context.Context, p results.Plan, c plan.Catalogue) (*Measurement, error) {
	notes, err := w.attach(ctx, &c, p)
	if err != nil {
		return nil, err
	}
	started := time.Now()
	run := results.Run{
		Schema: results.Schema, ID: journal.NewID(started), State: results.RunRunning, Started: started,
		Joust: machine.Build(w.Opener.Version), CommandLine: results.RedactedArgs(os.Args), Host: machine.Facts(), CPUs: w.Split, Plan: p,
		Warnings: notes,
	}
	run.Host.Topology = w.Topology.String()
	for _, t := range p.Tables {
		if run.Scenario(t.Scenario) == nil {
			run.Scenarios = append(run.Scenarios, scenarioRow(c.Scenario(t.Scenario), t))
		}
	}
	for i, e := range p.Entries {
		run.Servers = append(run.Servers, w.entry(&c, e, plan.Placebo(p, i)))
	}
	return &Measurement{World: w, Catalogue: c, Run: run}, nil
}

func scenarioRow(s *scenarios.Scenario, t results.PlanTable) results.Scenario {
	definition, _ := json.Marshal(s) // a row is plain data
	row := results.Scenario{
		Name: s.Name, Title: s.Title, Unit: string(s.Unit), RankBy: string(s.RankBy),
		Clients: t.Clients, Depth: s.Depth, Definition: definition,
	}
	if len(s.Requests) == 1 {
		row.BodyBytes = s.Requests[0].Body.Size()
	}
	row.Sends = len(s.Requests) > 1 && slices.ContainsFunc(s.Requests, func(r scenarios.Request) bool { return r.Body.Size() > 0 })
	return row
}

func (w *World) entry(c *plan.Catalogue, e results.PlanEntry, placeboOf string) results.Server {
	s := results.Server{Name: e.As, Folder: e.Server, PlaceboOf: placeboOf, Isolation: e.Isolation, Unavailable: c.Unavailable(e)}
	if known := c.Server(e.Server); known != nil {
		s.Unsupported = known.Unsupported
	}
	if m, err := w.manifest(e); err == nil {
		s.Title, s.Language, s.URL = m.Title, m.Language, m.URL
		if s.Isolation != "" {
			s.Network = m.Network()
		}
		s.Manifest, _ = json.Marshal(m) // a manifest is plain data
	}
	return s
}

// manifest returns the manifest of an entry's server, with the entry's values of its
// parameters.
func (w *World) manifest(e results.PlanEntry) (catalog.Manifest, error) {
	m, err := w.Servers.Find(e.Server)
	if err != nil {
		return catalog.Manifest{}, err
	}
	return m.With(e.With)
}

// Prepare builds what the plan needs and notes the versions that will run. The error
// holds those of all servers.
func (m *Measurement) Prepare(ctx context.Context) error {
	m.Fixtures = map[string]launch.Fixture{}
	built, images := map[string]launch.Fixture{}, map[string]container.Image{}
	var errs []error
	for i := range m.Run.Servers {
		s := &m.Run.Servers[i]
		if s.Unavailable != "" || ctx.Err() != nil {
			continue
		}
		e := m.Run.Plan.Entries[i]
		key := e.Key()
		f, ok := built[key]
		if !ok {
			var err error
			if f, images[key], err = m.fixture(ctx, e); err != nil {
				errs = append(errs, err)
				continue
			}
			built[key] = f
		}
		m.Fixtures[s.Name] = f
		var err error
		if s.Versions, err = Versions(ctx, f, images[key]); err != nil {
			m.Run.Warnings = append(m.Run.Warnings, fmt.Sprintf("version of %s: %v", s.Folder, err))
		}
		if s.SizeBytes, err = size(f, images[key]); err != nil {
			m.Run.Warnings = append(m.Run.Warnings, fmt.Sprintf("size of %s: %v", s.Folder, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return m.World.Opener.PrepareForeign(ctx, m.Foreign)
}

// fixture makes the server of an entry ready to be started.
func (m *Measurement) fixture(ctx context.Context, e results.PlanEntry) (f launch.Fixture, image container.Image, err error) {
	if running, ok := m.World.running[e.Server]; ok {
		return running, image, nil
	}
	manifest, err := m.World.manifest(e)
	if err != nil {
		return f, image, Usage(err)
	}
	return m.World.Opener.Fixture(ctx, Isolated{Manifest: manifest, Isolation: e.Isolation, Env: m.Run.Plan.Env})
}

// Open opens the session that measures the run, and makes the run's folder below
// out, unless the run is resumed. A run that fails earlier leaves no folder and is not
// the latest one.
func (m *Measurement) Open(ctx context.Context, out string) (*Session, error) {
	s, err := m.World.Opener.Open(ctx, m.Run.CPUs)
	if err != nil {
		return nil, err
	}
	var images []string // "" for a process
	for _, f := range m.Fixtures {
		images = append(images, f.Image)
	}
	if m.Foreign != nil {
		images = append(images, m.Foreign.Image)
	}
	if err := s.Contain(images...); err != nil {
		return nil, err
	}
	if err := m.create(out); err != nil {
		return nil, err
	}
	s.Launcher.Logs = filepath.Join(m.Journal.Dir(), "logs")
	m.examine(ctx)
	return s, nil
}

// create makes the run's folder. A second run in the same second gets another
// ID.
func (m *Measurement) create(out string) (err error) {
	id := m.Run.ID
	for n := 2; m.Journal == nil; n++ {
		m.Journal, err = journal.Create(filepath.Join(out, journal.RunsFolder, m.Run.ID), m.Run)
		if err != nil && !errors.Is(err, journal.ErrExists) {
			return err
		}
		if err != nil {
			m.Run.ID = fmt.Sprintf("%s-%d", id, n)
		}
	}
	return nil
}

// Close closes the journal, if there is one yet.
func (m *Measurement) Close() {
	if m.Journal != nil {
		_ = m.Journal.Close() // every line is synced when it is appended
	}
}

// examine looks at the machine before a run, stores its findings and shows those
// that distort numbers. A resumed run keeps its first findings; those that have
// become worse since then are added to its warnings.
func (m *Measurement) examine(ctx context.Context) {
	say := m.World.Opener.Say
	before := map[string]results.State{}
	for _, f := range m.Run.Findings {
		before[f.Check] = f.State
	}
	findings := doctor.Findings(doctor.Read(ctx, m.Run.Host, m.Run.CPUs))
	for _, f := range findings {
		if f.State != results.StateWarn && f.State != results.StateFail {
			continue
		}
		say("note: %s: %s: %s; %s", f.State, f.Check, f.Fact, f.Why)
		if len(before) > 0 && before[f.Check] != f.State {
			m.Run.Warnings = append(m.Run.Warnings, fmt.Sprintf("when resumed: %s: %s: %s", f.State, f.Check, f.Fact))
		}
	}
	if doctor.Worst(findings) != results.StateOK {
		say("note: joust doctor has the commands that mend it")
	}
	if len(before) == 0 {
		m.Run.Findings = findings
	}
}
