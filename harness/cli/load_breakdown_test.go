package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/engine"
	"github.com/joust-bench/joust/results/summary"
)

// Of several hosts each connection looks up the name of its own.
func TestLoadBreakdownOfSeveralHosts(t *testing.T) {
	t.Parallel()
	named, numeric := newTarget(t, nil), newTarget(t, nil)
	lines := strings.Replace(named.URL, "127.0.0.1", "localhost", 1) + "/\n" + numeric.URL + "/\n"
	for _, name := range []string{string(engine.Default()), string(loaders.Portable)} {
		c, out, errs := command(t, t.TempDir(), "load", "--url-file", "-", "-n", "12", "-c", "2", "--reconnect", "1", "--breakdown", "--engine", name, "--format", "json")
		c.Stdin = strings.NewReader(lines + lines)
		if code := exitOf(t, c.Run()); code != ExitOK && code != ExitVoid {
			t.Errorf("%s: exit code %d\n%s", name, code, errs)
		}
		var d summary.Document
		if err := json.Unmarshal(out.Bytes(), &d); err != nil || d.Breakdown == nil || d.Breakdown.NewConnections != 12 {
			t.Fatalf("%s: %v, %+v", name, err, d.Breakdown)
		}
		if first := d.Breakdown.Steps[0]; first.Of != "lookup" || first.Samples != 6 {
			t.Errorf("%s: first step %+v, want 6 lookups", name, first)
		}
	}
}

// With --breakdown each connection looks the URL's name up, and every step has its figures.
func TestLoadBreakdown(t *testing.T) {
	t.Parallel()
	s := newTarget(t, nil)
	url := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	for _, name := range []string{string(engine.Default()), string(loaders.Portable)} {
		args := []string{"load", url, "-n", "12", "-c", "2", "--reconnect", "1", "--breakdown", "--engine", name}
		c, out, errs := command(t, t.TempDir(), args...)
		if code := exitOf(t, c.Run()); code != ExitOK && code != ExitVoid {
			t.Errorf("%s: exit code %d\n%s", name, code, errs)
		}
		for _, want := range []string{"breakdown: 12 of the right answers came over new connections, 0 over reused ones", "lookup ", "connect ", "write ", "wait ", "transfer ", "total "} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: no %q in\n%s", name, want, out)
			}
		}
		c, out, errs = command(t, t.TempDir(), append(args, "--format", "json")...)
		if code := exitOf(t, c.Run()); code != ExitOK && code != ExitVoid {
			t.Errorf("%s: exit code %d\n%s", name, code, errs)
		}
		var d summary.Document
		if err := json.Unmarshal(out.Bytes(), &d); err != nil || d.Breakdown == nil || d.Breakdown.NewConnections != 12 {
			t.Fatalf("%s: %v, %+v", name, err, d.Breakdown)
		}
		if first := d.Breakdown.Steps[0]; first.Of != "lookup" || first.Samples != 12 {
			t.Errorf("%s: first step %+v, want 12 lookups", name, first)
		}
	}
}
