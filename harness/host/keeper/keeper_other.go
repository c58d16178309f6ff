//go:build !linux

package keeper

import (
	"context"
	"encoding/json"
	"io"
)

// Main reports that there is no keeper on this system.
func Main(_ context.Context, _ io.Reader, stdout io.Writer) int {
	failed := Notice{Failed: "joust measures on Linux only: it cannot start servers on this system"}
	if err := json.NewEncoder(stdout).Encode(failed); err != nil {
		return 2
	}
	return 1
}
