package clock_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders/clock"
)

func TestSleepUntil(t *testing.T) {
	t.Parallel()
	for _, d := range []time.Duration{-time.Second, 0, time.Microsecond, 300 * time.Microsecond, 12 * time.Millisecond} {
		at := clock.Now() + int64(d)
		if err := clock.SleepUntil(t.Context(), at); err != nil {
			t.Fatalf("%v: %v", d, err)
		}
		if early := clock.Until(at); early > 0 {
			t.Errorf("%v: awake %v early", d, early)
		}
	}
	// The clock's zero is an instant that has passed, and no absent one.
	if err := clock.SleepUntil(t.Context(), 0); err != nil {
		t.Error(err)
	}
}

func TestSleepUntilEndsWithItsContext(t *testing.T) {
	t.Parallel()
	why := errors.New("why")
	ctx, cancel := context.WithCancelCause(t.Context())
	if err := clock.SleepUntil(ctx, clock.Now()+1); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(5*time.Millisecond, func() { cancel(why) })
	if err := clock.SleepUntil(ctx, clock.Now()+int64(time.Hour)); !errors.Is(err, why) {
		t.Errorf("got %v, want the cause", err)
	}
	if err := clock.SleepUntil(ctx, 0); !errors.Is(err, why) {
		t.Errorf("with a context that has ended: %v, want the cause", err)
	}
}
