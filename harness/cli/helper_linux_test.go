package cli

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// steadily returns the flags with which a run makes just the trials of its plan,
// however disturbed the machine is, and no experiments.
func steadily() []string { return []string{"--repeat-budget", "0", "--no-probes", "--no-conformance"} }

// soon returns the arguments of a joust run that is over soon.
func soon(servers string) []string {
	return append([]string{
		"run", "--servers-dir", servers, "--scenarios", "hello", "--mode", "closed",
		"--trials", "1", "--duration", "300ms", "--warmup", "0s", "--clients", "4",
	}, steadily()...)
}

// writeServer makes the folder of a server that is the stooge.
func writeServer(servers, name string, mode, keys []string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "title: %s\nlanguage: Go\ncommand: [stooge]\nprotocols: [h1]\nscenarios: [hello]\n", name)
	address := "{{.Host}}:{{.Port}}"
	for _, key := range keys {
		key, value, _ := strings.Cut(key, "=")
		if key == "address" {
			address = value
			continue
		}
		fmt.Fprintf(&b, "%s: %s\n", key, value)
	}
	quoted := []string{strconv.Quote(address)}
	for _, m := range mode {
		quoted = append(quoted, strconv.Quote(m))
	}
	fmt.Fprintf(&b, "args: [%s]\n", strings.Join(quoted, ", "))
	dir := filepath.Join(servers, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "server.yaml"), b.Bytes(), 0o644)
}

// need skips a test whose tool is missing, or fails it where JOUST_REQUIRE asks for
// all tools.
func need(t *testing.T, missing error) {
	t.Helper()
	switch {
	case missing == nil:
	case os.Getenv("JOUST_REQUIRE") == "all":
		t.Fatalf("%v, and JOUST_REQUIRE=all", missing)
	default:
		t.Skip(missing)
	}
}

// awaitListener waits until the address accepts connections.
func awaitListener(address string) error {
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		c, err := net.Dial("tcp", address)
		if err == nil {
			return c.Close()
		}
		if time.Since(began) > patience {
			return fmt.Errorf("nothing listens at %s after %v: %w", address, patience, err)
		}
	}
}

// waitGone waits until no process is marked, for at most that time, and returns
// the command lines of the processes that remain.
func waitGone(mark string, limit time.Duration) []string {
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		pids := marked(mark)
		if len(pids) == 0 || time.Since(began) > limit {
			var lines []string
			for _, pid := range pids {
				line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // may be gone by now
				lines = append(lines, fmt.Sprintf("%d %s", pid, bytes.ReplaceAll(line, []byte{0}, []byte{' '})))
			}
			return lines
		}
	}
}

// marked returns the processes with a variable whose value begins with the mark,
// without zombies. A mark is a folder: joust and the programs that it starts have
// their TMPDIR in it.
func marked(mark string) []int {
	environments, _ := filepath.Glob("/proc/[0-9]*/environ") // the pattern is right
	var pids []int
	for _, path := range environments {
		text, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(text, []byte("="+mark)) {
			continue
		}
		if pid, err := strconv.Atoi(strings.Split(path, "/")[2]); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
