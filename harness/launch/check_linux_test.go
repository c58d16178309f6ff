package launch_test

import (
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/scenarios"
)

// checkPaths makes the full check of rows that ask for these paths and expect "ok", and
// "1000 50" of /caps, whose row has caps. It returns the difference of each path.
func checkPaths(t *testing.T, paths ...string) map[string]string {
	t.Helper()
	return checkServer(t, "{{.KeepAliveRequests}} {{.MaxConnections}}", paths...).Differences
}

// checkServer checks a server with that second argument.
func checkServer(t *testing.T, argument string, paths ...string) launch.Checked {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	local, err := host.NewLocal(host.LocalOptions{Keeper: []string{self, "keep"}})
	if err != nil {
		t.Fatal(err)
	}
	m := catalog.Manifest{
		Name: "fragile", Dir: t.TempDir(), Command: []string{self, "server"}, StartTimeout: 10 * time.Second, StopTimeout: time.Second,
		Args: []string{"{{.Host}}:{{.Port}}", argument},
	}
	var rows []*scenarios.Scenario
	for _, path := range paths {
		row := &scenarios.Scenario{Name: path, Protocols: []scenarios.Protocol{scenarios.H1}, Depth: 1, Rotation: scenarios.PerRequest}
		want := "ok"
		if path == "/caps" {
			row.Server, want = scenarios.ServerCaps{KeepAliveRequests: 1000, MaxConnections: 50}, "1000 50"
		}
		row.Requests = []scenarios.Request{{
			Name: "get", Method: "GET", Path: path, Expect: scenarios.Expect{Status: 200, Body: &scenarios.Body{Text: want}},
		}}
		if path == "/drain" {
			row.Requests[0].Method, row.Requests[0].Body = "POST", &scenarios.Body{Text: "drained", Length: 1 << 20}
		}
		rows = append(rows, row)
	}
	l := launch.Launcher{Host: local, Logs: t.TempDir()}
	checked, err := l.Check(t.Context(), launch.Fixture{Manifest: m}, rows, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	return checked
}

// expectDifferences compares the beginnings of differences; "" is a row that passed.
func expectDifferences(t *testing.T, got, want map[string]string) {
	t.Helper()
	shortened := map[string]string{}
	for path, difference := range got {
		if w := want[path]; w != "" && strings.Contains(difference, w) {
			difference = w
		}
		shortened[path] = difference
	}
	if diff := cmp.Diff(want, shortened); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestServerThatEndsOnARowLosesOnlyThatRow(t *testing.T) {
	t.Parallel()
	expectDifferences(t, checkPaths(t, "/a", "/crash", "/b", "/wrong", "/c"), map[string]string{
		"/a": "", "/crash": "it ended before it answered: exit status 3\nthe end of its output:\nno such thing", "/b": "", "/c": "",
		"/wrong": "the body differs",
	})
}

// The first row on a server is the one with which it must show that it answers.
func TestServerThatDoesNotStartWithItsFirstRows(t *testing.T) {
	t.Parallel()
	expectDifferences(t, checkPaths(t, "/crash", "/wrong", "/a", "/b"), map[string]string{
		"/crash": "it ended before it answered", "/wrong": "answers wrongly", "/a": "", "/b": "",
	})
}

// A row that passes and leaves a dying server is the one that is wrong, not the next.
func TestServerThatEndsAfterARow(t *testing.T) {
	t.Parallel()
	expectDifferences(t, checkPaths(t, "/a", "/later", "/b", "/c"), map[string]string{
		"/a": "", "/later": "the server ended after the check of this row: exit status 4", "/b": "", "/c": "",
	})
}

func TestServerThatAnswersNothingFailsEveryRow(t *testing.T) {
	t.Parallel()
	got := checkPaths(t, "/crash", "/wrong", "/crash2", "/a")
	if got["/a"] != "" || got["/crash2"] != "" {
		t.Errorf("two starts in vain: %v", got)
	}
	expectDifferences(t, checkPaths(t, "/wrong", "/wrong?1", "/wrong?2", "/a", "/b"), map[string]string{
		"/wrong": "answers wrongly", "/wrong?1": "answers wrongly", "/wrong?2": "answers wrongly",
		"/a": "answers wrongly: GET /wrong?2", "/b": "answers wrongly: GET /wrong?2",
	})
}

func TestRowsWithCapsGetAServerOfTheirOwn(t *testing.T) {
	t.Parallel()
	expectDifferences(t, checkPaths(t, "/a", "/caps", "/b"), map[string]string{"/a": "", "/caps": "answered request 1001 on one connection, and its cap is 1000", "/b": ""})
}

// 512 MiB may pass through a server, but must not stay in its memory.
func TestBodiesThatAreHeldWhole(t *testing.T) {
	t.Parallel()
	frugal := checkServer(t, "frugal", "/a", "/drain")
	expectDifferences(t, frugal.Differences, map[string]string{"/a": "", "/drain": ""})
	greedy := checkServer(t, "greedy", "/a", "/drain")
	expectDifferences(t, greedy.Differences, map[string]string{"/a": "", "/drain": "MiB, by more than 128 MiB: it holds bodies whole"})
	if !strings.HasPrefix(greedy.Differences["/drain"], "512 MiB streamed: the server's memory grew from ") || len(greedy.NotChecked) > 0 {
		t.Errorf("got %q, not checked %q", greedy.Differences["/drain"], greedy.NotChecked)
	}
}

// The battery names the points that the server fails, and restarts it where it ends.
func TestBatteryOfAServer(t *testing.T) {
	t.Parallel()
	c := checkServer(t, "", "/a").Conformance
	if c == nil {
		t.Fatal("the battery was not asked")
	}
	// It answers every path and method, and ignores broken bodies.
	want := []string{"unknown path", "unknown method", "an unread body is no request",
		"Content-Length beside Transfer-Encoding", "chunk sizes beyond 64 bits", "malformed chunks"}
	if _, asked := c.Score(); asked < 24 || !slices.Equal(c.FailedNames(), want) {
		t.Errorf("of %d points it failed %q", asked, c.FailedNames())
	}
	if c := checkServer(t, "", "/wrong").Conformance; c != nil {
		t.Errorf("a server without a right row was asked: %+v", c)
	}
}
