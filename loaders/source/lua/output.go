package lua

import (
	"bytes"
	"io"
	"sync"

	"github.com/joust-bench/joust/results"
)

// output takes what all states print. While it captures, it keeps the text for the report.
type output struct {
	mu       sync.Mutex
	to       io.Writer
	captures bool
	captured bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.captures {
		return o.to.Write(text)
	}
	room := results.MostScriptOutput - o.captured.Len()
	o.captured.Write(text[:min(len(text), room)])
	return len(text), nil
}

// capture begins to keep the text, and captureEnd returns it.
func (o *output) capture() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.captures = true
}

func (o *output) captureEnd() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.captures = false
	return o.captured.String()
}
