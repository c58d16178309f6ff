//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/harness/tree"
)

func TestStopIsPoliteFirst(t *testing.T) {
	t.Parallel()
	eachOwnership(t, func(t *testing.T, o LocalOptions) {
		h := launch(t, o, Program{
			Argv:        []string{"sh", "-c", "trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.01; done"},
			StopTimeout: patience,
		})
		if _, err := awaitLog(h, "up"); err != nil {
			t.Fatal(err)
		}
		stopAndCheck(t, h, family(t, h))
		if want := (Exit{Code: 5}); h.Exit() != want {
			t.Errorf("exit is %+v, not %+v", h.Exit(), want)
		}
		if got := h.LogTail(3); got != "bye" {
			t.Errorf("log ends with %q", got)
		}
		if err := h.Stop(t.Context()); err != nil {
			t.Errorf("second Stop: %v", err)
		}
	})
}

func TestStopEndsStubbornTree(t *testing.T) {
	t.Parallel()
	eachOwnership(t, func(t *testing.T, o LocalOptions) {
		h := launch(t, o, Program{Argv: []string{os.Args[0], "stubborn"}, StopTimeout: 50 * time.Millisecond})
		line, err := awaitLog(h, "listening")
		if err != nil {
			t.Fatal(err)
		}
		all := family(t, h)
		if len(all) != 3 {
			t.Errorf("keeper, program and child are %v", all)
		}
		stopAndCheck(t, h, all)
		_, addr, _ := strings.Cut(line, " ")
		if err := WaitPortClosed(t.Context(), addr); err != nil {
			t.Error(err)
		}
		if want := (Exit{Code: -1, Signal: "SIGKILL"}); h.Exit() != want {
			t.Errorf("exit is %+v, not %+v", h.Exit(), want)
		}
	})
}

func TestStopKillsAtOnceWhenContextEnds(t *testing.T) {
	t.Parallel()
	h := launch(t, LocalOptions{}, Program{Argv: []string{os.Args[0], "stubborn"}, StopTimeout: time.Hour})
	if _, err := awaitLog(h, "listening"); err != nil {
		t.Fatal(err)
	}
	all := family(t, h)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Stop(ctx); err != nil {
		t.Error(err)
	}
	stopAndCheck(t, h, all)
}

func TestStopEndsChildrenOfDeadParent(t *testing.T) {
	t.Parallel()
	eachOwnership(t, func(t *testing.T, o LocalOptions) {
		h := launch(t, o, Program{Argv: []string{"sh", "-c", "sleep 1000 & setsid sh -c 'sleep 1000 & sleep 1000' & exit 3"}})
		if got := awaitExit(t, h); got.Code != 3 {
			t.Errorf("exit is %+v", got)
		}
		var all []tree.Process
		err := await(func() (bool, error) {
			all = family(t, h)
			return len(all) == 5, nil
		}, "three sleeps, their shell and the keeper")
		if err != nil {
			t.Fatal(err, all)
		}
		stopAndCheck(t, h, all)
	})
}

func TestKeeperEndsNginxWithKilledMaster(t *testing.T) {
	t.Parallel()
	need(t, "nginx")
	eachOwnership(t, func(t *testing.T, o LocalOptions) {
		port, err := FreePort("127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		p, err := nginxProgram(t.TempDir(), port)
		if err != nil {
			t.Fatal(err)
		}
		h := launch(t, o, p)
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		if err := awaitListening(addr); err != nil {
			t.Fatal(err, h.LogTail(1000))
		}
		// The master listens before it forks.
		var all []tree.Process
		err = await(func() (bool, error) {
			all = family(t, h)
			return len(all) == 4, nil
		}, "keeper, master and two workers are not there")
		if err != nil {
			t.Fatal(err, all)
		}
		if err := unix.Kill(h.PID(), unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if got := awaitExit(t, h); got.Signal != "SIGKILL" || got.OOMKilled {
			t.Errorf("exit is %+v", got)
		}
		if err := awaitListening(addr); err != nil {
			t.Errorf("the workers should have survived: %v", err)
		}
		stopAndCheck(t, h, all)
		if err := WaitPortClosed(t.Context(), addr); err != nil {
			t.Error(err)
		}
	})
}

func TestKeeperEndsTreeWhenSignalled(t *testing.T) {
	t.Parallel()
	h := launch(t, LocalOptions{}, Program{Argv: []string{os.Args[0], "stubborn"}, StopTimeout: time.Hour})
	if _, err := awaitLog(h, "listening"); err != nil {
		t.Fatal(err)
	}
	all := family(t, h)
	if err := h.cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	awaitExit(t, h)
	stopAndCheck(t, h, all)
}

// A keeper that is killed cannot clean up; joust does it by the control group
// and says that something was wrong.
func TestDeadKeeperIsReported(t *testing.T) {
	t.Parallel()
	needCgroups(t)
	p := Program{Name: "x", Argv: []string{os.Args[0], "stubborn"}, Log: filepath.Join(t.TempDir(), "log")}
	started, err := newLocal(t, LocalOptions{}).Start(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	h := started.(*handle)
	if _, err := awaitLog(h, "listening"); err != nil {
		t.Fatal(err)
	}
	all := family(t, h)
	if err := h.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if got, want := awaitExit(t, h), (Exit{Code: -1, Signal: "SIGKILL"}); got != want {
		t.Errorf("exit is %+v", got)
	}
	if err := h.Stop(t.Context()); err == nil || !strings.Contains(err.Error(), "keeper of x died") {
		t.Errorf("Stop says %v", err)
	}
	err = await(func() (bool, error) {
		alive, err := surviving(all)
		return len(alive) == 0, err
	}, "processes remain")
	if err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(h.started.Cgroup); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the control group remains: %v", err)
	}
}
