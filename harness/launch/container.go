package launch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/tree"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// everywhere is where a server binds in a network of its container's own.
const everywhere = "0.0.0.0"

// contain starts the server in a container.
func (l Launcher) contain(ctx context.Context, f Fixture, protocol scenarios.Protocol) (*Server, error) {
	if l.Containers == nil {
		return nil, errors.New("there is nothing to run its container with")
	}
	own := catalog.Container{}
	if f.Manifest.Container != nil {
		own = *f.Manifest.Container
	}
	free, err := l.Containers.FreePort(loopback)
	if err != nil {
		return nil, err
	}
	spec := &host.Container{Image: f.Image, Entrypoint: own.Entrypoint, MemoryBytes: int64(own.Memory)}
	if f.Manifest.Go != "" {
		// As the process would be; this also lets joust reset its memory peak.
		spec.User = fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid())
	}
	address, inside := loopback, free
	switch {
	case f.Manifest.Network() == results.NetworkPublished:
		address, inside = everywhere, own.Port
		spec.Published, spec.HostPort = own.Port, free
	case own.Port != 0:
		free, inside = own.Port, own.Port
	}
	dir, remove, err := host.TempDir()
	if err != nil {
		return nil, err
	}
	command, mounts, err := catalog.ResolveContainer(f.Manifest, catalog.Launch{
		Host: address, Port: inside, CPUs: max(1, len(l.pinned(l.CPUs.Server))), Dir: dir, Protocol: string(protocol),
	})
	if err != nil {
		return nil, errors.Join(err, remove())
	}
	for _, m := range mounts {
		spec.Mounts = append(spec.Mounts, host.Mount(m))
	}
	h, err := l.Containers.Start(ctx, host.Program{
		Name: f.Manifest.Name, Argv: command.Argv, Env: f.environment(command), CPUs: l.pinned(l.CPUs.Server), Container: spec,
		Log: filepath.Join(l.Logs, f.Manifest.Name+".container.log"), LogCap: logCap, StopTimeout: f.Manifest.StopTimeout,
	})
	if err != nil {
		return nil, errors.Join(err, remove())
	}
	at := net.JoinHostPort(loopback, strconv.Itoa(free))
	return &Server{
		Address: at, Host: at, Handle: h, Argv: command.Argv, Surroundings: surroundingsOf(h, f, dir), removeDir: remove,
	}, nil
}

// elsewhere adds where the server listens to the error of one that does not
// answer.
func (s *Server) elsewhere(err error, f Fixture) error {
	if f.Image == "" {
		return err
	}
	addresses := tree.Listening(s.Handle.PID())
	if len(addresses) == 0 {
		return fmt.Errorf("%w; nothing in its container listens on any TCP port", err)
	}
	return fmt.Errorf("%w; its container listens on %s: let args or env use {{.Host}} and {{.Port}}, or say container: {port: N} in %s",
		err, strings.Join(addresses, ", "), filepath.Join(f.Manifest.Dir, catalog.ManifestName))
}
