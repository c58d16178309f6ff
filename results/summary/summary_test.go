package summary_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/golden"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/summary"
)

const second = int64(time.Second)

func ptr[T any](v T) *T { return &v }

// spread is a histogram of n samples that lie evenly, on at most 2000 places,
// between low and high, in nanoseconds.
func spread(t testing.TB, n int, low, high int64) *results.Histogram {
	t.Helper()
	h := hdrhistogram.New(1, 600e9, 3)
	sum, places := 0.0, min(n, 2000)
	for i := range places {
		v := low + (high-low)*int64(i)/int64(max(1, places-1))
		here := int64(n*(i+1)/places - n*i/places)
		if err := h.RecordValues(v, here); err != nil {
			t.Fatal(err)
		}
		sum += float64(v) * float64(here)
	}
	b, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	return &results.Histogram{Count: uint64(n), MinNS: low, MaxNS: high, MeanNS: sum / float64(n), HDRv2: string(b)}
}

// report is a good load of 64 connections with a warm-up and the phase.
func report(t testing.TB, p results.Phase) results.Report {
	t.Helper()
	return results.Report{
		Loader: "joust evloop", Version: "0.1.0", Target: "127.0.0.1:8080", Protocol: "h1", Seed: 7,
		Threads: 1, Depth: 1, IdleStrategy: "hybrid", ConnectionsAsked: 64, ConnectionsOpen: 64,
		Connect: spread(t, 64, 30_000, 90_000),
		Phases:  []results.Phase{{Name: "warm-up", Loop: p.Loop, T0NS: 0, T1NS: second}, p},
	}
}

// closed is 10 s of a closed loop at 50 000 req/s.
func closed(t testing.TB) results.Phase {
	t.Helper()
	return results.Phase{
		Name: "closed", Loop: results.ClosedLoop, Measured: true, T0NS: 2 * second, T1NS: 12 * second,
		Total: results.Group{
			Completed: 500_000, Status: map[string]uint64{"200": 500_000}, Service: spread(t, 500_000, 100_000, 2_000_000),
		},
		CompletedFirstHalf: 250_000, Asked: 512_000, CompletedBefore: 11_900, CompletedAfter: 100,
		SentBytes: 25e6, ReceivedBytes: 81e6, ReceivedBodyBytes: 65e5, MinConnectionsOpen: 64,
		Threads: []results.ThreadUse{{CPU: 1, CPUNS: 4 * second, SpinNS: second, Work: 0.31}, {CPU: 2, CPUNS: second, Work: 0.12}},
	}
}

// open is 10 s of an open loop that kept 1 000 req/s.
func open(t testing.TB) results.Phase {
	t.Helper()
	return results.Phase{
		Name: "open", Loop: results.OpenLoop, Schedule: "constant", Measured: true, T0NS: 2 * second, T1NS: 12 * second,
		Rate: &results.RateReport{TargetRPS: 1000, Offered: 10_000, Achieved: 10_000},
		Total: results.Group{
			Completed: 10_000, Status: map[string]uint64{"200": 10_000},
			Corrected: spread(t, 10_000, 110_000, 900_000), Service: spread(t, 10_000, 100_000, 800_000),
		},
		Asked: 10_200, CompletedBefore: 200,
		SentBytes: 5e5, ReceivedBytes: 2e6, ReceivedBodyBytes: 1e5, MinConnectionsOpen: 64,
		SendLagIdle: spread(t, 9_990, 200, 20_000), SendLagBlocked: spread(t, 10, 1e5, 1e6),
		Threads: []results.ThreadUse{{CPU: 1, CPUNS: second, Work: 0.1}},
	}
}

// saturated is an open loop that the server could not keep.
func saturated(t testing.TB) results.Phase {
	t.Helper()
	p := open(t)
	p.Rate = &results.RateReport{
		TargetRPS: 1000, Offered: 10_000, Achieved: 6_000, NeverSent: 3_400, Censored: 64, BacklogT1: 3_900,
		CensoredFromNS: 500_000,
	}
	p.Total.Completed, p.Shed, p.Asked = 6_000, 10, 6_205
	p.Total.Errors, p.Total.Failed = map[results.Cause]uint64{results.CauseTimeout: 5}, 5
	p.Total.FirstError = "GET /: no answer within 10s"
	p.SendLagIdle, p.SendLagBlocked = spread(t, 100, 200, 20_000), spread(t, 5_900, 1e6, 3e9)
	p.Total.Corrected = spread(t, 9_464, 110_000, 4e9)
	return p
}

// failing has failures of every kind.
func failing(t testing.TB) results.Phase {
	t.Helper()
	p := closed(t)
	p.Total.Completed, p.CompletedFirstHalf, p.Total.Failed, p.FailedOutside = 900, 450, 103, 7
	p.Total.Service = spread(t, 900, 100_000, 2_000_000)
	p.Total.Status = map[string]uint64{"200": 900, "503": 80}
	p.Total.Errors = map[results.Cause]uint64{
		results.CauseStatus: 80, results.CauseTimeout: 10, results.CauseReset: 10, results.CauseLocalPorts: 3,
	}
	p.Total.FirstError = "GET /: status 503 where 200 to 399 counts as right"
	p.Total.FailedTime = spread(t, 103, 1e6, 10e9)
	p.UnannouncedCloses, p.AnnouncedCloses, p.Reconnects = 1, 2, 13
	p.Asked, p.CompletedBefore, p.CompletedAfter = 1010, 0, 0
	p.ConnectionErrors = map[results.Cause]uint64{results.CauseConnectRefused: 4}
	p.FirstConnectionError, p.BackoffNS = "connecting: connection refused", second/2
	return p
}

// silent has requests that were never answered.
func silent(t testing.TB) results.Phase {
	t.Helper()
	p := closed(t)
	p.Unanswered, p.UnansweredFromNS, p.Asked = 64, 1_500_000, 512_064
	return p
}

// slowest is a list of n slow requests of the window of closed.
func slowest(n int) (list []results.SlowRequest) {
	for i := range n {
		end := 2*second + int64(i+1)*second/3
		list = append(list, results.SlowRequest{
			Request: "GET /", ID: fmt.Sprintf("00000000-0000-8007-8001-%012x", 1000*i), Status: 200, Thread: 1, Connection: 5 * i,
			IntendedNS: end - 2_000_000 + int64(i)*1000, SentNS: end - 2_000_000 + int64(i)*1000, EndNS: end,
		})
	}
	return list
}

func TestText(t *testing.T) {
	t.Parallel()
	tls := report(t, closed(t))
	tls.TLSHandshake, tls.Depth = spread(t, 2000, 1e6, 3e6), 16
	limited := report(t, closed(t))
	limited.Phases[1].Threads[1].Work = 0.973
	limited.Warnings = []string{"the portable engine does not pin its threads to processors"}
	fewer := report(t, closed(t))
	fewer.Threads, fewer.ThreadsUsed, fewer.IdleStrategy = 8, 2, "spin"
	failed := report(t, failing(t))
	failed.ConnectionsOpen = 60
	stopped := report(t, open(t))
	stopped.Interrupted = true
	stopped.Phases[1].T1NS = stopped.Phases[1].T0NS + second/2
	early := report(t, closed(t))
	early.Interrupted, early.Phases = true, early.Phases[:1]
	slow := report(t, saturated(t))
	slow.Phases[1].Total.Service = spread(t, 6_000, 100e6, 200e6)
	lagging := report(t, open(t))
	lagging.Phases[1].SendLagIdle = spread(t, 9_990, 300_000, 3e6)
	lagging.Phases[1].ReceiveLag, lagging.Phases[1].StallNS = spread(t, 150, 900, 5000), ptr(second/100)
	closing := report(t, closed(t))
	closing.LatencyFrom = "connect"
	closing.Phases[1].RequestedCloses, closing.Phases[1].IdleTimeouts, closing.Phases[1].Repeated, closing.Phases[1].Reconnects = 511_900, 90, 2, 511_990
	exchanges := report(t, closed(t))
	exchanges.Phases[1].Total.Events, exchanges.Phases[1].Total.Abandoned, exchanges.Phases[1].Waves = 50_000_000, 12_000, 7_812
	exchanges.Phases[1].Asked += 12_000
	exchanges.Phases[1].Total.Encodings, exchanges.Phases[1].Total.NotInflated = map[string]uint64{"gzip": 300_000, "br": 200_000}, 470_000
	gone := report(t, open(t))
	gone.Phases[1].GoneNS, gone.Phases[1].BackoffNS = 5*second, 64*5*second
	gone.Phases[1].Rate.Achieved, gone.Phases[1].Rate.NeverSent = 5_000, 5_000
	gone.Phases[1].ConnectionErrors, gone.Phases[1].FirstConnectionError = map[results.Cause]uint64{results.CauseConnectRefused: 700, results.CauseLocalPorts: 3}, "connecting: connection refused"
	percentiles, err1 := summary.ParsePercentiles([]string{"99.95", "10", "50"})
	thresholds, err2 := summary.ParseThresholds([]string{"p95<1ms", "p99.9<0.5ms", "error_rate<1%", "achieved>99%"})
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	options := map[string]summary.Options{"lagging": {Percentiles: percentiles, Thresholds: thresholds}, "failing": {Thresholds: thresholds}}
	followed := report(t, closed(t))
	followed.Follow, followed.Phases[1].Followed = true, 768_000
	unfollowed := report(t, closed(t))
	unfollowed.Phases[1].Total.Status = map[string]uint64{"302": 499_000, "301": 1_000}
	unfollowed.Phases[1].FirstUnfollowed = &results.Redirect{Status: 302, URL: "http://127.0.0.1:8080/index.html"}
	elsewhere := report(t, closed(t))
	elsewhere.Follow, elsewhere.Phases[1].Total.Status = true, map[string]uint64{"308": 500_000}
	elsewhere.Phases[1].FirstUnfollowed = &results.Redirect{Status: 308, URL: "https://127.0.0.1/", Elsewhere: true}
	malformed := report(t, closed(t))
	malformed.Phases[1].Total.Status = map[string]uint64{"301": 500_000}
	malformed.Phases[1].FirstUnfollowed = &results.Redirect{Status: 301, URL: "/%zz", Malformed: true}
	nowhere := report(t, closed(t))
	nowhere.Phases[1].Total.Status = map[string]uint64{"301": 500_000}
	named := report(t, closed(t))
	named.RequestID, named.Phases[1].Slowest = "X-Request-Id", slowest(12)
	parts := report(t, closed(t))
	parts.Phases[1].Breakdown = broken(t)
	for name, r := range map[string]results.Report{
		"breakdown": parts,
		"closes":    closing, "exchanges": exchanges, "gone": gone,
		"request_ids": named, "followed": followed, "elsewhere": elsewhere, "unfollowed": unfollowed,
		"malformed": malformed, "nowhere": nowhere,
		"closed": report(t, closed(t)), "open": report(t, open(t)), "saturated": report(t, saturated(t)),
		"failing": failed, "tls_depth": tls, "fewer_threads": fewer, "loader_limit": limited, "interrupted": stopped,
		"interrupted_early": early, "lagging": lagging, "too_few_connections": slow, "silent": report(t, silent(t)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := summary.Text(&out, "GET http://127.0.0.1:8080/", &r, options[name]); err != nil {
				t.Fatal(err)
			}
			golden.Hold(t, "testdata/"+name+".txt", out.String())
			for _, mark := range []string{"*", "≥", "~", "—"} {
				drawn := regexp.MustCompile(`(?m)^ +(p[0-9.]+|min|max|mean|stdev|lookup|connect|TLS handshake|write|wait|transfer|total) .*` + regexp.QuoteMeta(mark)).MatchString(out.String())
				if explained := strings.Contains(out.String(), "\n  "+mark+" "); drawn != explained {
					t.Errorf("the mark %s is drawn: %t, and explained: %t", mark, drawn, explained)
				}
			}
		})
	}
}

// edit is a report with one thing changed.
func edit(r results.Report, change func(*results.Report, *results.Phase)) results.Report {
	change(&r, &r.Phases[1])
	return r
}

func TestReasons(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		report results.Report
		want   string // codes; ! marks those that void
	}{
		{"closed", report(t, closed(t)), ""},
		{"open", report(t, open(t)), ""},
		{"nearly full", edit(report(t, closed(t)), func(_ *results.Report, p *results.Phase) { p.Threads[0].Work = 0.949 }), ""},
		{"full", edit(report(t, closed(t)), func(_ *results.Report, p *results.Phase) { p.Threads[0].Work = 0.95 }), "shares"},
		{"connections", edit(report(t, closed(t)), func(r *results.Report, _ *results.Phase) { r.ConnectionsOpen = 63 }), "connections"},
		{"failed outside", edit(report(t, closed(t)), func(_ *results.Report, p *results.Phase) { p.FailedOutside = 1 }), "errors"},
		{"unanswered", report(t, silent(t)), "unanswered"},
		{"unanswered when it was interrupted", edit(report(t, silent(t)), func(r *results.Report, _ *results.Phase) { r.Interrupted = true }), "interrupted"},
		{"an answer to no request", edit(report(t, closed(t)), func(_ *results.Report, p *results.Phase) { p.SurplusAnswers = 1 }), "surplus!"},
		{"a connection that could not be made", edit(report(t, closed(t)), func(_ *results.Report, p *results.Phase) {
			p.ConnectionErrors = map[results.Cause]uint64{results.CauseConnectRefused: 1}
		}), "connection-errors"},
		{"stopped", edit(report(t, closed(t)), func(_ *results.Report, p *results.Phase) { p.StallNS = ptr(2 * 310 * int64(1e6)) }), "stalled"},
		{"stopped for a moment", edit(report(t, closed(t)), func(_ *results.Report, p *results.Phase) { p.StallNS = ptr(2 * 290 * int64(1e6)) }), ""},
		{"stopped, and the rate was kept", edit(report(t, open(t)), func(_ *results.Report, p *results.Phase) { p.StallNS = ptr(second) }), "stalled"},
		{"stopped, and it was not", edit(report(t, saturated(t)), func(_ *results.Report, p *results.Phase) {
			p.StallNS, p.Total.Failed, p.Total.Errors = ptr(5*second), 0, nil
		}), "loader-behind"},
		{"waited to connect", edit(report(t, closed(t)), func(_ *results.Report, p *results.Phase) { p.BackoffNS = 64 * second / 5 }), "backed-off"},
		{"the warm-up", edit(report(t, closed(t)), func(r *results.Report, _ *results.Phase) { r.Phases[0].Unanswered = 3 }), "warm-up"},
		{"nothing right", edit(report(t, closed(t)), func(_ *results.Report, p *results.Phase) {
			p.Total.Completed, p.Total.Failed = 0, 5
		}), "errors nothing-completed!"},
		{"nothing offered", edit(report(t, open(t)), func(_ *results.Report, p *results.Phase) { p.Rate.Offered = 0 }), "nothing-offered!"},
		{"saturated", edit(report(t, saturated(t)), func(_ *results.Report, p *results.Phase) { p.Total.Failed, p.Total.Errors = 0, nil }), "fell-behind"},
		{"saturated, and answered too late", report(t, saturated(t)), "errors fell-behind"},
		{"a tenth failed, all asked in time", edit(report(t, open(t)), func(_ *results.Report, p *results.Phase) {
			p.Rate.Achieved, p.Total.Failed = 9_000, 1_000
		}), "errors"},
		{"most never sent, nothing sent late", edit(report(t, open(t)), func(_ *results.Report, p *results.Phase) {
			p.Rate.Achieved, p.Rate.NeverSent, p.SendLagBlocked = 4_000, 6_000, nil
			p.SendLagIdle = spread(t, 4_000, 200, 20_000)
		}), "fell-behind"},
		{"behind, and waited to connect", edit(report(t, saturated(t)), func(_ *results.Report, p *results.Phase) {
			p.BackoffNS = 64 * second / 5
		}), "errors backed-off"},
		{"kept 99 %", edit(report(t, open(t)), func(_ *results.Report, p *results.Phase) { p.Rate.Achieved = 9_900 }), ""},
		{"behind by itself", edit(report(t, open(t)), func(_ *results.Report, p *results.Phase) { p.Rate.Achieved = 9_899 }), "loader-behind"},
		{"behind and busy", edit(report(t, saturated(t)), func(_ *results.Report, p *results.Phase) { p.Threads[0].Work = 0.8 }), "errors loader-behind"},
		{"backlog", edit(report(t, open(t)), func(_ *results.Report, p *results.Phase) { p.Rate.BacklogT1 = 102 }), "loader-behind"},
		{"late itself", edit(report(t, open(t)), func(_ *results.Report, p *results.Phase) {
			p.SendLagIdle = spread(t, 9_990, 100_000, 200_000)
		}), "loader-lag"},
		{"interrupted", edit(report(t, closed(t)), func(r *results.Report, _ *results.Phase) { r.Interrupted = true }), "interrupted"},
		{"never measured", edit(report(t, closed(t)), func(r *results.Report, _ *results.Phase) {
			r.Interrupted, r.Phases = true, r.Phases[:1]
		}), "interrupted not-measured!"},
	} {
		var codes []string
		reasons := summary.Reasons(&c.report)
		for _, r := range reasons {
			code := r.Code
			if r.Voids {
				code += "!"
			}
			codes = append(codes, code)
		}
		if got := strings.Join(codes, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if summary.Void(reasons) != strings.Contains(c.want, "!") {
			t.Errorf("%s: void is %v", c.name, summary.Void(reasons))
		}
	}
}

// Advice fits the load that it is given for.
func TestAdvice(t *testing.T) {
	t.Parallel()
	late := func(_ *results.Report, p *results.Phase) { p.SendLagIdle = spread(t, 9_990, 100_000, 200_000) }
	busy := func(_ *results.Report, p *results.Phase) { p.Rate.Achieved, p.Threads[0].Work = 9_000, 0.9 }
	silent := func(_ *results.Report, p *results.Phase) {
		p.Total, p.CompletedBefore, p.Unanswered = results.Group{}, 0, 64
	}
	for _, c := range []struct {
		name   string
		change func(*results.Report, *results.Phase)
		says   string
		not    string
	}{
		{"late", late, "hold that much of the loader's own time; give it a CPU of its own with --cpus", "void"},
		{"late although it polls", func(r *results.Report, p *results.Phase) { late(r, p); r.IdleStrategy = "spin" }, "hold that much of the loader's own time", "--cpus"},
		{"late in an engine that cannot poll", func(r *results.Report, p *results.Phase) {
			late(r, p)
			r.Loader, r.IdleStrategy = "joust portable", "wait"
		}, "hold that much of the loader's own time; the engine of Linux lags less (--engine evloop)", "--cpus"},
		{"late since it stood still", func(r *results.Report, p *results.Phase) { late(r, p); p.StallNS = ptr(second) }, "hold that much of the loader's own time", "--cpus"},
		{"behind", busy, "the throughput is a lower bound of what the server can do; more threads (-t)", "not-sampled"},
		{"behind since it stood still", func(r *results.Report, p *results.Phase) { busy(r, p); p.StallNS = ptr(second) }, "the throughput is a lower bound of what the server can do", "-t"},
		{"behind by whose doing", func(_ *results.Report, p *results.Phase) { p.Rate.Achieved, p.Threads = 9_000, nil }, "to tell whose doing it was; more threads (-t)", "lower bound"},
		{"no answer in the window", silent, "no request completed in the window; answers take longer than the window: take a longer -d", "--cpus"},
		{"nothing due", func(_ *results.Report, p *results.Phase) {
			p.Total, p.Asked, p.CompletedBefore, p.Rate = results.Group{}, 0, 0, &results.RateReport{TargetRPS: 0.1}
		}, "the schedule had no request in the window; take a longer -d or a higher -R", "completed"},
	} {
		r := edit(report(t, open(t)), c.change)
		var texts []string
		for _, reason := range summary.Reasons(&r) {
			texts = append(texts, reason.Text)
		}
		if all := strings.Join(texts, "\n"); !strings.Contains(all, c.says) || strings.Contains(all, c.not) {
			t.Errorf("%s: want %q and not %q in\n%s", c.name, c.says, c.not, all)
		}
	}
}

// A thread that was taken off its CPU while it polled has polled for longer than
// it had CPU time: its cost is not known, and is not 0.
func TestNoCostOfARequestThatIsNotKnown(t *testing.T) {
	t.Parallel()
	for spin, want := range map[int64]bool{second: true, 5 * second: false} {
		r := edit(report(t, closed(t)), func(_ *results.Report, p *results.Phase) {
			p.Threads = []results.ThreadUse{{CPUNS: 4 * second, SpinNS: spin}}
		})
		var out bytes.Buffer
		if err := summary.Text(&out, "x", &r, summary.Options{}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.String(), "of work a request"); got != want {
			t.Errorf("%d ns of polling: the cost is printed is %t:\n%s", spin, got, out.String())
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	r := report(t, failing(t))
	var out bytes.Buffer
	if err := summary.JSON(&out, r, summary.Options{}); err != nil {
		t.Fatal(err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(out.Bytes(), &fields); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"schema": "1", "requests": "900", "duration_ns": "10000000000", "throughput_rps": "90", "errors": "110",
	} {
		if string(fields[name]) != want {
			t.Errorf("%s is %s, want %s", name, fields[name], want)
		}
	}
	if len(fields) != 9 {
		t.Errorf("%d fields in the head, want 9", len(fields))
	}
	var back results.Report
	if err := json.Unmarshal(fields["report"], &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, back); diff != "" {
		t.Errorf("the report changed on its way (-want +got)\n%s", diff)
	}
}

// Programs read plain numbers: percentiles, the verdict and the outcomes of
// thresholds.
func TestJSONOfFigures(t *testing.T) {
	t.Parallel()
	percentiles, err1 := summary.ParsePercentiles([]string{"99.95"})
	thresholds, err2 := summary.ParseThresholds([]string{"p50<1us"})
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	var out bytes.Buffer
	if err := summary.JSON(&out, report(t, saturated(t)), summary.Options{Percentiles: percentiles, Thresholds: thresholds}); err != nil {
		t.Fatal(err)
	}
	var d summary.Document
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	l := d.Latency
	if l.Of != "corrected" || l.Samples != 9464 || l.MinNS != 110_000 || l.MaxNS != 4e9 || len(l.PercentilesNS) != 8 {
		t.Errorf("%+v", l)
	}
	if at := l.PercentilesNS["p99.95"]; at < 3_990_000_000 || at > 4_000_000_000 {
		t.Errorf("p99.95 is %d ns", at)
	}
	few := []metric.Name{"p99.9", "p99.95", "p99.99"}
	atLeast := []metric.Name{"p50", "p75", "p90", "p95", "p99", "p99.9", "p99.95", "p99.99", "max", "mean"}
	if !slices.Equal(l.Few, few) || !slices.Equal(l.AtLeast, atLeast) || l.Rough != nil || l.StdevNS != nil {
		t.Errorf("marks: few %v, at least %v, rough %v", l.Few, l.AtLeast, l.Rough)
	}
	if d.Distributions["service"].Samples != 10_000 || d.Distributions["send_lag_idle"].Samples != 100 || len(d.Distributions) != 3 {
		t.Errorf("%+v", d.Distributions)
	}
	if v := d.Verdict; !v.Valid || len(v.Reasons) != 2 || v.Reasons[0].Code != "errors" || v.Reasons[1].Code != "fell-behind" {
		t.Errorf("%+v", d.Verdict)
	}
	if g := d.Thresholds; len(g) != 1 || g[0].Outcome != metric.Broken || *g[0].Value != float64(l.PercentilesNS["p50"]) || g[0].Limit != 1000 || g[0].Unit != "ns" {
		t.Errorf("%+v", d.Thresholds)
	}
}

func TestJSONOfNothing(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := summary.JSON(&out, results.Report{Interrupted: true}, summary.Options{}); err != nil {
		t.Fatal(err)
	}
	var d summary.Document
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	if d.Requests != 0 || d.DurationNS != 0 || d.ThroughputRPS != 0 || d.Errors != 0 || !d.Report.Interrupted {
		t.Errorf("%+v", d)
	}
}

func TestPercentiles(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]results.Phase{"closed": closed(t), "open": open(t)} {
		r := report(t, p)
		var out bytes.Buffer
		if err := summary.Percentiles(&out, &r); err != nil {
			t.Fatal(err)
		}
		golden.Hold(t, "testdata/"+name+".hgrm", out.String())
	}
	for name, r := range map[string]results.Report{
		"no phase": {}, "no answer": report(t, results.Phase{Measured: true, Loop: results.ClosedLoop}),
	} {
		var out bytes.Buffer
		if err := summary.Percentiles(&out, &r); !errors.Is(err, summary.ErrNoLatency) || out.Len() > 0 {
			t.Errorf("%s: %v, %q", name, err, out.String())
		}
	}
}

// A damaged histogram is an error, not an empty one.
func TestDamage(t *testing.T) {
	t.Parallel()
	damaged := &results.Histogram{Count: 5, MinNS: 1, MaxNS: 2, HDRv2: "!"}
	for name, change := range map[string]func(*results.Report, *results.Phase){
		"service":  func(_ *results.Report, p *results.Phase) { p.Total.Service = damaged },
		"send lag": func(_ *results.Report, p *results.Phase) { p.SendLagIdle = damaged },
		"connect":  func(r *results.Report, _ *results.Phase) { r.Connect = damaged },
	} {
		r := edit(report(t, open(t)), change)
		if err := summary.Text(&bytes.Buffer{}, "x", &r, summary.Options{}); err == nil || !strings.Contains(err.Error(), "histogram") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
