package engine

import (
	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/loaders/backend/epoll"
)

// native is the backend that this system alone has, and whether it has one.
func native() (backend.System, bool) { return epoll.System(), true }
