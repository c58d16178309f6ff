package matrix_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/matrix"
)

// surround sets the surroundings of the servers that were started.
func surround(run *results.Run) {
	for i := range run.Servers {
		if s := &run.Servers[i]; s.Unavailable == "" {
			s.Surroundings = surroundingsWith(map[string]string{"HOME": "/nowhere", "PATH": "/bin", "TMPDIR": "{{.Dir}}"})
		}
	}
	node := run.Server("node").Surroundings
	node.Environment["UV_THREADPOOL_SIZE"], node.Added = "1", []string{"UV_THREADPOOL_SIZE"}
}

// surroundingsWith returns surroundings with these variables in addition to the
// fixed ones.
func surroundingsWith(variables map[string]string) *results.Surroundings {
	s := &results.Surroundings{
		Environment: map[string]string{"LANG": "C.UTF-8", "TZ": "UTC"}, WorkingDirectory: "{{.Dir}}", Umask: "0022",
		Niceness: new(0), Limits: map[string]string{"nofile soft": "1048576", "nofile hard": "1048576"},
	}
	maps.Copy(s.Environment, variables)
	return s
}

func TestSurroundingsInWords(t *testing.T) {
	t.Parallel()
	own := func(s *results.Surroundings, names ...string) *results.Surroundings {
		s.Added = names
		return s
	}
	for _, c := range []struct {
		name    string
		servers []results.Server
		want    []string
	}{
		{"not stored", []results.Server{{Name: "old"}}, nil},
		{"private values", []results.Server{{Name: "a", Surroundings: own(surroundingsWith(map[string]string{"PATH": "/secret", "HOME": "/secret", "A": "1"}), "A", "PATH")}}, []string{
			"Servers ran with HOME, LANG=C.UTF-8, TZ=UTC and nothing else of the shell's environment; umask 0022; niceness 0; at most 1048576 open files",
			"a also has PATH, A=1",
		}},
		{"both ways", []results.Server{
			{Name: "a", Surroundings: surroundingsWith(nil)}, {Name: "ran already", URL: "http://127.0.0.1:1"},
			{Name: "b", Isolation: results.IsolationContainer, Surroundings: &results.Surroundings{Environment: map[string]string{"TZ": "UTC"}}},
			{Name: "c", Surroundings: surroundingsWith(nil)},
		}, []string{
			"a, c ran with LANG=C.UTF-8, TZ=UTC and nothing else of the shell's environment; umask 0022; niceness 0; at most 1048576 open files",
			"b ran with TZ=UTC and the variables of the image",
		}},
	} {
		run := emptyRun()
		run.Servers, run.Host = c.servers, results.Host{}
		// CPU, split, system and Go come first.
		got := slices.Clip(listUnder(t, matrix.Bench(cells.Of(run)), "## Machine")[4:])
		if d := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}
