package tree

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func sleeper(t *testing.T, attr *syscall.SysProcAttr) (*exec.Cmd, Process) {
	t.Helper()
	cmd := exec.Command("sleep", "1000")
	cmd.SysProcAttr = attr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p, err := Lookup(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	return cmd, p
}

func TestSignalReachesOnlyTheOneMeant(t *testing.T) {
	t.Parallel()
	cmd, p := sleeper(t, nil)
	// The same id with another start time is a process that ended long ago.
	former := p
	former.Start--
	if err := former.Signal(unix.SIGKILL); err != nil {
		t.Error(err)
	}
	if err := p.Signal(unix.SIGTERM); err != nil {
		t.Error(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != unix.SIGTERM {
		t.Errorf("it ended with %v, not by the signal meant for it", err)
	}
	if err := p.Signal(unix.SIGKILL); err != nil {
		t.Errorf("signalling a process that has ended: %v", err)
	}
	if _, err := Lookup(p.PID); err == nil {
		t.Skip("its id was given away again")
	} else if !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestZombieOwnerIsDead(t *testing.T) {
	t.Parallel()
	cmd, p := sleeper(t, nil)
	o := p.Owner()
	if alive, err := o.Alive(); err != nil || !alive {
		t.Errorf("alive is %v, %v", alive, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// It stays a zombie until it is waited for.
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if alive, err := o.Alive(); err != nil {
			t.Fatal(err)
		} else if !alive {
			break
		}
		if time.Now().After(end) {
			t.Fatal("a zombie counts as alive")
		}
	}
	if q, err := Lookup(p.PID); err != nil || !q.Ended() {
		t.Errorf("the zombie is %+v, %v", q, err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("it was not killed")
	}
}

func TestDescendants(t *testing.T) {
	t.Parallel()
	cmd, p := sleeper(t, nil)
	all, err := Descendants(os.Getpid())
	if err != nil {
		t.Error(err)
	}
	found := false
	for _, q := range all {
		found = found || q.PID == p.PID && q.Start == p.Start
	}
	if !found {
		t.Errorf("%+v is not among %+v", p, all)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("it was not killed")
	}
}

// Both ways of killing a group: the kernel's, and the one for older kernels.
func TestCgroupKill(t *testing.T) {
	t.Parallel()
	self, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	ways := map[string]func(Cgroup) error{"atonce": Cgroup.Kill, "onebyone": Cgroup.killOneByOne}
	for name, kill := range ways {
		c, err := MakeCgroup(self.CgroupName(name))
		if err != nil && os.Getenv("JOUST_REQUIRE") != "all" {
			t.Skip("no control groups can be made here: ", err)
		} else if err != nil {
			t.Fatal(err)
		}
		dir, err := os.Open(string(c))
		if err != nil {
			t.Fatal(err)
		}
		cmd, p := sleeper(t, &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(dir.Fd())})
		if err := dir.Close(); err != nil {
			t.Fatal(err)
		}
		if pids, err := c.PIDs(); err != nil || len(pids) != 1 || pids[0] != p.PID {
			t.Errorf("%s: the group holds %v, %v, not %d", name, pids, err, p.PID)
		}
		if err := kill(c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := cmd.Wait(); err == nil {
			t.Errorf("%s: it was not killed", name)
		}
		if err := c.End(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		checkGone(t, c)
	}
}

// checkGone asserts that no call on a group that is gone fails.
func checkGone(t *testing.T, c Cgroup) {
	t.Helper()
	if _, err := os.Stat(string(c)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the group remains: %v", err)
	}
	pids, err := c.PIDs()
	if err := errors.Join(err, c.Kill(), c.End(t.Context())); err != nil || len(pids) != 0 {
		t.Errorf("of a group that is gone: %s, %v", strconv.Itoa(len(pids)), err)
	}
}

func TestReaderGrowsItsBuffer(t *testing.T) {
	t.Parallel()
	var r Reader
	for _, size := range []int{0, 1, 8<<10 - 1, 8 << 10, 100_000, 3} {
		path := filepath.Join(t.TempDir(), "file")
		want := bytes.Repeat([]byte{'x'}, size)
		if err := os.WriteFile(path, want, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := r.Read(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes read of %d, %v", len(got), size, err)
		}
	}
	if _, err := r.Read(t.TempDir() + "/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v for a file that does not exist", err)
	}
}
