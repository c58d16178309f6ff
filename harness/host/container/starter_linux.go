package container

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/containerd/errdefs"
	apicontainer "github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/surroundings"
	"github.com/joust-bench/joust/harness/tree"
)

// removeLimit bounds the removal of one container.
const removeLimit = 30 * time.Second

// logSize bounds the output of a container that the engine keeps on disk.
const logSize = "1m"

// Starter starts programs in containers. It may be used from several goroutines.
type Starter struct {
	engine *Engine
	// name is the owner's name and an end that distinguishes several Starters of one
	// process.
	name string
	// labels and limits are set for all containers.
	labels  map[string]string
	limits  []surroundings.Limit
	guard   *guard
	started atomic.Uint64
	// interrupted is set when a start was interrupted: the engine may still make
	// the container.
	interrupted atomic.Bool
}

var _ host.Host = (*Starter)(nil)

// NewStarter returns a Starter of containers of the engine.
// Command runs Guard in a process of its own; empty takes this program with the
// one argument "guard".
func NewStarter(e *Engine, command []string) (*Starter, error) {
	owner, err := tree.Self()
	if err != nil {
		return nil, fmt.Errorf("%w (is /proc mounted?)", err)
	}
	namespace, err := pidNamespace()
	if err != nil {
		return nil, err
	}
	limits, err := surroundings.Limits()
	if err != nil {
		return nil, err
	}
	h := &Starter{engine: e, limits: limits, name: owner.String() + "-" + strings.ToLower(rand.Text()[:6])}
	h.labels = map[string]string{labelOwner: h.name, labelNamespace: namespace}
	if h.guard, err = startGuard(command, orders{Host: e.host, Owner: h.name}); err != nil {
		return nil, err
	}
	return h, nil
}

// pidNamespace returns the namespace in which this process's id has a meaning.
func pidNamespace() (string, error) {
	name, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return "", fmt.Errorf("finding this process's namespace: %w", err)
	}
	return name, nil
}

// Close ends the guard, which removes the remaining containers of this host.
func (h *Starter) Close() error { return h.guard.end(!h.interrupted.Load()) }

// Start starts the program in a container of its own and returns when it runs.
// On failure the container is gone.
func (h *Starter) Start(ctx context.Context, p host.Program) (host.Handle, error) {
	if p.Container == nil || p.Container.Image == "" {
		return nil, fmt.Errorf("starting %s: no image is given", p.Name)
	}
	if p.Pipes {
		return nil, fmt.Errorf("starting %s: a container has no pipes to joust", p.Name)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", p.Name, err)
	}
	name := fmt.Sprintf("joust-%s-%d-%s", h.name, h.started.Add(1), p.Name)
	c, err := h.run(ctx, name, p)
	if err != nil {
		if ctx.Err() != nil {
			h.interrupted.Store(true)
		}
		return nil, errors.Join(fmt.Errorf("starting %s in a container: %w", p.Name, explain(err)), h.engine.remove(name))
	}
	handle, err := newHandle(ctx, h, c, p)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s in a container: %w", p.Name, err), h.engine.remove(name))
	}
	return handle, nil
}

// run makes the container and starts it.
func (h *Starter) run(ctx context.Context, name string, p host.Program) (*testcontainers.DockerContainer, error) {
	provider, err := h.engine.provider()
	if err != nil {
		return nil, err
	}
	c, err := provider.RunContainer(ctx, h.request(name, p))
	if err != nil {
		return nil, err
	}
	return c.(*testcontainers.DockerContainer), nil
}

// environment returns the variables that joust adds to those of the image.
func environment(p host.Program) map[string]string {
	return surroundings.Merge(surroundings.ForContainer(), surroundings.FromPairs(p.Env))
}

// request returns the program in testcontainers' form.
func (h *Starter) request(name string, p host.Program) testcontainers.ContainerRequest {
	r := testcontainers.ContainerRequest{
		Image: p.Container.Image, Name: name, Entrypoint: p.Container.Entrypoint, Cmd: p.Argv, Env: environment(p), Labels: maps.Clone(h.labels),
		ConfigModifier:     func(c *apicontainer.Config) { c.User = p.Container.User },
		HostConfigModifier: func(c *apicontainer.HostConfig) { h.configure(c, p) },
	}
	if p.Container.Published != 0 {
		r.ExposedPorts = []string{port(p.Container.Published).String()}
	}
	return r
}

// configure sets the container's network, CPUs, limits and mounts.
func (h *Starter) configure(c *apicontainer.HostConfig, p host.Program) {
	c.NetworkMode = "host"
	if p.Container.Published != 0 {
		c.NetworkMode = "bridge"
		c.PortBindings = network.PortMap{port(p.Container.Published): {{
			HostIP: netip.MustParseAddr("127.0.0.1"), HostPort: strconv.Itoa(p.Container.HostPort),
		}}}
	}
	if len(p.CPUs) > 0 {
		c.CpusetCpus = cpuset.Format(p.CPUs)
	}
	c.Memory = p.Container.MemoryBytes
	c.MemorySwap = p.Container.MemoryBytes // no swap beyond it
	for _, l := range h.limits {
		// For the engine -1 is unlimited.
		c.Ulimits = append(c.Ulimits, &apicontainer.Ulimit{Name: l.Name, Soft: int64(l.Soft), Hard: int64(l.Hard)})
	}
	for _, m := range p.Container.Mounts {
		c.Mounts = append(c.Mounts, mount.Mount{Type: mount.TypeBind, Source: m.Source, Target: m.Target, ReadOnly: true})
	}
	if !h.engine.podman {
		c.LogConfig = apicontainer.LogConfig{Type: "json-file", Config: map[string]string{"max-size": logSize, "max-file": "1"}}
	}
}

// port returns a TCP port of a container.
func port(number int) network.Port {
	return network.MustParsePort(strconv.Itoa(number) + "/tcp")
}

// explain adds the way out to the engine's error.
func explain(err error) error {
	text := err.Error()
	switch {
	case strings.Contains(text, "exec format error"):
		return fmt.Errorf("its program is of another architecture than this machine: name an image that was built for it: %w", err)
	case strings.Contains(text, "OCI runtime") && strings.Contains(text, "no such file"),
		strings.Contains(text, "executable file not found"):
		return fmt.Errorf("the image does not hold the program to start: correct args or entrypoint: %w", err)
	case strings.Contains(text, "equested CPUs are not available"):
		return fmt.Errorf("the engine may not use those CPUs: choose others with --pin: %w", err)
	case strings.Contains(text, "rlimit"):
		return fmt.Errorf("the engine may not give the limits that joust's own shell has: lower them with ulimit -H, or raise the engine's: %w", err)
	}
	return err
}

// remove removes a container by name or id, running or not, and waits until it
// is gone. It is no error when there is none.
func (e *Engine) remove(name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), removeLimit)
	defer cancel()
	for {
		_, err := e.client.ContainerRemove(ctx, name, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
		switch {
		case err == nil || errdefs.IsNotFound(err):
			return nil
		case !errdefs.IsConflict(err): // a conflict is a removal under way
			return fmt.Errorf("removing container %s: %w", name, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("removing container %s: %w", name, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
