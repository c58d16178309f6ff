package scenarios_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results/golden"
	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/strictyaml/schema"
)

func load(t *testing.T) scenarios.Rows {
	t.Helper()
	table, err := scenarios.Load()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// pattern is repeated in generated bodies.
const pattern = "0123456789abcdefghijklmnopqrstuvwxyz"

// fact is a promise of the project about a row.
type fact struct {
	method, path  string
	headers       int
	sent          int64
	status        int
	contentType   string
	answer        string // exact, or the beginning of answerLen bytes
	answerLen     int64
	clients       int
	depth         int
	modes         string
	rankBy        scenarios.RankBy
	everyProtocol bool
}

// object is the answer to GET /json.
const object = `{"id":1,"status":"ok","data":{"name":"joust","version":"1.0.0","flags":["fast","correct","measured","repeatable"]}}`

func TestEmbeddedRowsAreAsPromised(t *testing.T) {
	t.Parallel()
	both, throughput := "closed open", scenarios.ByThroughput
	facts := map[string]fact{
		"hello":              {"GET", "/", 0, 0, 200, "text/plain", "alive\r\n", 7, 0, 1, both, throughput, true},
		"json":               {"GET", "/json", 1, 0, 200, "application/json", object, 115, 0, 1, both, throughput, true},
		"echo":               {"POST", "/echo", 1, 256, 200, "", pattern, 256, 0, 1, both, throughput, true},
		"headers_heavy":      {"GET", "/", 16, 0, 200, "text/plain", "alive\r\n", 7, 0, 1, both, throughput, true},
		"large_response":     {"GET", "/large", 0, 0, 200, "text/plain", pattern, 65536, 0, 1, both, throughput, true},
		"multi_request_body": {"POST", "/echo", 1, 4096, 200, "", pattern, 4096, 0, 1, both, throughput, true},
		"pipelined_h1":       {"GET", "/", 0, 0, 200, "text/plain", "alive\r\n", 7, 0, 4, "closed", throughput, false},
		"upload_20mb":        {"POST", "/upload", 1, 20_971_520, 200, "text/plain", "20971520", 8, 8, 1, both, scenarios.ByBandwidth, true},
	}
	table := load(t)
	for name, want := range facts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := table.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			if !s.Headline || len(s.Requests) != 1 || s.Unit != scenarios.Requests || s.Connection.ReconnectEvery != 0 {
				t.Fatalf("not one headline request on kept connections: %+v", s)
			}
			if got := factOf(t, s); got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

// factOf returns the facts of a row.
func factOf(t *testing.T, s *scenarios.Scenario) fact {
	t.Helper()
	r := &s.Requests[0]
	body, exact := r.AnswerBody()
	if !exact {
		t.Fatal("no exact answer")
	}
	if r.Expect.Echo && !bytes.Equal(body.Bytes(), r.Body.Bytes()) {
		t.Error("the echo is not the request's body")
	}
	got := fact{
		method: r.Method, path: r.Path, headers: len(r.Headers), sent: r.Body.Size(),
		status: r.Expect.Status, answer: body.Text, answerLen: int64(len(body.Bytes())),
		clients: s.Clients, depth: s.Depth, rankBy: s.RankBy,
	}
	for _, h := range r.Expect.Headers {
		if h.Name == "Content-Type" {
			got.contentType = h.Value
		}
	}
	var modes []string
	for _, m := range s.Modes {
		modes = append(modes, string(m))
	}
	got.modes = strings.Join(modes, " ")
	every := []scenarios.Protocol{scenarios.H1, scenarios.H1S, scenarios.H2, scenarios.H2C, scenarios.H3}
	got.everyProtocol = cmp.Equal(s.Protocols, every)
	if !got.everyProtocol && !cmp.Equal(s.Protocols, []scenarios.Protocol{scenarios.H1}) {
		t.Errorf("protocols: %q", s.Protocols)
	}
	return got
}

func TestHeadersHeavyGrowsFromOneToSixteenBytes(t *testing.T) {
	t.Parallel()
	s, err := load(t).Find("headers_heavy")
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range s.Requests[0].Headers {
		if len(h.Value) != i+1 || h.Name != fmt.Sprintf("X-Bench-%02d", i+1) {
			t.Errorf("header %d is %s: %q", i+1, h.Name, h.Value)
		}
	}
}

func TestJSONVariesItsID(t *testing.T) {
	t.Parallel()
	s, err := load(t).Find("json")
	if err != nil {
		t.Fatal(err)
	}
	r := s.Requests[0]
	if diff := cmp.Diff(scenarios.Header{Name: "Accept", Value: "application/json"}, r.Headers[0]); diff != "" {
		t.Error(diff)
	}
	if r.Vary == nil || r.Vary.Path != "/json?id={n}" {
		t.Fatalf("vary: %+v", r.Vary)
	}
	// Asked for 1, the varied answer is the plain one.
	if got := strings.ReplaceAll(r.Vary.Expect.Text, "{n}", "1"); got != r.Expect.Body.Text {
		t.Errorf("varied answer for 1: %s", got)
	}
}

// Not parallel: with -update it rewrites what another test reads.
func TestREADMEShowsTheTable(t *testing.T) {
	readme := string(read(t, "README.md"))
	head, rest, ok := strings.Cut(readme, "-update`) -->\n")
	if !ok {
		t.Fatal("README.md has no mark where the table begins")
	}
	const end = "<!-- table: end -->"
	_, tail, ok := strings.Cut(rest, end)
	if !ok {
		t.Fatal("README.md has no mark where the table ends")
	}
	table := markdown(load(t))
	golden.Hold(t, "README.md", head+"-update`) -->\n"+table+end+tail)
}

func TestREADMEExampleIsValid(t *testing.T) {
	t.Parallel()
	_, rest, _ := strings.Cut(string(read(t, "README.md")), "```yaml\n")
	example, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("README.md has no example")
	}
	if _, err := parse("README.yaml", []byte(example)); err != nil {
		t.Error(err)
	}
}

func TestExampleFileStandsBesideTheCatalogue(t *testing.T) {
	t.Parallel()
	rows, err := load(t).WithFiles("example/orders.yaml")
	if err != nil {
		t.Fatal(err)
	}
	own, err := rows.Select("orders")
	if err != nil || len(own) != 4 {
		t.Fatalf("%d rows, %v", len(own), err)
	}
	if got, want := own[1].Requests[0].Body.Bytes(), read(t, "example/order.json"); !bytes.Equal(got, want) {
		t.Errorf("the body is %q, the file %q", got, want)
	}
	first := own[2].Requests[0].Weight
	if all := first + len(own[2].Requests) - 1; len(own[2].Requests) != 50 || float64(first)/float64(all) < 0.74 || float64(first)/float64(all) > 0.76 {
		t.Errorf("%d of %d requests are the first page", first, all)
	}
	if !own[3].Requests[0].Abandons() || own[3].Requests[1].Abandons() {
		t.Error("the first request of the last row is not the abandoned one")
	}
}

func TestREADMENamesEveryGeneratorAndKey(t *testing.T) {
	t.Parallel()
	readme := string(read(t, "README.md"))
	for _, word := range append(scenarios.Signatures(), scenarios.RowKeys()...) {
		if !strings.Contains(readme, "`"+word+"`") {
			t.Errorf("README.md does not explain %s", word)
		}
	}
}

func TestMarkdownStaysWithinItsCells(t *testing.T) {
	t.Parallel()
	rows := string(read(t, "testdata/everything.good.yaml"))
	rows = strings.Replace(rows, "title: weighted mix", `title: "a | b\nc"`, 1)
	parsed, err := parse("rows.yaml", []byte(rows))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(overview(parsed)), "\n")
	if len(lines) != 2+len(parsed) {
		t.Fatalf("%d lines for %d rows", len(lines), len(parsed))
	}
	for _, line := range lines {
		plain := strings.ReplaceAll(line, `\|`, "")
		if n := strings.Count(plain, "|"); n != 7 {
			t.Errorf("%d bars in %s", n, line)
		}
	}
}

// Editors check the catalogue with the schema. Not parallel: with -update it is
// rewritten.
func TestSchemaOfTheCatalogue(t *testing.T) {
	s, err := scenarios.FileSchema()
	if err != nil {
		t.Fatal(err)
	}
	schema.Published{
		Schema: s, File: "scenario.schema.json",
		Fit: []string{"catalog/*.yaml", "example/*.yaml", "testdata/*.good.yaml"},
		Refused: map[string]string{
			"an unknown key":      "scenarios: [{name: a, title: a, protocols: [h1], modes: [closed], requests: [], titel: b}]",
			"an unknown protocol": "scenarios: [{name: a, title: a, protocols: [h9], modes: [closed], requests: []}]",
			"no requests":         "scenarios: [{name: a, title: a, protocols: [h1], modes: [closed]}]",
		},
	}.Hold(t)
}
