package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// steadily are the flags with which a run makes just the trials of its plan,
// however disturbed the machine is, and no experiments.
func steadily() []string { return []string{"--repeat-budget", "0", "--no-probes"} }

// soon are the arguments of a joust run that is over soon.
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

// waitGone waits until no process is marked, for at most that time, and returns
// the command lines of those that are left.
func waitGone(mark string, limit time.Duration) []string {
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		left := marked(mark)
		if len(left) == 0 || time.Since(began) > limit {
			var lines []string
			for _, pid := range left {
				line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // may be gone by now
				lines = append(lines, fmt.Sprintf("%d %s", pid, bytes.ReplaceAll(line, []byte{0}, []byte{' '})))
			}
			return lines
		}
	}
}

// marked are the processes with a variable whose value begins with the mark,
// zombies left out. A mark is a folder: joust and what it starts have their
// TMPDIR in it.
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
