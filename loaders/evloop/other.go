//go:build !linux

// Package evloop is the load engine for Linux; elsewhere it says so.
package evloop

import (
	"context"
	"errors"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/results"
)

// Engine is not available on this system.
type Engine struct {
	// Codec makes the protocol that the load speaks.
	Codec codec.New
}

// Run returns an error that names the engine to use instead.
func (Engine) Run(context.Context, loaders.Spec, loaders.Control) (results.Report, error) {
	return results.Report{}, errors.New("the event-loop engine needs Linux: use the portable engine")
}
