package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/joust-bench/joust/harness/calibrate"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/results"
)

func TestCalibrate(t *testing.T) {
	t.Parallel()
	servers, cache, tmp := t.TempDir(), t.TempDir(), t.TempDir()
	if err := writeServer(servers, "cheap", nil, nil); err != nil {
		t.Fatal(err)
	}
	calibrated := func(args ...string) ended {
		c, out, errs := command(t, tmp, append([]string{"calibrate", "--servers-dir", servers, "--server", "cheap"}, args...)...)
		c.Env = append(c.Env, "XDG_CACHE_HOME="+cache)
		return ended{exitOf(t, c.Run()), out.String(), errs.String()}
	}
	if e := calibrated("--show"); e.code != ExitFailed || !strings.Contains(e.errors, "run joust calibrate") {
		t.Errorf("nothing is stored: exit code %d, %s", e.code, e.errors)
	}
	var e ended
	var c calibrate.Calibration
	retry.Often(t, func() string {
		e = calibrated("--quick", "--wakeups", "cheap")
		if c = storedCalibration(t, cache, e); c.Rows[0].ClosedCPUNS <= 0 || c.Rows[0].PaceLimitRPS <= 0 || c.Wakeups != nil && c.Wakeups.Failed != "" {
			return e.String()
		}
		return ""
	})
	if !strings.Contains(e.out, "paces up to req/s") || !strings.Contains(e.out, "│ hello ") || !strings.Contains(e.errors, "[1/1] hello") {
		t.Errorf("%s", e)
	}
	if row := c.Rows[0]; c.Schema != results.Schema || !c.Quick || row.Scenario != "hello" || row.ClosedRPS <= 0 || len(row.Open) != 2 {
		t.Errorf("%+v", c)
	}
	wakeups := c.Wakeups
	switch {
	case runtime.NumCPU() == 1:
		if wakeups != nil || !strings.Contains(e.errors, "on the only processor") {
			t.Errorf("on one processor: %+v, %s", wakeups, e.errors)
		}
	case wakeups == nil:
		t.Errorf("nothing of a loader that sleeps:\n%s", e.errors)
	case wakeups.Server != "cheap" || wakeups.Scenario != "hello" || len(wakeups.Pairs) != 3 || wakeups.Failed != "" ||
		wakeups.Wait.RPS <= 0 || wakeups.Spin.RPS <= 0 || wakeups.Wait.CPUNS <= 0 || wakeups.Spin.CPUNS <= 0 || !strings.Contains(e.out, wakeups.Text()):
		t.Errorf("%+v\n%s", wakeups, e.out)
	}
	if shown := calibrated("--show"); shown.code != ExitOK || !strings.Contains(e.out, shown.out) {
		t.Errorf("exit code %d, shown\n%s\nmeasured\n%s", shown.code, shown.out, e.out)
	}
}

// storedCalibration reads the only calibration in the cache folder, whose path the
// output must name.
func storedCalibration(t *testing.T, cache string, e ended) (c calibrate.Calibration) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cache, "joust", "calibrations", "*.json"))
	if err != nil || len(files) != 1 || !strings.Contains(e.out, "stored in "+files[0]) {
		t.Fatalf("stored %v, %v\n%s", files, err, e)
	}
	data, err := os.ReadFile(files[0])
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil || c.Fingerprint+".json" != filepath.Base(files[0]) || len(c.Rows) != 1 {
		t.Fatalf("%v\n%s", err, data)
	}
	return c
}

func TestCalibrateRefusals(t *testing.T) {
	t.Parallel()
	servers := t.TempDir()
	if err := writeServer(servers, "cheap", nil, nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--server", "chaep"}, "cheap"},
		{[]string{"--server", "cheap", "--scenarios", "json"}, "server cheap does not claim json"},
		{[]string{"--server", "cheap", "--scenarios", "helo"}, "hello"},
		{[]string{"--server", "cheap", "--wakeups", "chaep"}, "--wakeups chaep: "},
		{[]string{"--pin", "half"}, "half"},
		{[]string{"more"}, "calibrate takes no arguments"},
	} {
		e := joust(t, append([]string{"calibrate", "--servers-dir", servers}, c.args...)...)
		if e.code != ExitUsage || !strings.Contains(e.errors, c.want) || e.out != "" {
			t.Errorf("%q: exit code %d, %q, want %q", c.args, e.code, e.errors, c.want)
		}
	}
}
