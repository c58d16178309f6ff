package scenarios_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/dataset"
)

// The names are promised: people look for them. * marks the headline rows.
func TestNamesOfTheCatalogue(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"core": "hello* json* echo* headers_heavy* large_response* multi_request_body* head_method cookies_heavy upload_20mb*",
		"h1": "pipelined_h1* pipelined_h1_16 varied_paths_router* post_4kb_form* large_post_streaming* gzip_response* url_with_qs path_with_unicode etag_304 " +
			"redirect_response cors_preflight chunked_request_body compressed_request_body expect_100_continue mixed_workload connection_storm " +
			"router_404_storm accept_storm_burst slow_client partial_body_drop server_sent_events large_keepalive_session backpressure_sustained",
		"httparena": "httparena_baseline httparena_json httparena_baseline_mix httparena_pipelined httparena_limited_conn httparena_json_mix " +
			"httparena_json_comp httparena_upload httparena_static httparena_async httparena_latency_10k httparena_latency_1m " +
			"httparena_upload_20mb_auto httparena_upload_20mb_manual",
	}
	got := map[string]string{}
	for _, row := range load(t) {
		name := row.Name
		if row.Headline {
			name += "*"
		}
		got[row.Family] = strings.TrimSpace(got[row.Family] + " " + name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestEveryRowExplainsItself(t *testing.T) {
	t.Parallel()
	for _, row := range load(t) {
		if !strings.Contains(row.Why, "?") {
			t.Errorf("%s: why asks no question: %q", row.Name, row.Why)
		}
		if row.BlindTo == "" {
			t.Errorf("%s: blind_to is missing", row.Name)
		}
		// A row that leaves a loop out says why.
		if len(row.Modes) != 2 && !strings.Contains(row.Notes, "loop only") {
			t.Errorf("%s: only %q, and the notes do not say why", row.Name, row.Modes)
		}
		for i := range row.Requests {
			r := &row.Requests[i]
			if _, exact := r.AnswerBody(); !exact && !r.Abandons() && row.Name != "router_404_storm" {
				t.Errorf("%s: %s accepts any body", row.Name, r.Name)
			}
		}
	}
}

// shapeOf gives the parts of a row in which it differs from plain keep-alive requests.
func shapeOf(s *scenarios.Scenario) string {
	var parts []string
	add := func(when bool, format string, args ...any) {
		if when {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(s.Clients > 0, "c%d", s.Clients)
	add(s.Depth > 1, "d%d", s.Depth)
	add(len(s.Requests) > 1, "%d %s", len(s.Requests), s.Rotation)
	add(s.Connection.ReconnectEvery > 0, "r%d", s.Connection.ReconnectEvery)
	add(s.Connection.Together, "together")
	add(s.LeastTime > 0, "≥%v", s.LeastTime)
	add(len(s.Rates) > 0, "%.0f/s", s.Rates)
	add(s.Server != scenarios.ServerCaps{}, "%v", s.Server)
	add(s.Unit != scenarios.Requests, "%s", s.Unit)
	add(s.RankBy != scenarios.ByThroughput, "%s", s.RankBy)
	return strings.Join(parts, " ")
}

func TestShapesAreAsPromised(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"upload_20mb": "c8 bandwidth", "pipelined_h1": "d4", "pipelined_h1_16": "d16",
		"varied_paths_router": "100 per-request", "mixed_workload": "3 weighted",
		"connection_storm": "r1", "router_404_storm": "r1", "accept_storm_burst": "r1 together",
		"slow_client": "≥4ms", "partial_body_drop": "2 per-request", "server_sent_events": "sessions",
		"large_keepalive_session": "{1000 0}", "backpressure_sustained": "c200 r10 {0 50}",
		"httparena_baseline_mix": "c512 3 per-request", "httparena_pipelined": "c512 d16",
		"httparena_limited_conn": "c512 3 per-connection r10", "httparena_json_mix": "c4096 7 per-connection r25",
		"httparena_json_comp": "c512 3 per-connection r25", "httparena_upload": "c32 4 per-connection r5 bandwidth",
		"httparena_static": "c1024 20 per-request", "httparena_async": "c32000 ≥15ms",
		"httparena_latency_10k": "c1024 [10000]/s", "httparena_latency_1m": "c1024 [1000000]/s",
		"httparena_upload_20mb_auto": "c8 bandwidth", "httparena_upload_20mb_manual": "c8 bandwidth",
	}
	got := map[string]string{}
	for _, row := range load(t) {
		if shape := shapeOf(&row); shape != "" {
			got[row.Name] = shape
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// catalogue loads the rows once, for tests that change nothing.
var catalogue = sync.OnceValues(scenarios.Load)

// requests returns the requests of a row of the catalogue.
func requests(t *testing.T, name string) []scenarios.Request {
	t.Helper()
	table, err := catalogue()
	if err != nil {
		t.Fatal(err)
	}
	row, err := table.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return row.Requests
}

func TestSizesArePromised(t *testing.T) {
	t.Parallel()
	type size struct{ sent, answered int64 }
	for name, want := range map[string]size{
		"post_4kb_form": {4095, 3}, "large_post_streaming": {1 << 20, 2}, "chunked_request_body": {1024, 1024},
		"compressed_request_body": {32, 32}, "expect_100_continue": {256, 256}, "httparena_json": {0, 8402},
		"httparena_upload_20mb_auto": {20_971_520, 8}, "httparena_upload_20mb_manual": {20_971_520, 8},
	} {
		r := requests(t, name)[0]
		answer, _ := r.AnswerBody()
		if got := (size{r.Body.Size(), answer.Size()}); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	var sizes []int64
	for _, r := range requests(t, "httparena_upload") {
		sizes = append(sizes, r.Body.Size())
	}
	if diff := cmp.Diff([]int64{512_000, 2_097_152, 10_485_760, 20_971_520}, sizes); diff != "" {
		t.Errorf("uploads (-want +got)\n%s", diff)
	}
}

func TestCompressedRequestBodyIsGzip(t *testing.T) {
	t.Parallel()
	unzip, err := gzip.NewReader(bytes.NewReader(requests(t, "compressed_request_body")[0].Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(unzip); err != nil || string(text) != "joust echoes" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestRoutesOfVariedPaths(t *testing.T) {
	t.Parallel()
	for i, r := range requests(t, "varied_paths_router") {
		if want := fmt.Sprintf("/api/v1/items/%04d", i+1); r.Path != want || r.Group != "varied_paths_router" {
			t.Errorf("request %d is %s in the group %s, want %s", i, r.Path, r.Group, want)
		}
	}
}

func TestStaticRowAsksEachFileOnce(t *testing.T) {
	t.Parallel()
	var asked []string
	for _, r := range requests(t, "httparena_static") {
		name := strings.TrimPrefix(r.Path, "/static/")
		asked = append(asked, name)
		f, _ := dataset.Find(name)
		if !bytes.Equal(r.Expect.Body.Bytes(), f.Content) || r.Expect.Body.Origin() != "file "+name {
			t.Errorf("%s expects another file, %s", name, r.Expect.Body.Origin())
		}
		if plain := slices.Contains(r.Expect.Encodings, scenarios.Identity); plain == f.Compressible {
			t.Errorf("%s may come in %q", name, r.Expect.Encodings)
		}
	}
	if diff := cmp.Diff(dataset.Names(), asked); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSlowClientPausesForItsLeastTime(t *testing.T) {
	t.Parallel()
	var pauses time.Duration
	for _, op := range requests(t, "slow_client")[0].Exchange {
		if op.PauseMicros != nil {
			pauses += time.Duration(*op.PauseMicros) * time.Microsecond
		}
	}
	if pauses != 4*time.Millisecond {
		t.Errorf("pauses of %v, want 4ms", pauses)
	}
}

// Bodies pass through JSON with every byte, and rows of the catalogue without the data
// set.
func TestBodiesThroughJSON(t *testing.T) {
	t.Parallel()
	for _, row := range load(t) {
		text, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		var back scenarios.Scenario
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(row, back); diff != "" {
			t.Errorf("%s (-want +got)\n%s", row.Name, diff)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		body := scenarios.Body{
			Text:   string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")),
			Length: rapid.Int64Range(0, 1000).Draw(t, "length"), Chunk: rapid.Int64Range(0, 9).Draw(t, "chunk"),
		}
		text, err := json.Marshal(&body)
		if err != nil {
			t.Fatal(err)
		}
		var back scenarios.Body
		if err := json.Unmarshal(text, &back); err != nil || back != body {
			t.Errorf("%+v became %+v, %v", body, back, err)
		}
	})
}
