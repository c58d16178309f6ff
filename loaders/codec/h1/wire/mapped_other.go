//go:build !linux

package wire

import "errors"

const (
	mappedFrom = 1 << 20
	maxPattern = 4 << 10
)

// mapRepeated is done on Linux only; elsewhere large bodies are plain memory.
func mapRepeated(string, int64) ([]byte, func() error, error) {
	return nil, nil, errors.ErrUnsupported
}
