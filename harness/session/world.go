package session

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/engine"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/selection"
	"github.com/joust-bench/joust/scenarios"
)

// World holds the rows, the servers, and this machine's processors.
type World struct {
	Table   scenarios.Rows
	Servers *catalog.Servers
	// Topology and Split are empty where joust cannot measure.
	Topology cpuset.Topology
	Split    results.CPUSplit

	Opener *Opener

	// running are the servers of --url, by name.
	running map[string]launch.Fixture
}

// Look loads the table, the servers and the machine; pin is the policy of the
// CPU split.
func (o *Opener) Look(pin string) (*World, error) {
	table, own, err := o.rows()
	if err != nil {
		return nil, err
	}
	w := &World{Table: table, Opener: o}
	if w.Servers, err = o.loadServers(table); err != nil {
		return nil, err
	}
	w.Servers.Claim(own...)
	if runtime.GOOS != "linux" {
		return w, nil
	}
	if w.Topology, err = cpuset.Read(); err != nil {
		return nil, err
	}
	w.Split, err = cpuset.Split(w.Topology, nil, pin)
	return w, Usage(err)
}

// rows returns the scenario table, and the names of the user's own rows in it.
func (o *Opener) rows() (table scenarios.Rows, own []string, err error) {
	builtIn, err := scenarios.Load()
	if err != nil {
		return nil, nil, fmt.Errorf("the built-in scenario table: %w", err)
	}
	if table = o.Rows; table == nil {
		if table, err = builtIn.WithFiles(o.ScenarioFiles...); err != nil {
			return nil, nil, Usage(err)
		}
	}
	known := builtIn.Names()
	return table, slices.DeleteFunc(table.Names(), func(name string) bool { return slices.Contains(known, name) }), nil
}

// LookToMeasure is Look for a command that starts servers. It returns
// host.ErrNotLinux where joust cannot, and raises the limit of open files.
func (o *Opener) LookToMeasure(pin string) (*World, error) {
	if runtime.GOOS != "linux" {
		return nil, host.ErrNotLinux
	}
	w, err := o.Look(pin)
	if err != nil {
		return nil, err
	}
	return w, machine.RaiseNoFile()
}

// Folders makes servers of the folders among the names: those with a slash, and those
// of folders in the working folder that hold a server.yaml. It returns the servers'
// names. Look finds them later. A URL is no folder.
func (o *Opener) Folders(names []string) []string {
	var list []string
	for _, name := range names {
		if name = strings.TrimSpace(name); isFolder(name) {
			if path, err := filepath.Abs(name); err == nil {
				o.ServersDirs = append(o.ServersDirs, name)
				name = filepath.Base(path)
			}
		}
		list = append(list, name)
	}
	return list
}

func isFolder(name string) bool {
	if name == "" || strings.Contains(name, "://") {
		return false
	}
	_, err := os.Stat(filepath.Join(name, catalog.ManifestName))
	return err == nil || strings.ContainsRune(name, '/')
}

// checkout returns the servers of the checkout in which the working folder or joust's
// own program lies.
func checkout() (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the working folder: %w", err)
	}
	dir, err := catalog.FindServersDir(here)
	if err == nil {
		return dir, nil
	}
	if program, programErr := os.Executable(); programErr == nil {
		if dir, programErr = catalog.FindServersDir(filepath.Dir(program)); programErr == nil {
			return dir, nil
		}
	}
	return "", err
}

// released returns the servers of joust's release, since there is no checkout.
func (o *Opener) released(noCheckout error) (dir string, err error) {
	const wayOut = "name a folder of servers with --servers-dir, or to run and check a running server with --url NAME=URL"
	if o.Field == nil {
		return "", fmt.Errorf("%w; %s", noCheckout, wayOut)
	}
	if dir, err = o.Field(); err != nil {
		return "", fmt.Errorf("%w, and %w; %s", noCheckout, err, wayOut)
	}
	o.Say("joust: no checkout here: the servers are those in %s", dir)
	return dir, nil
}

// loadServers loads the checkout's servers and those of ServersDirs. No checkout
// is needed where there are others.
func (o *Opener) loadServers(table scenarios.Rows) (*catalog.Servers, error) {
	dirs := o.ServersDirs
	own, err := checkout()
	if errors.Is(err, catalog.ErrNoCheckout) && len(dirs)+len(o.Attached.URLs) == 0 {
		own, err = o.released(err)
	}
	switch {
	case err == nil:
		dirs = append([]string{own}, dirs...)
	case len(dirs)+len(o.Attached.URLs) == 0:
		return nil, Usage(err)
	}
	servers, err := catalog.Load(table, dirs...)
	if err != nil {
		return nil, Usage(err)
	}
	return servers, Usage(o.Attached.add(servers, table))
}

// Named returns a UsageError where no server has the name that a flag gives.
func (w *World) Named(flag, server string) error {
	if _, err := w.Servers.Find(server); err != nil {
		return Usage(fmt.Errorf("%s: %w", flag, err))
	}
	return nil
}

// Wanted returns the servers of those names, all for no names. A pattern such as "go*"
// or "all" stands for the servers that can run here, and "-NAME" leaves servers out. A
// named server that cannot run here is a UsageError.
func (w *World) Wanted(names []string) ([]catalog.Manifest, error) {
	if len(names) == 0 {
		return w.Servers.All(), nil
	}
	words := make([]selection.Word, len(names))
	for i, name := range names {
		words[i] = selection.Parse(name)
	}
	if selection.OnlyExcludes(words) {
		words = append(words, selection.Word{Text: selection.All})
	}
	var list []catalog.Manifest
	var errs []error
	for _, word := range words {
		matching, err := w.servers(word)
		if err != nil {
			errs = append(errs, err)
		}
		if !word.Except {
			list = append(list, matching...)
		}
	}
	return slices.DeleteFunc(list, func(m catalog.Manifest) bool {
		return slices.ContainsFunc(words, func(w selection.Word) bool { return w.Except && w.Matches(m.Name) })
	}), Usage(errors.Join(errs...))
}

// servers returns the servers for which one word of a selection stands.
func (w *World) servers(word selection.Word) ([]catalog.Manifest, error) {
	if word.Text != selection.All && !word.IsPattern() {
		m, err := w.Servers.Find(word.Text)
		if err == nil && !word.Except {
			err = catalog.Available(*m)
		}
		if err != nil {
			return nil, err
		}
		return []catalog.Manifest{*m}, nil
	}
	list := slices.DeleteFunc(slices.Clone(w.Servers.All()), func(m catalog.Manifest) bool {
		return !word.Matches(m.Name) || catalog.Available(m) != nil
	})
	if len(list) == 0 {
		return nil, fmt.Errorf("no server that can run here matches %s; joust list servers shows all", word.Text)
	}
	return list, nil
}

// Rows returns the scenarios for which the words stand, as scenarios.Rows.Select does;
// all for no words.
func (w *World) Rows(words []string) ([]scenarios.Scenario, error) {
	if len(words) == 0 {
		return w.Table, nil
	}
	chosen, err := w.Table.Select(words...)
	var list []scenarios.Scenario
	for _, row := range chosen {
		list = append(list, *row)
	}
	return list, Usage(err)
}

// Claimed returns the rows for which the words stand, all that the server claims for no
// words. A row that a word names, and that the server does not claim, is a UsageError.
func (w *World) Claimed(m catalog.Manifest, words []string) ([]scenarios.Scenario, error) {
	rows, err := w.Rows(words)
	if err != nil {
		return nil, err
	}
	unclaimed := func(s scenarios.Scenario) bool { return !slices.Contains(m.Scenarios, s.Name) }
	i := slices.IndexFunc(rows, func(s scenarios.Scenario) bool { return unclaimed(s) && slices.Contains(words, s.Name) })
	if i >= 0 {
		return nil, Usage(fmt.Errorf("server %s does not claim %s: take another --server", m.Name, rows[i].Name))
	}
	return slices.DeleteFunc(slices.Clone(rows), unclaimed), nil
}

// DefaultIdle returns the idle strategy of a loader on its side of the split.
// JOUST_IDLE replaces it on machines on which several jousts share the loader's
// CPUs, as in this project's tests: loaders that poll there would keep each other
// from working.
func DefaultIdle(split results.CPUSplit) loaders.IdleStrategy {
	if idle := loaders.IdleStrategy(os.Getenv("JOUST_IDLE")); slices.Contains(loaders.IdleStrategies(), idle) {
		return idle
	}
	return loaders.DefaultIdle(split.Separate(), runtime.NumCPU())
}

// Catalogue returns the world as a plan sees it.
func (w *World) Catalogue() plan.Catalogue {
	limit, reason := machine.MaxConnections()
	if limit == 0 {
		limit = -1 // none, where 0 is unknown
	}
	c := plan.Catalogue{
		MemoryBytes: machine.Facts().MemoryBytes,
		Scenarios:   w.Table, LoaderCPUs: max(1, len(w.Split.Loader)), Idle: DefaultIdle(w.Split),
		Engines:     Engines(),
		Connections: plan.ConnectionLimit{Max: limit, Reason: reason},
		FreshSeed:   FreshSeed(), NoContainers: w.Opener.noContainers, LookupEnv: os.LookupEnv, Broken: map[string]string{},
	}
	for _, b := range w.Servers.Broken() {
		c.Broken[b.Name] = strings.ReplaceAll(b.Err.Error(), "\n", "; ")
	}
	for _, m := range w.Servers.All() {
		s := plan.ServerFacts{
			Isolation: m.DefaultIsolation(), CannotBe: map[string]string{
				results.IsolationProcess:   m.CannotBe(results.IsolationProcess),
				results.IsolationContainer: m.CannotBe(results.IsolationContainer),
			},
			Name: m.Name, Protocols: m.Protocols, Scenarios: m.Scenarios, Unsupported: m.Unsupported,
			Parameters:   slices.Sorted(maps.Keys(m.Parameters)),
			StartTimeout: m.StartTimeout, StopTimeout: m.StopTimeout, WarmupCap: m.WarmupCap,
			Profiler: m.Profiler, Attached: m.URL != "",
		}
		if err := catalog.Available(m); err != nil {
			s.Unavailable = err.Error()
		}
		c.Servers = append(c.Servers, s)
	}
	return c
}

// Engines returns the loader's engines that run on this system, the best first.
func Engines() []loaders.EngineName {
	return slices.Compact([]loaders.EngineName{engine.Default(), loaders.Portable})
}

// FreshSeed returns a seed that a person can type again.
func FreshSeed() uint64 { return rand.Uint64N(1e9) }
