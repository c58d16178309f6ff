// Package container starts servers in containers of Docker or Podman, behind
// the same seam as processes: pinned, sampled by their control groups, and
// removed on every path, also when joust is killed. It adds to testcontainers-go
// the choice of the engine, the removal of every container, and errors with a
// way out.
package container

import "fmt"

// The labels of joust's containers and images.
const (
	// labelOwner is the joust that started a container: a tree.Owner, and the
	// Host's own name after it.
	labelOwner = "io.joust.owner"
	// labelNamespace is the namespace of process ids in which the owner's id
	// means something.
	labelNamespace = "io.joust.namespace"
	// labelServer is the server that an image was built for.
	labelServer = "io.joust.server"
)

// noEngine returns why container servers cannot run here.
func noEngine(format string, args ...any) error {
	return fmt.Errorf("no container engine: "+format, args...)
}

// Image is an image that is on this machine and can run here.
type Image struct {
	// ID is the engine's own, by which containers are started.
	ID string
	// Version is the registry's digest, or the ID where the image comes from no
	// registry.
	Version string
	// Engine is the engine's name and version, such as "Docker 20.10.24".
	Engine string
	// SizeBytes is the size of the image's layers; 0 where the engine does not say.
	SizeBytes int64
}
