//go:build linux

package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestPinningIsInherited(t *testing.T) {
	t.Parallel()
	cpus := allowedCPUs(t)
	if len(cpus) < 2 {
		t.Skip("with one CPU, pinned and unpinned look the same")
	}
	last, first := cpus[len(cpus)-1], cpus[0]
	const script = "grep Cpus_allowed_list /proc/self/status & wait; echo done; exec sleep 1000"
	h := launch(t, LocalOptions{KeeperCPUs: []int{first}}, Program{Argv: []string{"sh", "-c", script}, CPUs: []int{last}})
	log, err := awaitLog(h, "done")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(log); len(got) < 2 || got[1] != strconv.Itoa(last) {
		t.Errorf("the program's child says %q, not CPU %d", log, last)
	}
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", h.cmd.Process.Pid))
	if err != nil || len(tasks) == 0 {
		t.Fatal(tasks, err)
	}
	for _, task := range tasks {
		if got := allowedList(t, task); got != strconv.Itoa(first) {
			t.Errorf("%s of the keeper may use CPUs %s, not %d", task, got, first)
		}
	}
}

func TestUnpinnedProgramGetsOwnCPUs(t *testing.T) {
	t.Parallel()
	cpus := allowedCPUs(t)
	h := launch(t, LocalOptions{KeeperCPUs: cpus[:1]}, Program{Argv: []string{"sleep", "1000"}})
	want := allowedList(t, "/proc/self/status")
	if got := allowedList(t, fmt.Sprintf("/proc/%d/status", h.PID())); got != want {
		t.Errorf("the program may use CPUs %s, not %s", got, want)
	}
}

func allowedCPUs(t *testing.T) []int {
	t.Helper()
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Fatal(err)
	}
	var cpus []int
	for c := range 1024 {
		if set.IsSet(c) {
			cpus = append(cpus, c)
		}
	}
	return cpus
}

func allowedList(t *testing.T, status string) string {
	t.Helper()
	text, err := os.ReadFile(status)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "Cpus_allowed_list:\t")
	list, _, _ := strings.Cut(rest, "\n")
	return list
}

func TestEnvironmentAndFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := launch(t, LocalOptions{}, Program{
		Argv: []string{"sh", "-c", `echo "$PWD $JOUST_TEST_A $HOME"`},
		Env:  []string{"JOUST_TEST_A=first", "HOME=/nowhere"}, Dir: dir,
	})
	awaitExit(t, h)
	if got, want := h.LogTail(1000), dir+" first /nowhere"; got != want {
		t.Errorf("got %q, not %q", got, want)
	}
}

// A lock or socket that joust inherited must not live on in servers.
func TestInheritedFilesStopAtKeeper(t *testing.T) {
	t.Parallel()
	const fd = 200
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if err := unix.Dup3(int(null.Fd()), fd, 0); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	h := launch(t, LocalOptions{}, Program{Argv: []string{"sleep", "1000"}})
	if _, err := os.Lstat(fmt.Sprintf("/proc/%d/fd/%d", h.cmd.Process.Pid, fd)); err != nil {
		t.Errorf("the keeper was expected to inherit it: %v", err)
	}
	if _, err := os.Lstat(fmt.Sprintf("/proc/%d/fd/%d", h.PID(), fd)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the program has it: %v", err)
	}
}
