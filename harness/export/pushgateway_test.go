package export_test

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/harness/export"
)

// startPushgateway runs Debian's Pushgateway until the test ends, and returns its URL.
func startPushgateway(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("prometheus-pushgateway")
	switch {
	case err == nil:
	case os.Getenv("JOUST_REQUIRE") == "all":
		t.Fatalf("%v, and JOUST_REQUIRE=all", err)
	default:
		t.Skipf("%v: scripts/install-test-tools.sh installs it", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, "--web.listen-address="+address, "--log.level=error")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		http.DefaultClient.CloseIdleConnections()
	})
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if r, err := http.Get("http://" + address + "/-/ready"); err == nil {
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return "http://" + address
			}
		}
		if time.Now().After(end) {
			t.Fatal("the Pushgateway is not ready after a minute")
		}
	}
}

// Debian's Pushgateway takes the exports, and has the result of the load at the end.
func TestDebiansPushgateway(t *testing.T) {
	t.Parallel()
	url := startPushgateway(t)
	if note := play(t, export.Options{Pushgateway: url}, func(int) {}); note != "" {
		t.Fatal(note)
	}
	r, err := http.Get(url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	stored, err := readText(r.Body, nil)
	if err != nil {
		t.Fatal(err)
	}
	of := `{build="7",instance="",job="joust"}`
	got, want := figures{}, figures{"+joust_requests_total" + of: 505, "+joust_errors_total" + of: 5, "+joust_offered_total" + of: 510, "+joust_bytes_total" + of: 50_000}
	for name := range want {
		got[name] = stored[name]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the counters (-want +got):\n%s", diff)
	}
}
