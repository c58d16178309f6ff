package profile

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/google/pprof/profile"

	"github.com/joust-bench/joust/results"
)

// golang asks the server's net/http/pprof. Profiles of memory and locks hold everything
// since the start of the server, and are asked for at the end of the duration.
func (p Plan) golang(ctx context.Context, socket string, d time.Duration) error {
	path := fmt.Sprintf("/debug/pprof/%s", p.Kind)
	seconds := fmt.Sprintf("?seconds=%d", max(1, int(d.Round(time.Second).Seconds())))
	switch p.Kind {
	case CPU:
		path = "/debug/pprof/profile" + seconds
	case Trace:
		path += seconds
	default:
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d):
		}
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	defer transport.CloseIdleConnections()
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://server"+path, nil)
	if err != nil {
		return err
	}
	resp, err := (&http.Client{Transport: transport}).Do(ask)
	if err != nil {
		return fmt.Errorf("ask the server for it on the socket of --profile-socket: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answers its request for %s with %s", path, resp.Status)
	}
	return p.keep(resp.Body)
}

// keep writes the profile to its file.
func (p Plan) keep(from io.Reader) (err error) {
	file, err := os.Create(p.goFile())
	if err != nil {
		return err
	}
	defer func() {
		if closing := file.Close(); err == nil {
			err = closing
		}
	}()
	_, err = io.Copy(file, from)
	return err
}

func (p Plan) goFile() string {
	if p.Kind == Trace {
		return p.file("trace.out")
	}
	return p.file(string(p.Kind) + ".pprof")
}

// readGo summarises the profile by the functions that use the most themselves. A trace
// has no such summary.
func (p Plan) readGo(out *results.Profile) error {
	out.File, out.Show = p.goFile(), "go tool pprof FILE"
	if p.Kind == Trace {
		out.Show = "go tool trace FILE"
		return nil
	}
	data, err := os.ReadFile(p.goFile())
	if err != nil {
		return err
	}
	captured, err := profile.ParseData(data)
	if err != nil {
		return fmt.Errorf("%s: %w", p.goFile(), err)
	}
	quantity := goQuantities()[p.Kind]
	value := slices.IndexFunc(captured.SampleType, func(t *profile.ValueType) bool { return t.Type == quantity.sample })
	if value < 0 {
		return fmt.Errorf("%s: its samples have no %s", p.goFile(), quantity.sample)
	}
	out.Of = quantity.words
	weights := map[string]float64{}
	for _, sample := range captured.Sample {
		if len(sample.Location) > 0 && len(sample.Location[0].Line) > 0 {
			weights[sample.Location[0].Line[0].Function.Name] += float64(sample.Value[value])
			if p.Kind == CPU {
				out.Samples += sample.Value[0] // their number, before their time
			}
		}
	}
	out.Top = top(weights)
	return nil
}

// goQuantity is what a profile of Go's runtime measures: the type of its samples' values,
// and its name for people.
type goQuantity struct{ sample, words string }

func goQuantities() map[Kind]goQuantity {
	return map[Kind]goQuantity{
		CPU:    {"cpu", "CPU time"},
		Heap:   {"inuse_space", "memory in use"},
		Allocs: {"alloc_space", "allocated memory"},
		Mutex:  {"delay", "time spent waiting for locks"},
	}
}
