package keeper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/harness/tree"
)

const (
	// killPatience is how long killed processes may take to go: the kernel
	// frees their memory first.
	killPatience = 10 * time.Second
	// removePatience is how long a control group may stay busy after its last
	// process.
	removePatience = 2 * time.Second
)

// reap waits for every process of the tree. The keeper adopts orphans, so when
// it has no child left, nothing is left at all.
func (k *keeper) reap(first int) {
	defer close(k.empty)
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WALL, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return // ECHILD: there is none.
		}
		if pid == first {
			k.first <- status
		}
	}
}

// signalAll sends a signal to every process of the tree.
func (k *keeper) signalAll(sig unix.Signal) error {
	processes, err := tree.Descendants(os.Getpid())
	if err != nil {
		return err
	}
	var errs []error
	for _, p := range processes {
		if !p.Ended() {
			errs = append(errs, p.Signal(sig))
		}
	}
	return errors.Join(errs...)
}

// end kills what is left of the tree, waits until it is gone, and removes its
// control group.
func (k *keeper) end() error {
	err := k.kill()
	select {
	case status := <-k.first:
		k.reportExit(status)
	default:
	}
	return errors.Join(err, k.removeCgroup())
}

// kill repeats itself because a process may fork between being listed and
// being killed.
func (k *keeper) kill() error {
	if k.gone {
		return nil
	}
	k.killing = true
	patience := time.NewTimer(killPatience)
	defer patience.Stop()
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		var err error
		if k.cgroup != "" {
			err = k.cgroup.Kill()
		}
		err = errors.Join(err, k.signalAll(unix.SIGKILL))
		select {
		case <-k.empty:
			k.gone = true
			return nil
		case <-patience.C:
			left, listing := tree.Descendants(os.Getpid())
			return errors.Join(fmt.Errorf("%d processes are left %v after SIGKILL: %v", len(left), killPatience, left), err, listing)
		case <-time.After(wait):
		}
	}
}

func (k *keeper) removeCgroup() error {
	if k.cgroup == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), removePatience)
	defer cancel()
	err := k.cgroup.Remove(ctx)
	k.cgroup, k.started.Cgroup = "", ""
	return err
}

func (k *keeper) flush() error {
	if k.log == nil {
		return nil
	}
	return k.log.Flush()
}

// reportExit tells how the first process ended, after its last words are in
// the log.
func (k *keeper) reportExit(status unix.WaitStatus) {
	// A log that cannot be written is told with the answer to the next Flush.
	_ = k.flush()
	e := Exited{Code: status.ExitStatus()}
	if status.Signaled() {
		e.Code, e.Signal = -1, unix.SignalName(status.Signal())
		now := oomKills(k.cgroup)
		e.OOMKilled = status.Signal() == unix.SIGKILL && !k.killing &&
			now != nil && k.oomBefore != nil && *now > *k.oomBefore
	}
	k.send(Event{Exited: &e})
}

// oomKills counts the kernel's kills for want of memory: in the control group
// where it has a memory controller, else on the whole machine. Nil where
// neither is told.
func oomKills(group tree.Cgroup) *uint64 {
	files := []string{"/proc/vmstat"}
	if group != "" {
		files = []string{filepath.Join(string(group), "memory.events"), "/proc/vmstat"}
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(content)) {
			value, ok := strings.CutPrefix(strings.TrimSpace(line), "oom_kill ")
			if n, err := strconv.ParseUint(value, 10, 64); ok && err == nil {
				return &n
			}
		}
	}
	return nil
}
