// Package engine chooses the backend and the codec of the load engine.
package engine

import (
	"cmp"
	"fmt"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/loaders/backend/net"
	"github.com/joust-bench/joust/loaders/codec/h1"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/source/flow"
	"github.com/joust-bench/joust/scenarios"
)

// Choose returns the engine for the Spec, with the backend that it names or the best
// of this system. It returns an error for a backend or a protocol that does not exist.
func Choose(spec loaders.Spec) (loaders.Loader, error) {
	switch spec.Protocol {
	case "", scenarios.H1, scenarios.H1S:
	default:
		return nil, fmt.Errorf("protocol %q: the loaders speak %s and %s", spec.Protocol, scenarios.H1, scenarios.H1S)
	}
	var system backend.System
	switch name := cmp.Or(spec.Engine, Default()); {
	case name == loaders.Portable:
		system = net.System()
	case name != loaders.EventLoop:
		return nil, fmt.Errorf("engine %q: %s or %s", name, loaders.EventLoop, loaders.Portable)
	case native == nil:
		return nil, fmt.Errorf("the engine %s needs Linux: use %s", loaders.EventLoop, loaders.Portable)
	default:
		system = native()
	}
	e := core.Engine{System: system, Codec: h1.New}
	switch {
	case spec.Script != nil:
		return scripted{e}, nil
	case spec.Flows == nil:
		return e, nil
	}
	e.Source = flow.New
	if spec.Flows.Setup != nil {
		return prepared{e}, nil
	}
	return e, nil
}

// Default returns the best engine of this system.
func Default() loaders.EngineName {
	if native == nil {
		return loaders.Portable
	}
	return loaders.EventLoop
}
