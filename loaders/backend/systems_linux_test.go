package backend_test

import (
	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/loaders/backend/epoll"
	netbackend "github.com/joust-bench/joust/loaders/backend/net"
)

// systems are the backends of this system.
func systems() []backend.System { return []backend.System{epoll.System(), netbackend.System()} }
