package summary_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/golden"
	"github.com/joust-bench/joust/results/summary"
	"github.com/joust-bench/joust/results/table"
)

// manyURLs is a load of n URLs on two hosts. The second host went down. The first URL had
// the most requests.
func manyURLs(t testing.TB, n int) results.Report {
	t.Helper()
	p := closed(t)
	p.Groups, p.Total.Completed = map[string]results.Group{}, 0
	for i := range n {
		name := fmt.Sprintf("GET http://one.example:8080/articles/2026/11/a-rather-long-title-of-an-article-%03d", i)
		g := results.Group{Completed: uint64(20_000 - 100*i), Service: spread(t, 20_000-100*i, int64(100_000+i*1000), 2_000_000)}
		p.Groups[name] = g
		p.Total.Completed += g.Completed
	}
	p.Groups["GET https://two.example/"] = results.Group{Failed: 500, Errors: map[results.Cause]uint64{results.CauseConnectRefused: 500}}
	p.Total.Failed, p.Total.Errors = 500, map[results.Cause]uint64{results.CauseConnectRefused: 500}
	p.Asked = p.Right() + p.Failures()
	p.Targets = []results.TargetUse{
		{URL: "http://one.example:8080", Address: "192.0.2.1:8080", Connections: 32, ConnectionsOpen: 32, Right: p.Right()},
		{
			URL: "https://two.example", Address: "192.0.2.2:443", Connections: 32, Failed: 500,
			ConnectionErrors: map[results.Cause]uint64{results.CauseConnectRefused: 90}, FirstConnectionError: "connection refused",
		},
	}
	r := report(t, p)
	r.URLs, r.Users = n+1, 64
	return r
}

func TestTextOfManyURLs(t *testing.T) {
	t.Parallel()
	grouped := manyURLs(t, 5)
	grouped.URLs, grouped.GroupedBy = 1_000_000, "host and first path segment"
	for name, c := range map[string]struct {
		report results.Report
		width  int
	}{
		"few_urls": {manyURLs(t, 5), 0}, "many_urls": {manyURLs(t, 40), 0}, "many_urls_narrow": {manyURLs(t, 40), 80}, "grouped_urls": {grouped, 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := summary.Text(&out, "URLs of urls.txt", &c.report, summary.Options{Width: c.width}); err != nil {
				t.Fatal(err)
			}
			golden.Hold(t, "testdata/"+name+".txt", out.String())
			if n := table.Widest(out.String()); c.width > 0 && n > c.width {
				t.Errorf("a line has %d columns of %d", n, c.width)
			}
		})
	}
}

// JSON has each group in plain numbers, which add up to the whole.
func TestJSONOfManyURLs(t *testing.T) {
	t.Parallel()
	r := manyURLs(t, 40)
	var out bytes.Buffer
	if err := summary.JSON(&out, r, summary.Options{}); err != nil {
		t.Fatal(err)
	}
	var d summary.Document
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	var right, failed uint64
	for name, g := range d.Groups {
		right, failed = right+g.Requests, failed+g.Failed
		if (g.Latency == nil) != (g.Requests == 0) || g.Latency != nil && (g.Latency.Of != "service" || g.Latency.Samples != g.Requests || g.Latency.PercentilesNS["p99"] <= g.Latency.PercentilesNS["p50"]) {
			t.Errorf("%s: %+v", name, g)
		}
		if got, want := g.ThroughputRPS, float64(g.Requests)/10; got != want {
			t.Errorf("%s: %v req/s, want %v", name, got, want)
		}
	}
	if len(d.Groups) != 41 || right != d.Requests || failed != r.Phases[1].Total.Failed {
		t.Errorf("%d groups with %d right and %d failed, in all %d", len(d.Groups), right, failed, d.Requests)
	}
	var one bytes.Buffer
	if err := summary.JSON(&one, report(t, closed(t)), summary.Options{}); err != nil || strings.Contains(one.String(), `"groups"`) {
		t.Errorf("one request has groups: %v", err)
	}
}

// A damaged histogram of one group is an error that names the group.
func TestDamagedGroup(t *testing.T) {
	t.Parallel()
	r := manyURLs(t, 2)
	for name, g := range r.Phases[1].Groups {
		if g.Service != nil {
			g.Service.HDRv2 = "AAAA"
			r.Phases[1].Groups[name] = g
		}
	}
	if err := summary.Text(&bytes.Buffer{}, "", &r, summary.Options{}); err == nil || !strings.Contains(err.Error(), "article") {
		t.Errorf("text: %v", err)
	}
	if err := summary.JSON(&bytes.Buffer{}, r, summary.Options{}); err == nil || !strings.Contains(err.Error(), "article") {
		t.Errorf("JSON: %v", err)
	}
}
