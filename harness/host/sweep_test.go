//go:build linux

package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/joust-bench/joust/harness/tree"
	"github.com/joust-bench/joust/loaders/retry"
)

// A joust that is killed in the middle of a trial leaves nothing two seconds later.
func TestKilledJoustLeavesNothing(t *testing.T) {
	t.Parallel()
	need(t, "nginx")
	retry.Often(t, func() string {
		if took := killVictim(t); took > 2*time.Second {
			return fmt.Sprintf("it took %v", took)
		}
		return ""
	})
}

// killVictim kills a victim and returns the time until all that it started is gone.
func killVictim(t *testing.T) time.Duration {
	t.Helper()
	cmd := exec.Command(os.Args[0], "victim", t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var e estate
	if err := json.NewDecoder(out).Decode(&e); err != nil || e.Error != "" {
		t.Error(err, e.Error)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	if err := cmd.Wait(); err == nil {
		t.Error("the victim ended by itself")
	}
	if len(e.Processes) == 0 || len(e.Addresses) != 2 {
		t.Errorf("the victim had processes %v and ports %v", e.Processes, e.Addresses)
	}
	err = await(func() (bool, error) {
		alive, err := surviving(e.Processes)
		return len(alive) == 0, err
	}, "processes remain")
	if err != nil {
		t.Error(err)
	}
	for _, addr := range e.Addresses {
		if err := WaitPortClosed(t.Context(), addr); err != nil {
			t.Error(err)
		}
	}
	for _, dir := range e.Cgroups {
		if _, err := os.Stat(dir); dir != "" && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("control group %s remains: %v", dir, err)
		}
	}
	return time.Since(killed)
}

// deadOwner returns a process that has ended, as an owner.
func deadOwner(t *testing.T) tree.Owner {
	t.Helper()
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p, err := tree.Lookup(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the process was not killed")
	}
	return p.Owner()
}

// occupied makes a control group with a process in it.
func occupied(t *testing.T, name string) (tree.Cgroup, *exec.Cmd) {
	t.Helper()
	group, err := tree.MakeCgroup(name)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.Open(string(group))
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	cmd := exec.Command("sleep", "1000")
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(dir.Fd()), Setsid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return group, cmd
}

func TestSweepEndsCgroupsOfTheDead(t *testing.T) {
	t.Parallel()
	needCgroups(t)
	self, err := tree.Self()
	if err != nil {
		t.Fatal(err)
	}
	suffix := "sweep" + strconv.Itoa(os.Getpid())
	// The id of a living process with another start time is a dead owner's.
	reused := tree.Owner{PID: self.PID, Start: self.Start - 1}
	for _, owner := range []tree.Owner{deadOwner(t), reused} {
		group, cmd := occupied(t, owner.CgroupName(suffix))
		// A group below it must go as well.
		if err := os.Mkdir(filepath.Join(string(group), "below"), 0o755); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		swept, err := Sweep(t.Context())
		if err != nil {
			t.Error(err)
		}
		if !slices.Contains(swept, string(group)) {
			t.Errorf("%s is not among %v", group, swept)
		}
		if err := <-ended; err == nil {
			t.Error("the process ended by itself")
		}
		if _, err := os.Stat(string(group)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s remains: %v", group, err)
		}
	}
}

func TestSweepSparesTheLiving(t *testing.T) {
	t.Parallel()
	needCgroups(t)
	h := launch(t, LocalOptions{}, Program{Argv: []string{"sleep", "1000"}})
	swept, err := Sweep(t.Context())
	if err != nil {
		t.Error(err)
	}
	if slices.Contains(swept, h.started.Cgroup) {
		t.Error("the group of a living joust was swept")
	}
	alive, err := surviving(family(t, h))
	if err != nil || len(alive) != 2 {
		t.Errorf("of keeper and program there are %v, %v", alive, err)
	}
}

func TestTempDirsAreSwept(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	mine, remove, err := TempDir()
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(mine); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder is %v, %v", info, err)
	}
	root := filepath.Dir(mine)
	theirs := filepath.Join(root, deadOwner(t).String()+"-abc")
	foreign := filepath.Join(root, "notes")
	for _, dir := range []string{theirs, foreign} {
		if err := os.MkdirAll(filepath.Join(dir, "deep"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	swept, err := Sweep(t.Context())
	if err != nil {
		t.Error(err)
	}
	if !slices.Contains(swept, theirs) || slices.Contains(swept, mine) || slices.Contains(swept, foreign) {
		t.Errorf("swept %v, not %s alone", swept, theirs)
	}
	for dir, want := range map[string]bool{mine: true, theirs: false, foreign: true} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("%s: %v", dir, err)
		}
	}
	if err := os.RemoveAll(foreign); err != nil {
		t.Fatal(err)
	}
	if err := remove(); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(temp); err != nil || len(entries) != 0 {
		t.Errorf("the folder still holds %v, %v", entries, err)
	}
}

func TestTempDirRefusesForeignRoot(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	other := t.TempDir()
	if err := os.Symlink(other, tempRoot()); err != nil {
		t.Fatal(err)
	}
	if dir, _, err := TempDir(); err == nil {
		t.Errorf("made %s through somebody's link", dir)
	}
}

// TestKilledAtAnyMoment kills jousts while they start programs: a keeper may not
// know its program yet.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	need(t, "nginx")
	for delay := range 6 {
		// The programs of a victim have its TMPDIR too.
		mark := "TMPDIR=" + t.TempDir()
		cmd := exec.Command(os.Args[0], "victim", t.TempDir())
		cmd.Env = append(os.Environ(), mark)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		p, err := tree.Lookup(cmd.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(delay) * 50 * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Error("the victim ended by itself")
		}
		owner := p.Owner()
		err = await(func() (bool, error) {
			pids, err := marked(mark)
			groups, groupErr := groupsOf(owner)
			return len(pids)+len(groups) == 0, errors.Join(err, groupErr)
		}, "processes or control groups remain")
		if err != nil {
			t.Error(err)
		}
	}
}

// marked lists the processes whose environment holds the mark.
func marked(mark string) ([]string, error) {
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return nil, err
	}
	var found []string
	for _, f := range files {
		// Processes that end meanwhile have no environment, and those of other users
		// none that this one may read.
		text, err := os.ReadFile(f)
		if err == nil && strings.Contains(string(text), mark+"\x00") {
			found = append(found, f)
		}
	}
	return found, nil
}

func groupsOf(o tree.Owner) ([]string, error) {
	base, err := tree.CgroupBase()
	if errors.Is(err, tree.ErrNoCgroup) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return filepath.Glob(filepath.Join(base, o.CgroupName("*")))
}
