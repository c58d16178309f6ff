//go:build !linux

package wire

import "errors"

// mapRepeated works on Linux only; elsewhere large bodies are plain memory.
func mapRepeated(string, int64) ([]byte, func() error, error) {
	return nil, nil, errors.ErrUnsupported
}
