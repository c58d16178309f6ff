package export_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	collector "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	otlp "go.opentelemetry.io/proto/otlp/metrics/v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/joust-bench/joust/harness/export"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// figures are the values of one export by metric and labels, such as
// `joust.latency{build="7",quantile="0.99"}`. Counters have a + before their name.
type figures map[string]float64

// collecting is an OTLP/HTTP receiver.
func collecting(t *testing.T) (url string, exports <-chan figures) {
	t.Helper()
	got := make(chan figures, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var request collector.ExportMetricsServiceRequest
		if err == nil {
			err = proto.Unmarshal(body, &request)
		}
		if err != nil || r.URL.Path != "/v1/metrics" || r.Method != http.MethodPost {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
		got <- ofOTLP(t, &request)
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

// ofOTLP reads an export of the official protocol.
func ofOTLP(t *testing.T, request *collector.ExportMetricsServiceRequest) figures {
	all := figures{}
	for _, resource := range request.ResourceMetrics {
		if name := labels(resource.Resource.Attributes); !strings.Contains(name, `service.name="joust"`) {
			t.Errorf("the resource is %s", name)
		}
		for _, scope := range resource.ScopeMetrics {
			for _, m := range scope.Metrics {
				points, sign := m.GetGauge().GetDataPoints(), ""
				if sum := m.GetSum(); sum != nil {
					points, sign = sum.DataPoints, "+"
					if !sum.IsMonotonic || sum.AggregationTemporality != otlp.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE {
						t.Errorf("%s is not cumulative: %v", m.Name, sum)
					}
				}
				for _, p := range points {
					if p.StartTimeUnixNano == 0 || p.TimeUnixNano < p.StartTimeUnixNano {
						t.Errorf("%s is from %d to %d", m.Name, p.StartTimeUnixNano, p.TimeUnixNano)
					}
					all[sign+m.Name+labels(p.Attributes)] = p.GetAsDouble() + float64(p.GetAsInt())
				}
			}
		}
	}
	return all
}

func labels(list []*common.KeyValue) string {
	var texts []string
	for _, l := range list {
		texts = append(texts, fmt.Sprintf("%s=%q", l.Key, l.Value.GetStringValue()))
	}
	return "{" + strings.Join(texts, ",") + "}"
}

// gateway stands in for a Pushgateway: it refuses what that refuses, timestamps and labels
// of the grouping key.
func gateway(t *testing.T) (url string, exports <-chan figures) {
	t.Helper()
	got := make(chan figures, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/metrics/job/joust/build/7" || r.Method != http.MethodPut {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		all, err := ofText(r.Body)
		if err != nil {
			t.Error(err)
			w.WriteHeader(http.StatusBadRequest)
		}
		got <- all
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

// ofText reads an export in Prometheus' text form, as a Pushgateway takes it.
func ofText(from io.Reader) (figures, error) {
	return readText(from, func(m *dto.Metric) error {
		if m.TimestampMs != nil {
			return fmt.Errorf("a timestamp: %v", m)
		}
		for _, l := range m.Label {
			if l.GetName() == "job" || l.GetName() == "build" {
				return fmt.Errorf("the label %s of the grouping key: %v", l.GetName(), m)
			}
		}
		return nil
	})
}

// readText reads Prometheus' text form. check, unless it is nil, has to accept each metric.
func readText(from io.Reader, check func(*dto.Metric) error) (figures, error) {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(from)
	if err != nil {
		return nil, err
	}
	all := figures{}
	for name, family := range families {
		sign := ""
		if family.GetType() == dto.MetricType_COUNTER {
			sign = "+"
		}
		for _, m := range family.Metric {
			if check != nil {
				if err := check(m); err != nil {
					return nil, fmt.Errorf("%s has %w", name, err)
				}
			}
			var texts []string
			for _, l := range m.Label {
				texts = append(texts, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			all[sign+name+"{"+strings.Join(texts, ",")+"}"] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return all, nil
}

// second is the segment of that second of a load, with answers after 1 to n ms.
func second(t *testing.T, t0, number int64, n uint64) results.Segment {
	t.Helper()
	s := record.Segment{SegmentCounts: record.SegmentCounts{From: t0 + number*1e9, To: t0 + (number+1)*1e9, Completed: n, Failed: 1, Offered: n + 2, Bytes: 100 * n}}
	for ms := range n {
		s.Latency.Record(int64(ms+1) * 1e6)
	}
	r, err := s.Result(results.OpenLoop, &record.Encoder{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// phase is the phase of the segments.
func phase(t *testing.T, segments []results.Segment) *results.Phase {
	t.Helper()
	p := &results.Phase{Loop: results.OpenLoop, Measured: true, T0NS: segments[0].FromNS, T1NS: segments[len(segments)-1].ToNS, Segments: segments, Rate: &results.RateReport{}}
	var latencies []*results.Histogram
	for _, s := range segments {
		p.Total.Completed += s.Completed
		p.Total.Failed += s.Failed
		p.Rate.Offered += *s.Offered
		p.ReceivedBytes += s.Bytes
		latencies = append(latencies, s.Latency)
	}
	var err error
	if p.Total.Corrected, err = record.MergeHistograms(latencies...); err != nil {
		t.Fatal(err)
	}
	return p
}

// next returns the next export.
func next(t *testing.T, exports <-chan figures) figures {
	t.Helper()
	select {
	case f := <-exports:
		return f
	case <-time.After(time.Minute):
		t.Fatal("no export came")
	}
	return nil
}

// play lets five seconds of a load pass, exporting every two, and calls see after each of
// the exports.
func play(t *testing.T, o export.Options, see func(seconds int)) (note string) {
	t.Helper()
	o.Set, o.Tags, o.Every, o.Version = export.Joust(), []export.Tag{{Name: "build", Value: "7"}}, 2*time.Second, "test"
	e, err := export.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t0 := clock.Now()
	e.Window(loaders.Window{Phase: "warm-up", T0NS: t0 - 1e9, T1NS: t0})
	e.Window(loaders.Window{Phase: "open", T0NS: t0, T1NS: t0 + 5e9, Measured: true})
	var all []results.Segment
	for i := range int64(5) {
		s := second(t, t0, i, 100)
		all = append(all, s)
		e.Interval(loaders.Interval{Phase: "open", Interval: results.Interval{Open: 3}})
		e.Interval(loaders.Interval{Phase: "open", Interval: results.Interval{Open: 3}, Segment: &s})
		if i%2 == 1 && see != nil {
			see(int(i) + 1)
		}
	}
	p := phase(t, all)
	p.Timeline = []results.Interval{{Open: 2}}
	ctx, cancel := context.WithCancel(t.Context())
	if see == nil {
		cancel() // as a signal does
	}
	defer cancel()
	note = e.End(ctx, p)
	if see != nil {
		see(5)
	}
	return note
}

// The names of the figures in each form.
var names = map[string][2]string{
	"requests": {`+joust.requests{build="7"}`, "+joust_requests_total{}"}, "errors": {`+joust.errors{build="7"}`, "+joust_errors_total{}"},
	"offered": {`+joust.offered{build="7"}`, "+joust_offered_total{}"}, "bytes": {`+joust.bytes{build="7"}`, "+joust_bytes_total{}"},
	"throughput": {`joust.throughput{build="7"}`, "joust_throughput{}"}, "connections": {`joust.connections{build="7"}`, "joust_connections{}"},
	"duration": {`joust.duration{build="7"}`, "joust_duration_seconds{}"},
	"mean":     {`joust.latency.mean{build="7"}`, "joust_latency_mean_seconds{}"}, "max": {`joust.latency.max{build="7"}`, "joust_latency_max_seconds{}"},
	"p50": {`joust.latency{build="7",quantile="0.5"}`, `joust_latency_seconds{quantile="0.5"}`}, "p75": {`joust.latency{build="7",quantile="0.75"}`, `joust_latency_seconds{quantile="0.75"}`},
	"p90": {`joust.latency{build="7",quantile="0.9"}`, `joust_latency_seconds{quantile="0.9"}`}, "p95": {`joust.latency{build="7",quantile="0.95"}`, `joust_latency_seconds{quantile="0.95"}`},
}

// Receivers get the counters since the window's begin and the percentiles since the last
// export, while the load runs, and its result at the end.
func TestReceiversGetTheLoad(t *testing.T) {
	t.Parallel()
	for form, receiver := range []func(*testing.T) (string, <-chan figures){collecting, gateway} {
		url, exports := receiver(t)
		o := export.Options{OTLP: url}
		if form == 1 {
			o = export.Options{Pushgateway: url}
		}
		note := play(t, o, func(seconds int) {
			n := float64(seconds)
			// 200 answers of two seconds are enough for p90 and p95, 500 of all for no more.
			want := map[string]float64{
				"requests": 101 * n, "errors": n, "offered": 102 * n, "bytes": 10_000 * n, "throughput": 100, "connections": 3, "duration": n,
				"p50": 0.05, "p75": 0.075, "p90": 0.09, "p95": 0.095, "mean": 0.0505, "max": 0.1,
			}
			if seconds == 5 {
				want["connections"] = 2
			}
			named := figures{}
			for name, value := range want {
				named[names[name][form]] = value
			}
			if diff := cmp.Diff(named, next(t, exports), cmp.Comparer(func(a, b float64) bool { return a-b < 1e-3*b && b-a < 1e-3*b })); diff != "" {
				t.Errorf("after %d s (-want +got):\n%s", seconds, diff)
			}
		})
		if note != "" || len(exports) > 0 {
			t.Errorf("the note is %q, and %d exports more came", note, len(exports))
		}
	}
}

// closed is the URL of a port on which nobody listens.
func closed(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// Receivers that are absent, in error or slow hold nothing up, and are described at the
// end in one note.
func TestBadReceiversDisturbNothing(t *testing.T) {
	t.Parallel()
	serve := func(answer http.HandlerFunc) string {
		s := httptest.NewServer(answer)
		t.Cleanup(s.Close)
		return s.URL
	}
	broken := serve(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "out of\ndisk", http.StatusInternalServerError)
	})
	slow := serve(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // the server sees the end of a connection behind the body
		<-r.Context().Done()
	})
	endless := serve(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, strings.Repeat("no ", 1000)); err != nil {
				return
			}
		}
	})
	for _, c := range []struct{ name, url, says string }{
		{"absent", closed(t), "connection refused"},
		{"in error", broken, "out of disk"},
		{"slow", slow, "it did not answer in time"},
		{"endless", endless, "exports failed"},
	} {
		for _, o := range []export.Options{{OTLP: c.url}, {Pushgateway: c.url}} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				note := play(t, o, nil)
				if !strings.Contains(note, c.says) || !strings.Contains(note, c.url) || strings.Contains(note, "\n") || len(note) > 500 {
					t.Errorf("the note is %q", note)
				}
			})
		}
	}
}

// One note describes all receivers.
func TestOneNoteForAllReceivers(t *testing.T) {
	t.Parallel()
	good, exports := gateway(t)
	bad := closed(t)
	note := play(t, export.Options{OTLP: bad, Pushgateway: good}, nil)
	if !strings.Contains(note, "the OTLP receiver "+bad) || strings.Contains(note, good) {
		t.Errorf("the note is %q", note)
	}
	if last := next(t, exports); len(last) == 0 {
		t.Error("the good receiver got nothing")
	}
}

func TestWithoutReceiversNothingIsExported(t *testing.T) {
	t.Parallel()
	if note := play(t, export.Options{}, nil); note != "" {
		t.Errorf("the note is %q", note)
	}
}

// Passwords in URLs go to the receiver and into no note.
func TestCredentials(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		asked <- user + ":" + password
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(s.Close)
	url := strings.Replace(s.URL, "http://", "http://joe:secret@", 1)
	for _, o := range []export.Options{{OTLP: url}, {Pushgateway: url}} {
		note := play(t, o, nil)
		if got := <-asked; got != "joe:secret" || note == "" || strings.Contains(note, "secret") {
			t.Errorf("the receiver was asked as %s, and the note is %q", got, note)
		}
	}
}

func TestURLsAreChecked(t *testing.T) {
	t.Parallel()
	for url, says := range map[string]string{
		"":                        "",
		"http://localhost:4318":   "",
		"https://h/some/path":     "",
		"localhost:4318":          "a URL is needed",
		"ftp://h":                 "a URL is needed",
		"http://":                 "a URL is needed",
		"http://h:port":           "a URL is needed",
		"http://h/?tenant=1":      "leave out what follows",
		"http://joe:secret@h/#at": "leave out what follows",
	} {
		err := export.Options{OTLP: url, Pushgateway: url}.Check()
		if (err != nil) != (says != "") || err != nil && (strings.Count(err.Error(), says) != 2 || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%q: got %v", url, err)
		}
	}
}
