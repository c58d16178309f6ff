//go:build !linux

package engine

import "github.com/joust-bench/joust/loaders/backend"

// native is the backend that this system alone has, and whether it has one.
func native() (backend.System, bool) { return backend.System{}, false }
