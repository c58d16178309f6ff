// Package engine chooses what the load engine works with: a backend by name or by
// system, and the codec of the protocol.
package engine

import (
	"cmp"
	"fmt"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/loaders/backend/net"
	"github.com/joust-bench/joust/loaders/codec/h1"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/scenarios"
)

// Choose returns the engine for the Spec: with the backend that it names, or the
// best for this system, and the codec of its protocol. It returns an error for
// those that there are not.
func Choose(spec loaders.Spec) (loaders.Loader, error) {
	switch spec.Protocol {
	case "", scenarios.H1, scenarios.H1S:
	default:
		return nil, fmt.Errorf("protocol %q: the loaders speak %s and %s", spec.Protocol, scenarios.H1, scenarios.H1S)
	}
	system, err := systemOf(cmp.Or(spec.Engine, Default()))
	if err != nil {
		return nil, err
	}
	return core.Engine{System: system, Codec: h1.New}, nil
}

// systemOf is the backend by its name.
func systemOf(name loaders.EngineName) (backend.System, error) {
	switch name {
	case loaders.EventLoop:
		if system, ok := native(); ok {
			return system, nil
		}
		return backend.System{}, fmt.Errorf("the engine %s needs Linux: use %s", loaders.EventLoop, loaders.Portable)
	case loaders.Portable:
		return net.System(), nil
	}
	return backend.System{}, fmt.Errorf("engine %q: %s or %s", name, loaders.EventLoop, loaders.Portable)
}

// Default is the best engine for this system.
func Default() loaders.EngineName {
	if _, ok := native(); ok {
		return loaders.EventLoop
	}
	return loaders.Portable
}
