//go:build !linux

package engine

import "github.com/joust-bench/joust/loaders/backend"

// native is nil, since this system has no backend of its own.
var native func() backend.System
