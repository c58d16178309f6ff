//go:build !linux

package backend_test

import (
	"github.com/joust-bench/joust/loaders/backend"
	netbackend "github.com/joust-bench/joust/loaders/backend/net"
)

// systems are the backends of this system.
func systems() []backend.System { return []backend.System{netbackend.System()} }
