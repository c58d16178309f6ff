package session

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

func TestUsageErrors(t *testing.T) {
	t.Parallel()
	cause := errors.New("no such flag")
	err := Usage(cause)
	var misuse *UsageError
	if !errors.As(err, &misuse) || !errors.Is(err, cause) || err.Error() != cause.Error() {
		t.Errorf("%v is no mistake of usage", err)
	}
	if err := Usage(nil); err != nil {
		t.Errorf("no mistake became %v", err)
	}
}

func TestIsolate(t *testing.T) {
	t.Parallel()
	process, image := catalog.Manifest{Name: "native", Command: []string{"x"}}, catalog.Manifest{Name: "image", Image: "x:1"}
	for _, c := range []struct {
		manifest catalog.Manifest
		asked    []string
		want     []string
	}{
		{process, nil, []string{"native process"}},
		{image, nil, []string{"image container"}},
		{image, []string{"process", "container"}, []string{"image container"}},
		{catalog.Manifest{Name: "go", Go: "."}, []string{"process", "container"}, []string{"go process", "go-container container"}},
		{image, []string{"process"}, []string{"image process"}}, // Unavailable says why not
	} {
		list, err := Isolate([]catalog.Manifest{c.manifest}, c.asked, map[string]string{"A": "1"})
		var got []string
		for _, s := range list {
			got = append(got, s.Name+" "+s.Isolation)
			if s.Env["A"] != "1" {
				t.Errorf("%s has the variables %v", s.Name, s.Env)
			}
		}
		if d := cmp.Diff(c.want, got); d != "" || err != nil {
			t.Errorf("%s as %v: %v\n%s", c.manifest.Name, c.asked, err, d)
		}
	}
	var misuse *UsageError
	if _, err := Isolate(nil, []string{"jail"}, nil); !errors.As(err, &misuse) || !strings.Contains(err.Error(), `unknown isolation "jail"`) {
		t.Errorf("a jail: %v", err)
	}
}

// The policy of a stored split gives the same split again.
func TestPinOf(t *testing.T) {
	t.Parallel()
	four := cpuset.Topology{}
	for id := range 4 {
		four.CPUs = append(four.CPUs, cpuset.CPU{ID: id, Core: id})
	}
	for _, pin := range []string{cpuset.PolicyAuto, cpuset.PolicyNone, "server=0,2;loader=3"} {
		split, err := cpuset.Split(four, nil, pin)
		if err != nil {
			t.Fatal(err)
		}
		again, err := cpuset.Split(four, nil, pinOf(split))
		again.Note = split.Note // it says how the split was made
		if d := cmp.Diff(split, again); d != "" || err != nil {
			t.Errorf("%s: %v\n%s", pin, err, d)
		}
	}
}

// A run goes on where its rows and servers are there. Any other difference is one
// warning.
func TestMeetAgain(t *testing.T) {
	t.Parallel()
	m := func() *Measurement {
		return &Measurement{
			World:     &World{Opener: &Opener{Version: "2"}},
			Catalogue: plan.Catalogue{Scenarios: []scenarios.Scenario{{Name: "hello"}}, Servers: []plan.ServerFacts{{Name: "nginx"}}},
			Run: results.Run{
				Joust:   results.Build{Version: "1"},
				Servers: []results.Server{{Name: "nginx", Folder: "nginx", Unavailable: "it was not installed"}},
				Plan:    results.Plan{Tables: []results.PlanTable{{Scenario: "hello"}}},
			},
		}
	}
	good := m()
	for range 2 {
		if err := good.meetAgain(); err != nil {
			t.Fatal(err)
		}
	}
	warnings := strings.Join(good.Run.Warnings, "\n")
	for _, want := range []string{"resumed with another state of nginx: it was not installed before, available now", "resumed with another joust: 1 "} {
		if strings.Count(warnings, want) != 1 {
			t.Errorf("%q is not there once in\n%s", want, warnings)
		}
	}
	bad := m()
	bad.Catalogue = plan.Catalogue{}
	err := bad.meetAgain()
	for _, want := range []string{"the run's scenario hello is not in this joust's table", "the run's server nginx is not here"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func TestAttachedProcesses(t *testing.T) {
	t.Parallel()
	urls := []string{"a=http://127.0.0.1:1", "b=http://127.0.0.1:2"}
	processes, err := (&Attached{URLs: urls, PIDs: []string{"a=12"}, Containers: []string{"b=web"}}).processes()
	if err != nil || processes["a"].pid != 12 || processes["b"].container != "web" {
		t.Errorf("processes %v, %v", processes, err)
	}
	if processes, err := (&Attached{URLs: urls[:1], PIDs: []string{"12"}}).processes(); err != nil || processes["a"].pid != 12 {
		t.Errorf("a number alone for one server: %v, %v", processes, err)
	}
	for says, at := range map[string]*Attached{
		"it samples a server of --url, and there is none":    {PIDs: []string{"12"}},
		"there are 2 servers of --url: write NAME=PID":       {URLs: urls, PIDs: []string{"12"}},
		`no --url has the name "c"`:                          {URLs: urls, PIDs: []string{"c=12"}},
		`"x" is not the number of a process`:                 {URLs: urls, PIDs: []string{"a=x"}},
		"--pid a=13: a has a process or a container already": {URLs: urls, PIDs: []string{"a=12", "a=13"}},
		"--container a=web: a has a process or a container":  {URLs: urls, PIDs: []string{"a=12"}, Containers: []string{"a=web"}},
		"--container a=: no container is named":              {URLs: urls, Containers: []string{"a="}},
	} {
		if _, err := at.processes(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v, want %q", at, err, says)
		}
	}
}
