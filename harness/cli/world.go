package cli

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// world is what there is: rows, servers, and this machine's processors.
type world struct {
	table    *scenarios.Table
	servers  *catalog.Servers
	topology cpuset.Topology
	split    results.CPUSplit
	// running are the servers that were attached to, by name.
	running map[string]fixture
}

// look loads the table, the servers and the machine; pin is the policy of the
// CPU split.
func (a *app) look(pin string) (*world, error) {
	table, err := scenarios.Load()
	if err != nil {
		return nil, fmt.Errorf("the built-in scenario table: %w", err)
	}
	w := &world{table: table}
	if w.servers, err = a.loadServers(table); err != nil {
		return nil, err
	}
	if runtime.GOOS != "linux" {
		return w, nil
	}
	if w.topology, err = cpuset.Read(); err != nil {
		return nil, err
	}
	w.split, err = cpuset.Split(w.topology, nil, pin)
	return w, usage(err)
}

// loadServers loads the checkout's servers and those of --servers-dir. Without
// a checkout, the flag alone will do.
func (a *app) loadServers(table *scenarios.Table) (*catalog.Servers, error) {
	here, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("finding the working folder: %w", err)
	}
	dirs := a.serversDirs
	own, err := catalog.FindServersDir(here)
	switch {
	case err == nil:
		dirs = append([]string{own}, dirs...)
	case len(dirs) == 0 && len(a.attached.urls) == 0:
		return nil, usage(err)
	}
	servers, err := catalog.Load(table, dirs...)
	if err != nil {
		return nil, usage(err)
	}
	return servers, usage(a.attached.add(servers, table))
}

// named is a mistake of usage where no server has the name that a flag gives.
func (w *world) named(flag, server string) error {
	if _, err := w.servers.Find(server); err != nil {
		return usage(fmt.Errorf("%s: %w", flag, err))
	}
	return nil
}

// defaultIdle is how a loader on its side of the split waits where nobody says
// it.
// JOUST_IDLE is for machines on which several jousts share the loader's CPUs, as
// this project's tests do: loaders that poll there would keep each other from
// working.
func defaultIdle(split results.CPUSplit) loaders.IdleStrategy {
	if idle := loaders.IdleStrategy(os.Getenv("JOUST_IDLE")); slices.Contains(loaders.IdleStrategies(), idle) {
		return idle
	}
	return loaders.DefaultIdle(split.Separate(), runtime.NumCPU())
}

// catalogue is the world as a plan sees it.
func (a *app) catalogue(w *world) plan.Catalogue {
	limit, reason := machine.MaxConnections()
	c := plan.Catalogue{
		Scenarios: w.table.All(), LoaderCPUs: max(1, len(w.split.Loader)), Idle: defaultIdle(w.split),
		Engines:     engines(),
		Connections: plan.ConnectionLimit{Max: limit, Reason: reason},
		FreshSeed:   freshSeed(), NoContainers: a.noContainers, LookupEnv: os.LookupEnv,
	}
	for _, m := range w.servers.All() {
		s := plan.Server{
			Isolation: m.DefaultIsolation(), CannotBe: cannotBe(&m),
			Name: m.Name, Protocols: m.Protocols, Scenarios: m.Scenarios, Unsupported: m.Unsupported,
			StartTimeout: m.StartTimeout, StopTimeout: m.StopTimeout, WarmupCap: m.WarmupCap,
		}
		if err := catalog.Available(m); err != nil {
			s.Unavailable = err.Error()
		}
		c.Servers = append(c.Servers, s)
	}
	return c
}

func engines() []loaders.EngineName {
	if runtime.GOOS == "linux" {
		return []loaders.EngineName{loaders.EventLoop, loaders.Portable}
	}
	return []loaders.EngineName{loaders.Portable}
}

// freshSeed is a seed that a person can type again.
func freshSeed() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return binary.LittleEndian.Uint64(b[:]) % 1e9
}

// buildTold is how often a long build says how far it is.
const buildTold = 5 * time.Second

// build builds one server's program, with progress on standard error.
func (a *app) build(ctx context.Context, b *catalog.Builder, m catalog.Manifest) (binary string, err error) {
	if m.Go == "" {
		return "", nil
	}
	began, packages := time.Now(), 0
	told := began
	binary, err = b.Build(ctx, m, func(string) {
		if packages++; packages == 1 {
			fmt.Fprintf(a.stderr, "building %s\n", m.Name)
		}
		if time.Since(told) > buildTold {
			told = time.Now()
			fmt.Fprintf(a.stderr, "building %s: %d packages compiled\n", m.Name, packages)
		}
	})
	if err == nil && packages > 0 {
		fmt.Fprintf(a.stderr, "built %s in %s\n", m.Name, time.Since(began).Round(100*time.Millisecond))
	}
	return binary, err
}

// wanted are the servers of those names, all that can run here for none.
func (w *world) wanted(names []string) ([]catalog.Manifest, error) {
	if len(names) == 0 {
		return w.servers.All(), nil
	}
	var list []catalog.Manifest
	var errs []error
	for _, name := range names {
		m, err := w.servers.Find(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if err := catalog.Available(*m); err != nil {
			errs = append(errs, err)
			continue
		}
		list = append(list, *m)
	}
	return list, usage(errors.Join(errs...))
}
