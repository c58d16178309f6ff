package summary_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/golden"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/summary"
	"github.com/joust-bench/joust/results/table"
)

// segments divides the window of a load into n parts of equal length. The server slows
// down in the middle, and fails then.
func segments(t testing.TB, p results.Phase, n int) []results.Segment {
	t.Helper()
	var list []results.Segment
	length := p.WindowNS() / int64(n)
	usual, slow := spread(t, 200, 100_000, 2_000_000), spread(t, 200, 400_000, 9_000_000)
	for i := range n {
		s := results.Segment{
			FromNS: p.T0NS + int64(i)*length, ToNS: p.T0NS + int64(i+1)*length,
			Completed: p.Total.Completed / uint64(n), Bytes: p.ReceivedBytes / uint64(n), Latency: usual,
		}
		if i == n/2 {
			s.Completed, s.Failed, s.Latency = 0, 7, nil
		}
		if i == n/2+1 {
			s.Latency = slow
		}
		if r := p.Rate; r != nil {
			s.Offered = ptr(r.Offered / uint64(n))
		}
		list = append(list, s)
	}
	return list
}

// divided returns the load with n segments.
func divided(t testing.TB, p results.Phase, n int) results.Report {
	t.Helper()
	p.Segments = segments(t, p, n)
	return report(t, p)
}

func textOf(t testing.TB, r results.Report, o summary.Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := summary.Text(&out, "GET http://127.0.0.1:8080/", &r, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTextOfParts(t *testing.T) {
	t.Parallel()
	users := divided(t, closed(t), 60)
	users.Users, users.Think = 9, "1s±50%"
	users.Phases[1].Total.Corrected = spread(t, 500_000, 150_000, 90_000_000)
	for i := range users.Phases[1].Segments {
		users.Phases[1].Segments[i].Users = ptr(min(9, i))
	}
	ramp := users
	ramp.Phases, ramp.UserRampNS = slices.Clone(users.Phases), 3*second
	ramp.Phases[1].RequestsPerUser = &results.PerUser{Users: 9, Min: 50_000, Max: 60_000, Mean: 56_888.9, Stdev: 2_345}
	ramp.Phases[1].SendLagIdle = spread(t, 500_000, 1_000, 90_000)
	profile := divided(t, open(t), 24)
	profile.Phases[1].Schedule, profile.Phases[1].Profile = "profile", "sine:cycles=2,min=0.1"
	for name, c := range map[string]struct {
		report  results.Report
		options summary.Options
	}{
		"ramp":      {ramp, summary.Options{}},
		"profile":   {profile, summary.Options{}},
		"closed":    {divided(t, closed(t), 20), summary.Options{}},
		"open":      {divided(t, open(t), 20), summary.Options{}},
		"saturated": {divided(t, saturated(t), 20), summary.Options{}},
		"users":     {users, summary.Options{}},
		"ascii":     {divided(t, saturated(t), 20), summary.Options{ASCII: true}},
		"narrow":    {divided(t, closed(t), 20), summary.Options{Width: 60}},
		"one_kind":  {report(t, results.Phase{Measured: true, Loop: results.ClosedLoop, T1NS: second, Total: results.Group{Completed: 3, Service: spread(t, 3, 1e6, 1e6)}}), summary.Options{}},
		"nothing":   {report(t, results.Phase{Measured: true, Loop: results.ClosedLoop, T1NS: second}), summary.Options{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.options.Show = summary.Parts()
			golden.Hold(t, "testdata/parts/"+name+".txt", textOf(t, c.report, c.options))
		})
	}
}

// A text shows the parts that it is asked for, and no others.
func TestTextShowsWhatIsAsked(t *testing.T) {
	t.Parallel()
	r := divided(t, closed(t), 20)
	begins := map[summary.Part]string{summary.Histogram: "\n  histogram: ", summary.Within: "\n  served within: ", summary.Time: "\n  over time: "}
	for _, shown := range append([]summary.Part{""}, summary.Parts()...) {
		out := textOf(t, r, summary.Options{Show: []summary.Part{shown}})
		for part, begin := range begins {
			if got := strings.Contains(out, begin); got != (part == shown) {
				t.Errorf("%q shows %s: %t\n%s", shown, part, got, out)
			}
		}
	}
}

func TestParseParts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		texts []string
		want  []summary.Part
		says  string
	}{
		{[]string{"all"}, summary.Parts(), ""},
		{[]string{"none"}, nil, ""},
		{nil, nil, ""},
		{[]string{"time", "within"}, []summary.Part{summary.Time, summary.Within}, ""},
		{[]string{"time", "all"}, nil, `"all" names other parts too: give it alone`},
		{[]string{"bars", "x"}, nil, "\"bars\" is no part of the result: histogram, within, time, all or none\n\"x\""},
	} {
		got, err := summary.ParseParts(c.texts)
		if c.says == "" && (err != nil || !slices.Equal(got, c.want)) || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%q: %v, %v", c.texts, got, err)
		}
	}
}

// No line is wider than the terminal, and a text in ASCII has nothing else.
func TestPartsFitTheTerminal(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]results.Phase{"closed": closed(t), "saturated": saturated(t), "silent": silent(t)} {
		for _, n := range []int{3, 40, 97} {
			for _, width := range []int{60, 80, 120} {
				for _, ascii := range []bool{false, true} {
					out := textOf(t, divided(t, p, n), summary.Options{Show: summary.Parts(), Width: width, ASCII: ascii})
					if widest := table.Widest(out); widest > width {
						t.Errorf("%s in %d segments: a line has %d columns of %d:\n%s", name, n, widest, width, out)
					}
					if ascii && strings.ContainsFunc(out, func(r rune) bool { return r >= utf8.RuneSelf }) {
						t.Errorf("%s: not only ASCII:\n%s", name, out)
					}
				}
			}
		}
	}
}

// drawn is a distribution of some thousand samples between two latencies.
var drawn = rapid.Custom(func(t *rapid.T) [3]int64 {
	low := rapid.Int64Range(1, 1e10).Draw(t, "low")
	return [3]int64{rapid.Int64Range(1, 100_000).Draw(t, "samples"), low, low * rapid.Int64Range(1, 50).Draw(t, "times")}
})

// block returns the lines behind a part's title, up to an empty line or a legend.
func block(out, title string) (lines []string) {
	_, rest, _ := strings.Cut(out, "\n  "+title+": ")
	_, rest, _ = strings.Cut(rest, "\n")
	for line := range strings.Lines(rest) {
		if strings.TrimSpace(line) == "" || regexp.MustCompile(`^  [*≥~—]`).MatchString(line) {
			break
		}
		lines = append(lines, line)
	}
	return lines
}

// The bins of a histogram hold all samples: each once.
func TestBinsHoldAllSamples(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := drawn.Draw(rt, "load")
		p := closed(t)
		p.Total.Service = spread(t, int(d[0]), d[1], d[2])
		sum, lines := uint64(0), block(textOf(t, report(t, p), summary.Options{Show: summary.Parts()}), "histogram")
		for _, line := range lines {
			cells := regexp.MustCompile(`  +`).Split(strings.TrimSpace(line), -1)
			n, err := strconv.ParseUint(strings.ReplaceAll(cells[2], " ", ""), 10, 64)
			if err != nil {
				rt.Fatalf("%q: %v", line, err)
			}
			sum += n
		}
		if sum != p.Total.Service.Count || len(lines) > 15 {
			rt.Fatalf("%d samples of %d in %d bins:\n%s", sum, p.Total.Service.Count, len(lines), strings.Join(lines, ""))
		}
	})
}

// What is served within a time rises with the share, and is the percentile of that
// share in the other formats.
func TestServedWithinArePercentiles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := drawn.Draw(rt, "load")
		p := closed(t)
		p.Total.Service = spread(t, int(d[0]), d[1], d[2])
		r := report(t, p)
		o := summary.Options{Show: summary.Parts(), Percentiles: []metric.Name{"p66", "p80", "p98"}}
		var out bytes.Buffer
		if err := summary.JSON(&out, r, o); err != nil {
			rt.Fatal(err)
		}
		var document summary.Document
		if err := json.Unmarshal(out.Bytes(), &document); err != nil {
			rt.Fatal(err)
		}
		text := textOf(t, r, o)
		lines, before := block(text, "served within"), int64(0)
		for _, line := range lines {
			share, value, _ := strings.Cut(strings.TrimSpace(line), " %")
			ns, known := document.Latency.PercentilesNS[metric.Name("p"+share)]
			if share == "100" {
				ns, known = document.Latency.MaxNS, true
			}
			row := regexp.MustCompile(`(?m)^ +(max|p`+share+`) +(.*)$`).FindAllStringSubmatch(text, -1)
			if !known || ns < before || !slices.ContainsFunc(row, func(r []string) bool { return strings.TrimSpace(r[2]) == strings.TrimSpace(value) }) {
				rt.Fatalf("%s %% are served within %s, and the percentile is %d ns after %d in\n%s", share, value, ns, before, text)
			}
			before = ns
		}
		if len(lines) != 9 {
			rt.Fatalf("%d lines:\n%s", len(lines), text)
		}
	})
}

// A damaged segment is an error, not a gap.
func TestDamagedSegment(t *testing.T) {
	t.Parallel()
	r := divided(t, closed(t), 20)
	r.Phases[1].Segments[4].Latency = &results.Histogram{Count: 5, MinNS: 1, MaxNS: 2, HDRv2: "!"}
	err := summary.Text(&bytes.Buffer{}, "x", &r, summary.Options{Show: summary.Parts()})
	if err == nil || !strings.Contains(err.Error(), "the window's part from 2 s on") {
		t.Error(err)
	}
}
