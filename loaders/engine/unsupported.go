package engine

import (
	"fmt"
	"slices"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/scenarios"
)

// unsupported refuses what a Spec can say and the engine does not do, so that
// it is never ignored.
func unsupported(name loaders.EngineName, spec *loaders.Spec) error {
	if name != loaders.Portable {
		return nil
	}
	phase := func(asks func(loaders.Phase) bool) bool { return slices.ContainsFunc(spec.Phases, asks) }
	for _, f := range []struct {
		asked bool
		what  string
	}{
		{spec.TLS != nil || spec.Protocol == scenarios.H1S, "TLS: use an http:// target"},
		{spec.Proxy != nil, "an HTTP proxy: connect to the target itself"},
		{len(spec.Target.More) > 0, "several addresses of a target: name one of them"},
		{slices.ContainsFunc(spec.Requests, func(r scenarios.Request) bool { return len(r.Exchange) > 0 }), "exchanges of steps, such as Expect: 100-continue: leave them out"},
		{phase(func(p loaders.Phase) bool { return p.Count > 0 }), "a number of requests: give a duration"},
		{phase(func(p loaders.Phase) bool { return p.ShedAfter > 0 }), "shedding of late requests: leave the deadline out"},
	} {
		if f.asked {
			return fmt.Errorf("the portable engine does not do %s, or use the event loop on Linux", f.what)
		}
	}
	return nil
}
