package container

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/containerd/errdefs"
	apicontainer "github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/sample"
	"github.com/joust-bench/joust/harness/surroundings"
	"github.com/joust-bench/joust/harness/tree"
	"github.com/joust-bench/joust/results"
)

// handle is one container.
type handle struct {
	host.Sampler
	engine    *Engine
	container *testcontainers.DockerContainer
	program   host.Program
	// surroundings are those that could be read after the start.
	surroundings results.Surroundings

	// exited is closed when the container has ended; exit is set before.
	exited chan struct{}
	exit   host.Exit
	// stopWatch ends the wait for the exit, and watched is closed then.
	stopWatch context.CancelFunc
	watched   chan struct{}

	// stopOnce makes the first Stop the only one. After it log holds the output.
	stopOnce sync.Once
	stopErr  error
	log      atomic.Pointer[[]byte]
}

var _ host.Handle = (*handle)(nil)

func newHandle(ctx context.Context, owner *Starter, c *testcontainers.DockerContainer, p host.Program) (*handle, error) {
	seen, err := c.Inspect(ctx)
	if err != nil {
		return nil, fmt.Errorf("asking for its state: %w", err)
	}
	state := seen.State
	h := &handle{engine: owner.engine, container: c, program: p, exited: make(chan struct{}), watched: make(chan struct{})}
	if state.Running {
		h.Tree, err = treeOf(state.Pid, c.GetContainerID())
		if err != nil && !h.ended(ctx) {
			return nil, err
		}
		h.surroundings = owner.surround(state.Pid)
	}
	h.surroundings.Environment, h.surroundings.WorkingDirectory = environment(p), cmp.Or(seen.Config.WorkingDir, "/")
	watching, cancel := context.WithCancel(context.Background())
	h.stopWatch = cancel
	go h.watch(watching)
	return h, nil
}

// surround reads the surroundings of a container's first process. That process
// may have changed them since its start; the limits that joust set count.
func (h *Starter) surround(pid int) results.Surroundings {
	s := surroundings.Read(pid)
	if s.Limits == nil {
		s.Limits = map[string]string{}
	}
	for _, l := range h.limits {
		l.Note(s.Limits)
	}
	return s
}

// endPatience is how long the engine may take to notice the end of a container
// whose process is gone.
const endPatience = 2 * time.Second

// ended reports whether the container has ended just now.
func (h *handle) ended(ctx context.Context) bool {
	for began := time.Now(); time.Since(began) < endPatience && ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		if state, err := h.container.State(ctx); err != nil || !state.Running {
			return err == nil
		}
	}
	return false
}

// treeOf names a container's processes to the sampler, by the control groups
// that are the container's own.
func treeOf(pid int, id string) (sample.Tree, error) {
	t := sample.Tree{Root: pid}
	groups, err := tree.GroupsOf(pid)
	if err != nil {
		return t, fmt.Errorf("%w: does the engine run on this machine, and outside of any container that joust is in?", err)
	}
	if strings.Contains(groups.Unified, id) {
		t.Unified = groups.Unified
	}
	if strings.Contains(groups.CPUAcctV1, id) {
		t.CPUAcctV1, t.MemoryV1 = groups.CPUAcctV1, groups.MemoryV1
	}
	if t.Groups == (tree.Groups{}) {
		return t, fmt.Errorf("process %d is in no control group of container %.12s, so its usage cannot be separated from others' (does the engine run on another machine?)", pid, id)
	}
	return t, nil
}

// watch waits for the end of the container and notes how it ended.
func (h *handle) watch(ctx context.Context) {
	defer close(h.watched)
	wait := h.engine.client.ContainerWait(ctx, h.container.GetContainerID(), client.ContainerWaitOptions{Condition: apicontainer.WaitConditionNotRunning})
	select {
	case <-wait.Result:
	case <-wait.Error:
		if ctx.Err() != nil {
			return
		}
		// The engine is gone or hangs: the process itself shows its end.
		if p, err := tree.Lookup(h.Root); err == nil {
			_ = p.AwaitEnd(ctx) // an ended ctx is asked below
		}
	}
	if ctx.Err() != nil {
		return
	}
	h.exit = h.readExit()
	close(h.exited)
}

const (
	// exitLimit bounds the question for how a container ended.
	exitLimit = 5 * time.Second
	// oomPatience is how long the engine may take to notice that a container ended
	// by a kill for want of memory.
	oomPatience = 300 * time.Millisecond
)

// readExit asks the engine how the container ended, also while it is being
// stopped.
func (h *handle) readExit() host.Exit {
	ctx, cancel := context.WithTimeout(context.Background(), exitLimit)
	defer cancel()
	for began := time.Now(); ; {
		state, err := h.container.State(ctx)
		if err != nil {
			return host.Exit{Code: -1}
		}
		exit := exitOf(state)
		if exit.Signal != "SIGKILL" || exit.OOMKilled || h.program.Container.MemoryBytes == 0 || time.Since(began) > oomPatience {
			return exit
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// exitOf returns the end of a program from the engine's state. Like a shell, an
// engine adds 128 to the number of the signal that ended the program.
func exitOf(state *apicontainer.State) host.Exit {
	exit := host.Exit{Code: state.ExitCode, OOMKilled: state.OOMKilled}
	if name := unix.SignalName(unix.Signal(state.ExitCode - 128)); state.ExitCode > 128 && name != "" {
		exit.Code, exit.Signal = -1, name
	}
	return exit
}

func (h *handle) PID() int                { return h.Root }
func (h *handle) Exited() <-chan struct{} { return h.exited }
func (h *handle) Exit() host.Exit         { return h.exit }
func (h *handle) Stdin() io.WriteCloser   { return nil }
func (h *handle) Stdout() io.Reader       { return nil }

// Surroundings returns the surroundings in which the container was started.
func (h *handle) Surroundings() *results.Surroundings { return &h.surroundings }

// Stop ends the container: SIGTERM, after StopTimeout or when ctx ends SIGKILL,
// and waits until it is removed. The program's log keeps the output.
func (h *handle) Stop(ctx context.Context) error {
	h.stopOnce.Do(func() {
		h.terminate(ctx)
		err := h.saveLog()
		h.stopWatch()
		<-h.watched
		h.settleExit()
		if err = errors.Join(err, h.engine.remove(h.container.GetContainerID())); err != nil {
			h.stopErr = fmt.Errorf("stopping %s: %w", h.program.Name, err)
		}
	})
	return h.stopErr
}

// terminate asks the container to end and waits for at most StopTimeout.
func (h *handle) terminate(ctx context.Context) {
	select {
	case <-h.exited:
		return
	default:
	}
	limited, cancel := context.WithTimeout(ctx, h.program.StopTimeout)
	defer cancel()
	_, err := h.engine.client.ContainerKill(limited, h.container.GetContainerID(), client.ContainerKillOptions{Signal: "SIGTERM"})
	if err != nil {
		return // it has ended, or is killed by its removal
	}
	select {
	case <-h.exited:
	case <-limited.Done():
	}
}

// settleExit closes exited of a container that its removal kills.
func (h *handle) settleExit() {
	select {
	case <-h.exited:
	default:
		h.exit = host.Exit{Code: -1, Signal: "SIGKILL"}
		close(h.exited)
	}
}

// Tree names the processes of a container that runs already, by its name or
// id, to the sampler.
func (e *Engine) Tree(ctx context.Context, id string) (sample.Tree, error) {
	found, err := e.client.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if errdefs.IsNotFound(err) {
		return sample.Tree{}, fmt.Errorf("%s has no container %s (docker ps lists them)", e.name, id)
	}
	if err != nil {
		return sample.Tree{}, fmt.Errorf("asking for container %s: %w", id, err)
	}
	if found.Container.State == nil || !found.Container.State.Running {
		return sample.Tree{}, fmt.Errorf("container %s does not run", id)
	}
	return treeOf(found.Container.State.Pid, found.Container.ID)
}
