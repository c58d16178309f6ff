// Package engine chooses the engine for a Spec, and holds both ends of the
// protocol between joust and a loader process: lines of JSON, one
// loaders.Message each.
package engine

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec/h1"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/portable"
	"github.com/joust-bench/joust/scenarios"
)

// Choose returns the engine that the Spec names, or the best for this system.
// It returns an error for an unknown engine, and for a protocol or anything
// else in the Spec that it does not do.
func Choose(spec loaders.Spec) (loaders.Loader, error) {
	name := spec.Engine
	if name == "" {
		name = Default()
	}
	if err := unsupported(name, &spec); err != nil {
		return nil, err
	}
	switch spec.Protocol {
	case "", scenarios.H1, scenarios.H1S:
	default:
		return nil, fmt.Errorf("protocol %q: the loaders speak %s and %s", spec.Protocol, scenarios.H1, scenarios.H1S)
	}
	switch name {
	case loaders.EventLoop:
		system, ok := native()
		if !ok {
			return nil, errors.New("the event-loop engine needs Linux: use the portable engine")
		}
		return core.Engine{System: system, Codec: h1.New}, nil
	case loaders.Portable:
		return portable.Engine{}, nil
	}
	return nil, fmt.Errorf("engine %q: %s or %s", name, loaders.EventLoop, loaders.Portable)
}

// Default is the best engine for this system.
func Default() loaders.EngineName {
	if runtime.GOOS == "linux" {
		return loaders.EventLoop
	}
	return loaders.Portable
}
