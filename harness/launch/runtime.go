package launch

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/joust-bench/joust/harness/catalog"
)

const (
	// runtimeLimit bounds the wait for what a runtime holds: its server may be busy.
	runtimeLimit = time.Second
	// longestNumber bounds the answer, in bytes.
	longestNumber = 64
)

// runtimeMemory returns the probe of a server's runtime, nil for a manifest without one.
func runtimeMemory(m catalog.Manifest, address string) func(context.Context) (uint64, error) {
	if m.RuntimeMemory == nil {
		return nil
	}
	return func(ctx context.Context) (uint64, error) {
		held, err := askNumber(ctx, "http://"+address+m.RuntimeMemory.Path)
		if err != nil {
			return 0, fmt.Errorf("ask the server's runtime for its memory: %w", err)
		}
		return held, nil
	}
}

// askNumber asks for an answer that is a number, on a connection of its own.
func askNumber(ctx context.Context, url string) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, runtimeLimit)
	defer cancel()
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(ask)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("GET %s: %s", url, resp.Status)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, longestNumber))
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
}
