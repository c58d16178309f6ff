package core_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// The report counts the content codings of right answers, and the bytes on the wire.
func TestCompressedLoad(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		text := strings.Repeat("compress me, ", 10_000)
		var asked atomic.Int64
		s := &site{}
		s.start(t, nil, func(w http.ResponseWriter, _ *http.Request) {
			if asked.Add(1)%3 == 0 {
				_, _ = io.WriteString(w, text)
				return
			}
			w.Header().Set("Content-Encoding", "gzip")
			packed := gzip.NewWriter(w)
			_, _ = io.WriteString(packed, text)
			_ = packed.Close()
		})
		spec := specAt(s.address(), counted(30))
		r := &spec.Requests[0]
		r.Expect = scenarios.Expect{Status: 200, Body: &scenarios.Body{Text: text}, Encodings: []scenarios.Encoding{scenarios.Gzip, scenarios.Identity}}
		p := drive(t, e, spec).Phases[0]
		exactly(t, &p, 30)
		if p.Total.Encodings["gzip"] != 20 || p.Total.Encodings["identity"] != 10 || len(p.Total.Encodings) != 2 {
			t.Errorf("encodings %v, want 20 in gzip and 10 in none", p.Total.Encodings)
		}
		if plain := uint64(10 * len(text)); p.ReceivedBodyBytes < plain || p.ReceivedBodyBytes > plain+20*1000 {
			t.Errorf("%d body bytes received, want those on the wire", p.ReceivedBodyBytes)
		}
		r.Expect.Encodings = []scenarios.Encoding{scenarios.Gzip}
		asked.Store(0)
		p = drive(t, e, spec).Phases[0]
		if p.Total.Errors[results.CauseEncoding] != 10 || p.Total.Encodings["gzip"] != 20 {
			t.Errorf("errors %v, encodings %v: %s", p.Total.Errors, p.Total.Encodings, p.Total.FirstError)
		}
	})
}
