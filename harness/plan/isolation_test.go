package plan_test

import (
	"strings"
	"testing"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results"
)

// contained returns a catalogue with an image and a program of the machine too. none
// is the reason why containers cannot run, or "".
func contained(t *testing.T, none string) plan.Catalogue {
	t.Helper()
	c := catalogue(t)
	c.NoContainers = func() string { return none }
	image := *c.Server("nethttp")
	image.Name, image.Isolation = "image", results.IsolationContainer
	image.CannotBe = map[string]string{results.IsolationProcess: "it is an image"}
	c.Servers = append(c.Servers, image)
	c.Server("nginx").CannotBe = map[string]string{results.IsolationContainer: "it is a program"}
	return c
}

func TestIsolations(t *testing.T) {
	t.Parallel()
	const rest = "\ntables: [{scenarios: [hello], modes: [closed]}]\n"
	both := []string{"process", "container"}
	for name, test := range map[string]struct {
		servers  string
		flag     []string
		entries  string
		warnings string
	}{
		"as servers are":  {"[nethttp, image]", nil, "nethttp, image in container", ""},
		"by the file":     {"[nethttp, {server: nethttp, as: boxed, isolation: container}]", nil, "nethttp, boxed in container", ""},
		"without a name":  {"[{server: nethttp, isolation: container}]", nil, "nethttp in container", ""},
		"one way":         {"[nethttp, image]", []string{"container"}, "nethttp in container, image in container", ""},
		"the flag wins":   {"[{server: nethttp, isolation: container}]", []string{"process"}, "nethttp", ""},
		"both ways":       {"[nethttp]", both, "nethttp, nethttp-container in container", ""},
		"the other order": {"[nethttp]", []string{"container", "process"}, "nethttp in container, nethttp-process", ""},
		"where it can":    {"[image, nginx]", both, "image in container, nginx", "image runs in one isolation only: it is an image; nginx runs in one isolation only: it is a program"},
		"where it cannot": {"[nethttp, nginx]", []string{"container"}, "nethttp in container, nginx in container", "nginx cannot run here and is only listed in the matrix: it is a program"},
	} {
		p, warnings := resolve(t, "servers: "+test.servers+rest, plan.Overrides{Flags: plan.Flags{"isolation": test.flag}}, contained(t, ""))
		var entries []string
		for _, e := range p.Entries {
			text := e.As
			if e.Isolation != "" {
				text += " in " + e.Isolation
			}
			entries = append(entries, text)
		}
		if got := strings.Join(entries, ", "); got != test.entries {
			t.Errorf("%s: entries %s, want %s", name, got, test.entries)
		}
		if got := strings.Join(warnings, "; "); got != test.warnings {
			t.Errorf("%s: warnings %q, want %q", name, got, test.warnings)
		}
		if len(p.Entries) == 2 && plan.Placebo(p, 1) != "" {
			t.Errorf("%s: %s counts as a copy of %s", name, p.Entries[1].As, plan.Placebo(p, 1))
		}
	}
}

func TestBadIsolations(t *testing.T) {
	t.Parallel()
	const hello = "\ntables: [{scenarios: [hello], modes: [closed]}]\n"
	for want, test := range map[string]struct {
		file string
		o    plan.Overrides
		none string
	}{
		`unknown isolation "vm"`:                              {"servers: [{server: nethttp, isolation: vm}]" + hello, plan.Overrides{}, ""},
		`--isolation: unknown isolation "contaner"`:           {"servers: [nethttp]" + hello, withFlags("--isolation=contaner"), ""},
		"would make a second entry nethttp-container":         {"servers: [nethttp, {server: nethttp, as: nethttp-container}]" + hello, withFlags("--isolation=process,container"), ""},
		"--servers: image cannot run here: no engine answers": {"servers: [nethttp]" + hello, withFlags("--servers=nethttp,image"), "no engine answers"},
	} {
		_, _, err := plan.Resolve("plan.yaml", []byte(test.file), test.o, contained(t, test.none))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
	// A plan of processes does not ask for an engine.
	c := catalogue(t)
	c.NoContainers = func() string { t.Error("an engine was asked for"); return "" }
	resolve(t, "servers: [nethttp]"+hello, plan.Overrides{}, c)
}
