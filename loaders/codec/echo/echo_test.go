// Package echo_test is a protocol of frames that a server sends back: a length of
// four bytes, most significant first, and that many bytes. It shows that a codec is
// one folder and touches no other file.
package echo_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend"
	netbackend "github.com/joust-bench/joust/loaders/backend/net"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

// frames are the framed bodies of the requests of a load or a thread.
type frames struct {
	requests []codec.Request
	names    []string
}

func newFrames(spec *loaders.Spec) (codec.Protocol, error) {
	f := &frames{}
	for i := range spec.Requests {
		if _, err := f.Put(int32(i), &spec.Requests[i]); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (f *frames) Requests() []codec.Request { return f.requests }
func (f *frames) ALPN() []string            { return []string{"echo"} }
func (f *frames) Close() error              { return nil }
func (f *frames) Shard() codec.Shard {
	return &frames{slices.Clone(f.requests), slices.Clone(f.names)}
}

func (f *frames) Conn(needs codec.Needs) codec.Conn { return &frameReader{frames: f, needs: needs} }

func (f *frames) Put(number int32, r *scenarios.Request) (codec.Request, error) {
	head := binary.BigEndian.AppendUint32(nil, uint32(r.Body.Size()))
	built := codec.Request{Head: append(head, r.Body.Bytes()...), HeadBytes: len(head), BodyBytes: r.Body.Size()}
	if int(number) == len(f.requests) {
		f.requests, f.names = append(f.requests, built), append(f.names, r.Name)
	}
	f.requests[number], f.names[number] = built, r.Name
	return built, nil
}

// frameReader reads the frames of one connection.
type frameReader struct {
	*frames
	needs codec.Needs
	// length is the length of the current frame, -1 between frames; at is how much of
	// it was read.
	length, at int
	differs    bool
}

func (c *frameReader) Open() { c.length = -1 }

func (c *frameReader) Next(request int32, in []byte, a *codec.Answer) (n int, err error) {
	*a = codec.Answer{}
	if c.length < 0 {
		if len(in) < 4 {
			return 0, nil
		}
		c.length, c.at, c.differs = int(binary.BigEndian.Uint32(in)), 0, false
		n = 4
	}
	want := c.requests[request].Head[4:]
	body := in[n:min(len(in), n+c.length-c.at)]
	end := c.at + len(body)
	c.differs = c.differs || end > len(want) || !bytes.Equal(body, want[c.at:end])
	c.at, n, a.Body = end, n+len(body), len(body)
	switch {
	case c.needs.Bodies && a.Body > 0:
		a.Event = codec.Body
		return n, nil
	case c.at < c.length:
		return n, nil
	}
	a.Event, a.Keep = codec.End, true
	switch {
	case c.length != len(want):
		a.Cause = results.CauseLength
	case c.differs:
		a.Cause = results.CauseBody
	}
	c.length = -1
	return n, nil
}

func (c *frameReader) Notice([]byte) bool { return false }

func (c *frameReader) End(int32) (codec.Answer, error) {
	return codec.Answer{Cause: results.CauseClosed}, fmt.Errorf("the server closed the connection behind %d bytes of a frame", c.at)
}

func (c *frameReader) Leave(a *codec.Answer) { *a = codec.Answer{Event: codec.End} }

func (c *frameReader) Describe(request int32, cause results.Cause) string {
	return fmt.Sprintf("%s: %s", c.names[request], cause)
}

// serve runs a server that counts frames and sends each back after change.
func serve(t *testing.T, frames *atomic.Int64, change func([]byte)) (address string) {
	t.Helper()
	return enginetest.Accept(t, "tcp", "127.0.0.1:0", func(c net.Conn) {
		for {
			frame := make([]byte, 4)
			if _, err := io.ReadFull(c, frame); err != nil {
				return
			}
			frame = append(frame, make([]byte, binary.BigEndian.Uint32(frame))...)
			if _, err := io.ReadFull(c, frame[4:]); err != nil {
				return
			}
			frames.Add(1)
			change(frame[4:])
			if _, err := c.Write(frame); err != nil {
				return
			}
		}
	}).Addr().String()
}

// asking is a load of frames of two sizes over connections that are often replaced.
func asking(address string, phase loaders.Phase) loaders.Spec {
	spec := enginetest.Spec(phase)
	spec.Target.Address, spec.Protocol = address, "echo"
	spec.Requests = nil
	for name, size := range map[string]int64{"small": 5, "large": 100_000} {
		spec.Requests = append(spec.Requests, scenarios.Request{Name: name, Body: &scenarios.Body{Text: "joust", Length: size}})
	}
	spec.Threads, spec.Connection.ReconnectEvery = 2, 7
	return spec
}

func TestEchoOverGoroutines(t *testing.T) { echoes(t, netbackend.System()) }

// echoes asks exactly n frames, one by one and in a pipeline, in both loops, then
// frames that the server changes.
func echoes(t *testing.T, system backend.System) {
	engine := core.Engine{System: system, Codec: newFrames}
	const n = 101
	counted := enginetest.Closed(20 * time.Second)
	counted.Count = n
	open := enginetest.Open(2000, 20*time.Second)
	open.Count = n
	for _, phase := range []loaders.Phase{counted, open} {
		for _, depth := range []int{1, 4} {
			t.Run(fmt.Sprintf("%s, depth %d", phase.Loop, depth), func(t *testing.T) {
				t.Parallel()
				var asked atomic.Int64
				spec := asking(serve(t, &asked, func([]byte) {}), phase)
				spec.Depth = depth
				report := enginetest.Drive(t, engine, spec, &enginetest.Steer{})
				p := &report.Phases[0]
				if p.Total.Completed != n || p.Failures() != 0 || asked.Load() != n {
					t.Errorf("%d echoes and %d failures of %d frames, want %d: %s", p.Total.Completed, p.Failures(), asked.Load(), n, p.Total.FirstError)
				}
				if p.SentBodyBytes != p.ReceivedBodyBytes || p.SentBytes != p.ReceivedBytes {
					t.Errorf("%d bytes, %d of bodies, came back as %d and %d", p.SentBytes, p.SentBodyBytes, p.ReceivedBytes, p.ReceivedBodyBytes)
				}
			})
		}
	}
	t.Run("changed", func(t *testing.T) {
		t.Parallel()
		var asked atomic.Int64
		spec := asking(serve(t, &asked, func(body []byte) { body[len(body)-1]++ }), counted)
		report := enginetest.Drive(t, engine, spec, &enginetest.Steer{})
		p := &report.Phases[0]
		if p.Total.Completed != 0 || p.Total.Errors[results.CauseBody] != n {
			t.Errorf("%d echoes that were changed count as right: %v", p.Total.Completed, p.Total.Errors)
		}
	})
}
