package engine_test

import (
	"testing"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/engine"
	"github.com/joust-bench/joust/loaders/enginetest"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

// overEngines runs a test of the battery with each engine of this system. Tests
// of the battery are parallel to each other.
func overEngines(t *testing.T, test func(*testing.T, loaders.Loader)) {
	t.Helper()
	t.Parallel()
	for _, name := range []loaders.EngineName{loaders.EventLoop, loaders.Portable} {
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			test(t, choose(t, name))
		})
	}
}

// choose returns the engine, and skips the test where this system has none of
// that name.
func choose(t *testing.T, name loaders.EngineName) loaders.Loader {
	t.Helper()
	if name == loaders.EventLoop && engine.Default() != name {
		t.Skipf("%s needs Linux", name)
	}
	e, err := engine.Choose(loaders.Spec{Engine: name})
	if err != nil {
		t.Fatal(err)
	}
	return e
}
