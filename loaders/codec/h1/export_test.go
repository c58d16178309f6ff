package h1

import (
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec"
)

// NewAt is New with another clock, which bounds the time for inflating.
func NewAt(now func() time.Time) codec.New {
	return func(spec *loaders.Spec) (codec.Protocol, error) { return newProtocol(spec, now) }
}
