package matrix_test

import (
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/matrix"
)

// battery returns an outcome of 30 points, with one that was not asked and these that
// failed.
func battery(failed ...string) *results.Conformance {
	c := &results.Conformance{Points: []results.ConformancePoint{{Name: "Expect: 100-continue", Outcome: results.ConformanceNotAsked}}}
	for range 30 - len(failed) {
		c.Points = append(c.Points, results.ConformancePoint{Name: "HEAD", Outcome: results.ConformancePassed})
	}
	for _, name := range failed {
		c.Points = append(c.Points, results.ConformancePoint{Name: name, Section: "RFC 9112 §6.3", Outcome: results.ConformanceFailed, Got: "status 200"})
	}
	return c
}

// Both pages have the scores of the servers that were asked, and name failing points.
func TestConformanceStandsBesideTheSpeed(t *testing.T) {
	t.Parallel()
	run := fullRun(t)
	for name, page := range map[string]string{"bench": matrix.Bench(cells.Of(run)), "wrk2": matrix.OpenLoop(cells.Of(run))} {
		_, section, found := strings.Cut(page, "## HTTP/1.1 conformance\n")
		section, _, _ = strings.Cut(section, "\n## ")
		if !found {
			t.Errorf("%s: no section", name)
		}
		for _, want := range []string{"| nethttp | 28 of 30 |", "Content-Length beside Transfer-Encoding (RFC 9112 §6.3); two Hosts (RFC 9112 §6.3)", "| gin     | 30 of 30 | none"} {
			if !strings.Contains(section, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, section)
			}
		}
		if strings.Contains(section, "nginx") || strings.Contains(section, "nethttp-aa") {
			t.Errorf("%s: a server that was not asked, or a copy, has a line:\n%s", name, section)
		}
	}
	for i := range run.Servers {
		run.Servers[i].Conformance = nil
	}
	if page := matrix.Bench(cells.Of(run)); strings.Contains(page, "conformance") {
		t.Error("a run without batteries has the section")
	}
}
