//go:build linux

package keeper

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain makes this binary its own keeper.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "keep" {
		os.Exit(Main(context.Background(), os.Stdin, os.Stdout))
	}
	// Under the race detector every keeper would sleep for a second at its end.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE")); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// keep runs a keeper on the input to its end and returns its notices and
// whether it succeeded.
func keep(t *testing.T, input io.Reader) ([]Notice, bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "keep")
	cmd.Stdin, cmd.Stderr = input, os.Stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	var notices []Notice
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var e Notice
		if err := decoder.Decode(&e); errors.Is(err, io.EOF) {
			return notices, exit == nil
		} else if err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		notices = append(notices, e)
	}
}

func TestKeeperRefusesBadConfiguration(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ input, want string }{
		"nothing":    {"", "joust starts keepers itself"},
		"half":       {`{"argv":["true"]`, "EOF"},
		"no JSON":    {"start it\n", "invalid character"},
		"wrong type": {`{"argv":"true"}` + "\n", "cannot unmarshal"},
		"no program": {"{}\n", "names no program"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			notices, ok := keep(t, strings.NewReader(test.input))
			if ok || len(notices) != 1 || !strings.Contains(notices[0].Failed, test.want) {
				t.Errorf("success %v, notices %+v; want a failure with %q", ok, notices, test.want)
			}
		})
	}
}

// The end of the input, and input that makes no sense, end the tree.
func TestKeeperEndsWithItsInput(t *testing.T) {
	t.Parallel()
	for name, last := range map[string]string{"end": "", "nonsense": "stop it\n", "stop": `{"stop":true}` + "\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			input := `{"argv":["sleep","1000"],"stop_timeout_ns":10000000000}` + "\n" + last
			start := time.Now()
			notices, ok := keep(t, strings.NewReader(input))
			if !ok || len(notices) != 3 || notices[0].Started == nil || notices[1].Exited == nil || notices[2].Ended == nil {
				t.Fatalf("success %v, notices %+v", ok, notices)
			}
			if s := notices[1].Exited.Signal; s != "SIGKILL" && s != "SIGTERM" || notices[2].Ended.Error != "" {
				t.Errorf("signal %s, error %q", s, notices[2].Ended.Error)
			}
			if took := time.Since(start); took > 8*time.Second {
				t.Errorf("it took %v, as if it had waited for the stop timeout", took)
			}
		})
	}
}

// A keeper reports a log that it could not write, and its program goes on.
func TestKeeperReportsFullDisk(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full here")
	}
	proof := filepath.Join(t.TempDir(), "proof")
	config, err := json.Marshal(Config{
		Argv: []string{"sh", "-c", fmt.Sprintf("seq 1 50000; echo went on >%s", proof)},
		Log:  "/dev/full",
	})
	if err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	go func() {
		// The input stays open until the program has ended by itself.
		_, _ = w.Write(append(config, '\n'))
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
			if _, err := os.Stat(proof); err == nil {
				break
			}
		}
		_ = w.Close()
	}()
	notices, ok := keep(t, r)
	if !ok || len(notices) != 3 || notices[2].Ended == nil || !strings.Contains(notices[2].Ended.LogError, "no space left") {
		t.Errorf("success %v, notices %+v", ok, notices)
	}
	if _, err := os.Stat(proof); err != nil {
		t.Error("the program stalled on its log:", err)
	}
}

// While its program runs, a keeper sleeps.
func TestKeeperCostsNothing(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0], "keep")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(t.TempDir(), "log")
	if _, err := fmt.Fprintf(in, `{"argv":["sleep","1000"],"log":%q}`+"\n", log); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	// The runtime winds down within its first moments. A keeper that polled,
	// even ten times a second, would never be as quiet as this.
	const quiet = 2
	woke := quiet + 1
	for end := time.Now().Add(10 * time.Second); woke > quiet && time.Now().Before(end); {
		before := switches(t, cmd.Process.Pid)
		time.Sleep(500 * time.Millisecond)
		woke = switches(t, cmd.Process.Pid) - before
	}
	if woke > quiet {
		t.Errorf("its threads still woke %d times in 500 ms", woke)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, out); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// switches counts how often the threads of a process gave up their processor
// of their own accord, which they do once a wake-up.
func switches(t *testing.T, pid int) int {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	sum := 0
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var n int
		_, rest, _ := strings.Cut(string(text), "\nvoluntary_ctxt_switches:")
		if _, err := fmt.Sscan(rest, &n); err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return sum
}
