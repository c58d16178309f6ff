package keeper

import (
	"context"
	"errors"
	"fmt"
	"os"
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

// reap waits for every process of the tree. The keeper adopts orphans: without a
// child of its own, the whole tree is gone.
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

// end kills the rest of the tree, waits until it is gone, and removes its control
// group.
func (k *keeper) end() error {
	err := k.kill()
	select {
	case status := <-k.first:
		k.reportExit(status)
	default:
	}
	return errors.Join(err, k.removeCgroup())
}

// kill kills the tree again and again: a process may fork after the list was
// read.
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
			remaining, listing := tree.Descendants(os.Getpid())
			return errors.Join(fmt.Errorf("%d processes remain %v after SIGKILL: %v", len(remaining), killPatience, remaining), err, listing)
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
	err := k.cgroup.End(ctx)
	k.cgroup, k.started.Cgroup = "", ""
	return err
}

// reportExit reports how the first process ended, once its last words are in the
// log.
func (k *keeper) reportExit(status unix.WaitStatus) {
	// The answer to the next Flush reports a log that cannot be written.
	_ = k.log.Flush()
	e := Exit{Code: status.ExitStatus()}
	if status.Signaled() {
		e.Code, e.Signal = -1, unix.SignalName(status.Signal())
		now := oomKills(k.cgroup)
		e.OOMKilled = status.Signal() == unix.SIGKILL && !k.killing &&
			now != nil && k.oomBefore != nil && *now > *k.oomBefore
	}
	k.send(Notice{Exited: &e})
}

// oomKills returns the number of the kernel's kills for want of memory: in the
// control group where it has a memory controller, else on the whole machine; nil
// where neither is known.
func oomKills(group tree.Cgroup) *uint64 {
	for _, file := range []string{string(group) + "/memory.notices", "/proc/vmstat"} {
		content, err := os.ReadFile(file) // without a group the first is missing
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(content)) {
			value, found := strings.CutPrefix(strings.TrimSpace(line), "oom_kill ")
			if n, err := strconv.ParseUint(value, 10, 64); found && err == nil {
				return &n
			}
		}
	}
	return nil
}
