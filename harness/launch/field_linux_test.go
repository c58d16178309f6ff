package launch_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/dataset"
)

// field is what the tests of all servers share.
type field struct {
	launcher launch.Launcher
	builder  *catalog.Builder
	rows     scenarios.Rows
	// required are the names of scripts/light-servers.
	required []string
}

// newField makes ready what the tests of all servers share.
func newField(t *testing.T) *field {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	local, err := host.NewLocal(host.LocalOptions{Keeper: []string{self, "keep"}})
	must(t, err)
	cache, err := catalog.Cache()
	must(t, err)
	data, err := dataset.Ensure(filepath.Join(cache, "data"))
	must(t, err)
	builder, err := catalog.NewBuilder("")
	must(t, err)
	rows, err := scenarios.Load()
	must(t, err)
	light, err := os.ReadFile("../../scripts/light-servers")
	must(t, err)
	f := &field{launcher: launch.Launcher{Host: local, Logs: t.TempDir(), Data: data}, builder: builder, rows: rows}
	for line := range strings.Lines(string(light)) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") {
			f.required = append(f.required, line)
		}
	}
	return f
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestField starts every Go server of the repository and the others of
// scripts/light-servers, and asks each every request of the rows that it claims once.
// make field checks all servers, asks more, and takes longer.
func TestField(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts every server")
	}
	t.Parallel()
	f := newField(t)
	dir, err := catalog.FindServersDir(".")
	must(t, err)
	servers, err := catalog.Load(f.rows, dir)
	must(t, err)
	for _, b := range servers.Broken() {
		t.Error(b.Err)
	}
	for _, name := range f.required {
		if _, err := servers.Find(name); err != nil {
			t.Errorf("scripts/light-servers: %v", err)
		}
	}
	for _, m := range servers.All() {
		if m.Go == "" && !slices.Contains(f.required, m.Name) {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			f.hold(t, m)
		})
	}
}

// hold checks one server. It skips one that cannot run here, unless that is required.
func (f *field) hold(t *testing.T, m catalog.Manifest) {
	if missing := catalog.Available(m); missing != nil {
		if os.Getenv("JOUST_REQUIRE") == "all" && slices.Contains(f.required, m.Name) {
			t.Fatalf("%v, and JOUST_REQUIRE=all: scripts/install-servers.sh %s", missing, m.Name)
		}
		t.Skip(missing)
	}
	fixture := launch.Fixture{Manifest: m}
	if m.Go != "" || m.Build != nil {
		var err error
		fixture.Built, err = f.builder.Build(t.Context(), m, nil)
		must(t, err)
	}
	if _, err := catalog.Versions(t.Context(), m, fixture.Built, nil); err != nil {
		t.Error(err)
	}
	byCaps := map[scenarios.ServerCaps][]*scenarios.Scenario{}
	for i := range f.rows {
		if row := &f.rows[i]; slices.Contains(m.Scenarios, row.Name) {
			byCaps[row.Server] = append(byCaps[row.Server], row)
		}
	}
	for _, rows := range byCaps {
		f.ask(t, fixture, rows)
	}
}

// ask starts the server with the caps of the rows and asks it each of them.
func (f *field) ask(t *testing.T, fixture launch.Fixture, rows []*scenarios.Scenario) {
	t.Helper()
	s, err := f.launcher.StartServer(t.Context(), fixture, scenarios.H1, rows[0])
	must(t, err)
	for _, row := range rows {
		if err := s.Exact(t.Context(), row); err != nil {
			t.Errorf("%s: %v", row.Name, err)
		}
	}
	if s.Ended() {
		t.Errorf("it has ended: %s\n%s", launch.DescribeExit(s.Handle.Exit()), s.LogTail())
	}
	if err := s.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
	if s.Killed != "" {
		t.Log(s.Killed) // on a busy machine no mistake; joust check reports it
	}
}
