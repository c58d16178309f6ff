package launch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/results"
)

// everywhere is the address to bind in a network of the container's own.
const everywhere = "0.0.0.0"

// contain completes the program of a server in a container. It returns the
// server's command, and its port on the loopback address.
func (l Launcher) contain(p *host.Program, f Fixture, where catalog.Launch) (command catalog.Command, port int, err error) {
	if l.Containers == nil {
		return command, 0, errors.New("there is nothing to run its container with")
	}
	if port, err = host.FreePort(loopback); err != nil {
		return command, 0, err
	}
	own := catalog.Container{}
	if f.Manifest.Container != nil {
		own = *f.Manifest.Container
	}
	p.Log = filepath.Join(l.Logs, f.Manifest.Name+".container.log")
	p.Container = &host.Container{Image: f.Image, Entrypoint: own.Entrypoint, MemoryBytes: int64(own.Memory)}
	if f.Manifest.Go != "" {
		// As the process would be; this also lets joust reset its memory peak.
		p.Container.User = fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid())
	}
	where.Port = port
	switch {
	case f.Manifest.Network() == results.NetworkPublished:
		where.Host, where.Port = everywhere, own.Port
		p.Container.Published, p.Container.HostPort = own.Port, port
	case own.Port != 0:
		port, where.Port = own.Port, own.Port
	}
	command, p.Container.Mounts, err = catalog.ResolveContainer(f.Manifest, where)
	return command, port, err
}
