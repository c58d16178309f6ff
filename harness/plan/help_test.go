package plan_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

const noHandler = "a stock nginx cannot run a handler"

// few returns the rows with which these tests count: a new row of the table changes
// nothing in them.
func few(table scenarios.Rows) (rows scenarios.Rows) {
	names := []string{"hello", "json", "echo", "headers_heavy", "large_response", "multi_request_body", "upload_20mb", "pipelined_h1"}
	for _, row := range table {
		if slices.Contains(names, row.Name) {
			rows = append(rows, row)
		}
	}
	return rows
}

// catalogue returns the real scenario table with servers like the real ones, on a
// machine with two processors.
func catalogue(t testing.TB) plan.Catalogue {
	t.Helper()
	table, err := scenarios.Load()
	if err != nil {
		t.Fatal(err)
	}
	c := plan.Catalogue{
		Scenarios:    few(table),
		LoaderCPUs:   1,
		Engines:      []loaders.EngineName{loaders.EventLoop},
		Idle:         loaders.Spin,
		FreshSeed:    42,
		LookupEnv:    func(string) (string, bool) { return "", false },
		NoContainers: func() string { return "nothing here runs containers" },
	}
	for _, name := range []string{"nethttp", "fasthttp", "gin", "echo", "chi", "fiber", "nginx", "node", "python"} {
		s := plan.ServerFacts{Name: name, Protocols: []string{"h1"}, Scenarios: table.Names(), StartTimeout: 10 * time.Second, StopTimeout: time.Second}
		if name == "nginx" {
			s.Scenarios = []string{"hello", "headers_heavy", "large_response", "pipelined_h1"}
			s.Unsupported = map[string]string{}
			for _, row := range []string{"json", "echo", "multi_request_body", "upload_20mb"} {
				s.Unsupported[row] = noHandler
			}
		}
		c.Servers = append(c.Servers, s)
	}
	return c
}

// field returns the catalogue with the servers of this checkout. All of them can run and
// claim each row that they do not call unsupported.
func field(t testing.TB) plan.Catalogue {
	t.Helper()
	c := catalogue(t)
	table, err := scenarios.Load() // the field claims rows of the whole table
	if err != nil {
		t.Fatal(err)
	}
	c.Scenarios = table
	servers, err := catalog.Load(table, "../../servers")
	if err != nil {
		t.Fatal(err)
	}
	c.Servers = nil
	for _, m := range servers.All() {
		c.Servers = append(c.Servers, plan.ServerFacts{
			Name: m.Name, Protocols: m.Protocols, Scenarios: table.Names(), Unsupported: m.Unsupported,
			StartTimeout: m.StartTimeout, StopTimeout: m.StopTimeout, WarmupCap: m.WarmupCap,
		})
	}
	return c
}

// small returns a catalogue of one server and the given rows, for rows that the
// real table does not have yet.
func small(rows ...scenarios.Scenario) plan.Catalogue {
	c := plan.Catalogue{LoaderCPUs: 1, Scenarios: rows, Engines: []loaders.EngineName{loaders.EventLoop}}
	s := plan.ServerFacts{Name: "one", Protocols: []string{"h1"}}
	for _, r := range rows {
		s.Scenarios = append(s.Scenarios, r.Name)
	}
	c.Servers = []plan.ServerFacts{s}
	return c
}

func row(name string, protocols []scenarios.Protocol, modes ...scenarios.Mode) scenarios.Scenario {
	return scenarios.Scenario{Name: name, Protocols: protocols, Modes: modes, Depth: 1}
}

func resolve(t testing.TB, yaml string, o plan.Overrides, c plan.Catalogue) (results.Plan, []string) {
	t.Helper()
	p, warnings, err := plan.Resolve("test.yaml", []byte(yaml), o, c)
	if err != nil {
		t.Fatalf("the plan was refused:\n%v", err)
	}
	return p, warnings
}

// refused returns the message of a plan that must not resolve.
func refused(t testing.TB, yaml string, o plan.Overrides, c plan.Catalogue) string {
	t.Helper()
	file, data := "test.yaml", []byte(yaml)
	if yaml == "" {
		file, data = "", nil
	}
	_, _, err := plan.Resolve(file, data, o, c)
	var problems *plan.Error
	if !errors.As(err, &problems) || len(problems.Problems) == 0 {
		t.Fatalf("the plan was not refused with a *plan.Error but: %v", err)
	}
	return err.Error()
}

// withFlags returns overrides with flags such as "--servers=gin,chi --trials=3".
func withFlags(line string) plan.Overrides {
	f := plan.Flags{}
	for _, flag := range strings.Fields(line) {
		name, text, _ := strings.Cut(strings.TrimPrefix(flag, "--"), "=")
		f[name] = strings.FieldsFunc(text, func(r rune) bool { return r == ',' })
	}
	return plan.Overrides{Flags: f}
}

// minimal is a plan file with defaults only.
const minimal = "servers: [nethttp, gin]\ntables: [{scenarios: [hello]}]\n"

func table(t testing.TB, p results.Plan, scenario string) results.PlanTable {
	t.Helper()
	for _, x := range p.Tables {
		if x.Scenario == scenario {
			return x
		}
	}
	t.Fatalf("the plan has no table for %s", scenario)
	return results.PlanTable{}
}

func seconds(n int64) float64 { return time.Duration(n).Seconds() }
