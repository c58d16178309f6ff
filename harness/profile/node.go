package profile

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/joust-bench/joust/results"
)

// readNode summarises the profiles that the processes of Node.js wrote when they ended.
// They cover the whole life of the server, warm-up included.
func (p Plan) readNode(out *results.Profile) error {
	names, err := filepath.Glob(p.file("*.cpuprofile"))
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return errors.New("Node.js left no file: the server must end on SIGTERM by process.exit, within its stop_timeout")
	}
	out.File, out.Of, out.Show = names[0], "CPU time in JavaScript", "the Performance panel of a Chromium browser's developer tools"
	hits := map[string]float64{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err == nil {
			err = addHits(hits, data)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	out.Top, out.Samples = top(hits), int64(sum(hits))
	return nil
}

// addHits adds the samples of each function of a .cpuprofile (the Profile type of the
// Chrome DevTools Protocol). Idle time counts for nothing.
func addHits(hits map[string]float64, data []byte) error {
	var captured struct {
		Nodes []struct {
			HitCount  float64 `json:"hitCount"`
			CallFrame struct {
				FunctionName string `json:"functionName"`
				URL          string `json:"url"`
				LineNumber   int    `json:"lineNumber"` // from 0
			} `json:"callFrame"`
		} `json:"nodes"`
	}
	if err := json.Unmarshal(data, &captured); err != nil {
		return err
	}
	for _, n := range captured.Nodes {
		f := n.CallFrame
		switch {
		case f.FunctionName == "(idle)":
		case f.URL == "":
			hits[f.FunctionName] += n.HitCount
		default:
			hits[fmt.Sprintf("%s %s:%d", f.FunctionName, filepath.Base(f.URL), f.LineNumber+1)] += n.HitCount
		}
	}
	return nil
}
