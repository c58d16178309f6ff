package loaders_test

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/loaders"
)

// The layout is that of RFC 9562 §4: digits of 8-4-4-4-12, version 8, variant 10.
func TestRequestIDIsAUUID(t *testing.T) {
	t.Parallel()
	if got, want := loaders.RequestID(0xf123456789abcdef, 5, 42), "12345678-9abc-8def-8005-00000000002a"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	rapid.Check(t, func(rt *rapid.T) {
		seed, number := rapid.Uint64().Draw(rt, "seed"), rapid.Uint64Max(1<<48-1).Draw(rt, "number")
		thread := rapid.IntRange(0, loaders.MostNamedThreads-1).Draw(rt, "thread")
		id := loaders.RequestID(seed, thread, number)
		if !form.MatchString(id) || len(id) != loaders.RequestIDBytes {
			rt.Fatalf("%s is no UUID", id)
		}
		other := []byte(loaders.RequestID(seed, thread, rapid.Uint64().Draw(rt, "before")))
		if loaders.NumberRequestID(other, number); string(other) != id {
			rt.Fatalf("numbered %s, want %s", other, id)
		}
		if next := loaders.RequestID(seed, thread, number+1); next == id || loaders.RequestID(seed+1, thread, number) == id {
			rt.Fatalf("%s twice", id)
		}
		if thread > 0 && loaders.RequestID(seed, thread-1, number) == id {
			rt.Fatalf("%s on two threads", id)
		}
	})
}

func TestNumberRequestIDDoesNotAllocate(t *testing.T) {
	id := []byte(loaders.RequestID(1, 2, 3))
	n := uint64(0)
	if allocs := testing.AllocsPerRun(1000, func() { n++; loaders.NumberRequestID(id, n) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
