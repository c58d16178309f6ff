package engine

import "github.com/joust-bench/joust/loaders/backend/epoll"

// native makes the backend of this system alone.
var native = epoll.System
