package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	collector "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/protobuf/proto"

	"github.com/joust-bench/joust/results/summary"
)

// counters are the values of an export's counters, by the names of the Pushgateway.
type counters map[string]uint64

// receivers stand in for an OTLP receiver and a Pushgateway, and keep what comes.
type receivers struct {
	*httptest.Server
	mu           sync.Mutex
	otlp, pushed []counters
}

func newReceivers(t *testing.T) *receivers {
	t.Helper()
	r := &receivers{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		switch request.URL.Path {
		case "/v1/metrics":
			body, err := io.ReadAll(request.Body)
			var all collector.ExportMetricsServiceRequest
			if err == nil {
				err = proto.Unmarshal(body, &all)
			}
			if err != nil {
				t.Error(err)
			}
			r.otlp = append(r.otlp, ofOTLP(&all))
		case "/metrics/job/joust/build/1.4/env/ci", "/metrics/job/joust/env/ci/build/1.4":
			parser := expfmt.NewTextParser(model.LegacyValidation)
			families, err := parser.TextToMetricFamilies(request.Body)
			if err != nil {
				t.Error(err)
			}
			got := counters{}
			for name, f := range families {
				if c := f.Metric[0].Counter; c != nil {
					got[name] = uint64(c.GetValue())
				}
			}
			r.pushed = append(r.pushed, got)
		default:
			t.Errorf("an export came to %s", request.URL)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func ofOTLP(all *collector.ExportMetricsServiceRequest) counters {
	got := counters{}
	for _, m := range all.ResourceMetrics[0].ScopeMetrics[0].Metrics {
		if s := m.GetSum(); s != nil {
			got[strings.ReplaceAll(m.Name, ".", "_")+"_total"] = uint64(s.DataPoints[0].GetAsInt())
		}
	}
	return got
}

// The counters of a load's exports never fall, and those of the last one are its result.
// Tags are in the result too.
func TestLoadExports(t *testing.T) {
	t.Parallel()
	s, r := newTarget(t, nil), newReceivers(t)
	for _, loop := range [][]string{{"-c", "2"}, {"-R", "300", "-c", "2"}} {
		e := joust(t, append([]string{"load", s.URL, "-t", "1", "-d", "700ms", "--warmup", "0", "--format", "json", "--otel-endpoint", r.URL, "--prom-push", r.URL + "/",
			"--export-interval", "200ms", "--tag", "build=1.4", "--tag", "env=ci"}, loop...)...)
		var got summary.Document
		if err := json.Unmarshal([]byte(e.out), &got); err != nil {
			t.Fatalf("%v in\n%s%s", err, e.out, e.errors)
		}
		if diff := cmp.Diff(map[string]string{"build": "1.4", "env": "ci"}, got.Report.Tags); diff != "" {
			t.Errorf("the tags (-want +got):\n%s", diff)
		}
		p := got.Report.Measured()
		want := counters{"joust_requests_total": p.Total.Completed + p.Total.Failed, "joust_errors_total": p.Total.Failed, "joust_bytes_total": p.SentBytes + p.ReceivedBytes}
		if p.Rate != nil {
			want["joust_offered_total"] = p.Rate.Offered
		}
		r.mu.Lock()
		for name, exports := range map[string][]counters{"OTLP": r.otlp, "Pushgateway": r.pushed} {
			if len(exports) == 0 {
				t.Fatalf("%s: no export came", name)
			}
			for i, earlier := range exports[:max(0, len(exports)-1)] {
				for counter, n := range earlier {
					if next := exports[i+1][counter]; next < n {
						t.Errorf("%s: %s falls from %d to %d", name, counter, n, next)
					}
				}
			}
			if diff := cmp.Diff(want, exports[len(exports)-1]); diff != "" {
				t.Errorf("%s: the last export is not the result (-result +export):\n%s", name, diff)
			}
		}
		r.otlp, r.pushed = nil, nil
		r.mu.Unlock()
	}
}

// A load whose receiver is absent goes on as any other, and has one note about it.
func TestLoadWithoutItsReceiver(t *testing.T) {
	t.Parallel()
	s, gone := newTarget(t, nil), newTarget(t, nil)
	gone.Close()
	e := joust(t, short(s.URL, "--otel-endpoint", gone.URL, "--prom-push", gone.URL, "--export-interval", "0.1", "--tag", "env=ci")...)
	if n := strings.Count(e.out, "note: exports failed"); e.code != ExitOK || n != 1 || !strings.Contains(e.out, "connection") || !strings.Contains(e.out, "tag env=ci") {
		t.Errorf("exit code %d and %d notes:\n%s%s", e.code, n, e.out, e.errors)
	}
}

func TestExportFlagsAreChecked(t *testing.T) {
	t.Parallel()
	for says, args := range map[string][]string{
		`--tag: "build" is no tag`:               {"--tag", "build"},
		"--otel-endpoint h:4318: a URL is":       {"--otel-endpoint", "h:4318"},
		"--prom-push ftp://h: a URL is needed":   {"--prom-push", "ftp://h"},
		"--export-interval: nothing is exported": {"--export-interval", "5"},
		"--export-interval 1ms: must be from":    {"--export-interval", "1ms", "--prom-push", "http://h"},
	} {
		e := joust(t, append([]string{"load", "http://127.0.0.1/"}, args...)...)
		if e.code != ExitUsage || !strings.Contains(e.errors, says) {
			t.Errorf("%v: exit code %d, %q; want %q", args, e.code, e.errors, says)
		}
	}
}
