package core_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/scenarios"
)

// reader is a server of uploads that reads at its own pace: a pause behind each piece. It
// counts whole uploads and the bytes of all bodies.
type reader struct {
	piece  int64
	pause  time.Duration
	stops  int64 // bytes behind which it reads no more, until the end of the test; 0 never
	end    <-chan struct{}
	whole  atomic.Int64
	bytes  atomic.Int64
	config *tls.Config // nil in plain text
}

func (r *reader) serve(c net.Conn, _ *bufio.Reader) {
	if r.config != nil {
		c = tls.Server(c, r.config)
	}
	in := bufio.NewReaderSize(c, 64<<10)
	for {
		ask, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		for err == nil {
			var n int64
			n, err = io.CopyN(io.Discard, ask.Body, r.piece)
			if r.bytes.Add(n); r.stops > 0 && r.bytes.Load() >= r.stops {
				<-r.end
				return
			}
			if err == nil {
				time.Sleep(r.pause)
			}
		}
		if !errors.Is(err, io.EOF) {
			return
		}
		r.whole.Add(1)
		_, _ = io.WriteString(c, enginetest.RightAnswer)
	}
}

// longPause makes an upload take a third of a second.
const longPause = 20 * time.Millisecond

// uploads is an open loop of n uploads of that size.
func uploads(spec *loaders.Spec, size int64, rate float64, n uint64) {
	spec.Phases = []loaders.Phase{enginetest.Open(rate, long)}
	spec.Phases[0].Count, spec.Connections = n, 8
	spec.Requests = []scenarios.Request{post(size)}
}

// A server that reads slowly makes uploads long, and does not make the loader late: the
// lag of the first byte is small, and the time to write is service time. Server and loader
// count the same bytes.
func TestOpenLoopOfUploads(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for _, c := range []struct {
			name   string
			secure bool
			size   int64
			rate   float64
			n      uint64
		}{{"4 MiB", false, 4 << 20, 15, 8}, {"4 MiB, secure", true, 4 << 20, 15, 8}, {"20 MiB", false, 20 << 20, 10, 4}} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				r := reader{piece: c.size / 16}
				spec := specAt("")
				if c.secure {
					a := newAuthority(t)
					r.config = a.server()
					spec = a.secureSpec("")
				}
				spec.Target.Address = local(t, r.serve)
				uploads(&spec, c.size, c.rate, c.n)
				for _, pause := range []time.Duration{time.Millisecond, longPause} {
					r.pause = pause
					retry.Often(t, func() string { return uploadOnce(t, e, spec, &r) })
				}
			})
		}
	})
}

// uploadOnce runs the load at a server that pauses behind each of 16 pieces. It returns
// why a busy machine may have delayed the loader.
func uploadOnce(t *testing.T, e core.Engine, spec loaders.Spec, r *reader) (why string) {
	t.Helper()
	r.whole.Store(0)
	r.bytes.Store(0)
	p := drive(t, e, spec).Phases[0]
	n, size := spec.Phases[0].Count, spec.Requests[0].Body.Size()
	exactly(t, &p, n)
	if whole, bytes := uint64(r.whole.Load()), uint64(r.bytes.Load()); whole != n || bytes != n*uint64(size) || p.SentBodyBytes != bytes {
		t.Errorf("the server counts %d uploads of %d bytes, the loader sent %d", whole, bytes, p.SentBodyBytes)
	}
	service, least := p.Total.Service, int64(16*r.pause)
	if service.MinNS < least || p.Total.Corrected.MeanNS < service.MeanNS || enginetest.Samples(p.Total.Corrected) != n {
		t.Errorf("service from %d ns, at least %d are right; its mean is %.0f ns, that of %d corrected latencies %.0f ns",
			service.MinNS, least, service.MeanNS, enginetest.Samples(p.Total.Corrected), p.Total.Corrected.MeanNS)
	}
	if write := p.Total.Write; write == nil || write.Count != n || write.MeanNS > service.MeanNS {
		t.Errorf("the times to write are %+v", write)
	}
	// A short service time is no measure for the delays of a busy machine.
	if lag := p.SendLagIdle; r.pause >= longPause && (lag == nil || lag.MeanNS > service.MeanNS/4) {
		return fmt.Sprintf("the send lag is %+v, and the mean service time %.0f ns", lag, service.MeanNS)
	}
	return ""
}

// Uploads that a server does not read are censored at the end of the drain, those that
// found no connection were never sent, and all of them count as offered.
func TestUploadsThatNobodyReads(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		r := reader{piece: 64 << 10, stops: 1, end: t.Context().Done()}
		spec := specAt(local(t, r.serve))
		uploads(&spec, 20<<20, 60, 0)
		spec.Phases[0].Duration, spec.Drain = 200*time.Millisecond, 100*time.Millisecond
		p := drive(t, e, spec).Phases[0]
		offered := p.Rate.Offered
		if offered != 12 || p.Asked != 8 || p.Unanswered != 8 || p.Rate.Censored != 8 || p.Rate.NeverSent != offered-8 || p.Failures() != 0 {
			t.Errorf("%d offered, %d asked, %d unanswered, %d censored, %d never sent, %d failed: %s",
				offered, p.Asked, p.Unanswered, p.Rate.Censored, p.Rate.NeverSent, p.Failures(), p.Total.FirstError)
		}
		if n := enginetest.Samples(p.Total.Corrected); n != offered || p.Rate.CensoredFromNS < int64(spec.Drain) || p.Total.Service != nil {
			t.Errorf("%d corrected latencies of %d offered, lower bounds from %d ns, service %+v", n, offered, p.Rate.CensoredFromNS, p.Total.Service)
		}
		if p.SentBodyBytes == 0 || p.SentBodyBytes > 8*20<<20 {
			t.Errorf("%d body bytes sent", p.SentBodyBytes)
		}
	})
}
