package core_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// seenRequest is a request as a server read it.
type seenRequest struct{ path, header, id, body string }

// recorder notes each request.
type recorder struct {
	mu   sync.Mutex
	list []seenRequest
}

func (r *recorder) serve(p *enginetest.Peer) {
	for {
		path, fields, body, err := p.Request()
		if err != nil {
			return
		}
		r.mu.Lock()
		r.list = append(r.list, seenRequest{path, fields["X-Piece"], fields["X-Trace"], body})
		r.mu.Unlock()
		p.Send(enginetest.RightAnswer)
	}
}

// seen returns the requests so far.
func (r *recorder) seen() []seenRequest {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}

// varying is a request with pieces everywhere, whose body changes its length.
func varying() scenarios.Request {
	return scenarios.Request{
		Name: "varying", Method: "POST", Path: "/a?u=${uuid()}", Pieces: true,
		Headers: []scenarios.Header{{Name: "X-Piece", Value: "${counter(n)}"}},
		Body:    &scenarios.Body{Text: "${randint(1,1000000)} ${randstr(8)} ${counter(m)}"},
	}
}

var (
	varyingPath = regexp.MustCompile(`^/a\?u=[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	varyingBody = regexp.MustCompile(`^[1-9][0-9]* [0-9A-Za-z]{8} ([0-9]+)$`)
)

// checkVarying fails unless the requests are n different ones whose counters gave each
// number once.
func checkVarying(t *testing.T, list []seenRequest, n int, ids bool) {
	t.Helper()
	paths, trace := map[string]bool{}, map[string]bool{}
	headers, bodies := make([]bool, n+1), make([]bool, n+1)
	once := func(numbers []bool, text string) {
		i, err := strconv.Atoi(text)
		if err != nil || i < 1 || i > n || numbers[i] {
			t.Errorf("a counter of %d requests gave %q, or gave it twice", n, text)
			return
		}
		numbers[i] = true
	}
	for _, r := range list {
		match := varyingBody.FindStringSubmatch(r.body)
		if !varyingPath.MatchString(r.path) || paths[r.path] || match == nil || ids && trace[r.id] {
			t.Fatalf("%+v is malformed, or came before", r)
		}
		paths[r.path], trace[r.id] = true, true
		once(headers, r.header)
		once(bodies, match[1])
	}
	if len(list) != n {
		t.Errorf("the server saw %d requests of %d", len(list), n)
	}
}

// Every loop sends values that are new for each request, whole and once.
func TestPieces(t *testing.T) {
	t.Parallel()
	const n = 400
	open := enginetest.Open(4000, long)
	open.Count = n
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for name, c := range map[string]struct {
			phase loaders.Phase
			tweak func(*loaders.Spec)
		}{
			"closed":      {counted(n), func(*loaders.Spec) {}},
			"two threads": {counted(n), func(s *loaders.Spec) { s.Threads = 2 }},
			"pipelined":   {counted(n), func(s *loaders.Spec) { s.Depth = 8 }},
			"open":        {open, func(s *loaders.Spec) { s.Threads = 2 }},
			"users":       {counted(n), func(s *loaders.Spec) { s.Users = 7 }},
			"reconnecting": {counted(n), func(s *loaders.Spec) {
				s.Connection = scenarios.Connection{ReconnectEvery: 3, CloseWith: scenarios.FIN}
			}},
			"with ids": {counted(n), func(s *loaders.Spec) { s.Depth, s.RequestID = 4, "X-Trace" }},
			"large body": {counted(n), func(s *loaders.Spec) {
				s.Requests[0].Headers = append(s.Requests[0].Headers, scenarios.Header{Name: "X-Long", Value: strings.Repeat("x", 4000)})
			}},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				var r recorder
				spec := specAt(enginetest.Start(t, r.serve).Address, c.phase)
				spec.Requests = []scenarios.Request{varying()}
				c.tweak(&spec)
				report := drive(t, e, spec)
				p := &report.Phases[0]
				exactly(t, p, n)
				list := r.seen()
				checkVarying(t, list, n, spec.RequestID != "")
				sent := 0
				for _, r := range list {
					sent += len(r.body)
				}
				if p.SentBodyBytes != uint64(sent) {
					t.Errorf("%d bytes of bodies sent, the server read %d", p.SentBodyBytes, sent)
				}
				for _, s := range p.Slowest {
					if spec.RequestID != "" && !slices.ContainsFunc(list, func(r seenRequest) bool { return r.id == s.ID }) {
						t.Errorf("the server saw no id %q", s.ID)
					}
				}
			})
		}
	})
}

// Requests without pieces beside those with them stay as they are.
func TestPiecesInSomeRequests(t *testing.T) {
	t.Parallel()
	const n = 60
	overBackends(t, func(t *testing.T, e core.Engine) {
		var r recorder
		spec := specAt(enginetest.Start(t, r.serve).Address, counted(n))
		plain := enginetest.Get("plain", "/${uuid()", hello())
		plain.Path = "/plain"
		plain.Headers = []scenarios.Header{{Name: "X-Piece", Value: "${uuid()}"}}
		spec.Requests, spec.Connections = []scenarios.Request{varying(), plain}, 1
		report := drive(t, e, spec)
		exactly(t, &report.Phases[0], n)
		var changing []seenRequest
		for _, s := range r.seen() {
			if s.path == "/plain" {
				if s.header != "${uuid()}" || s.body != "" {
					t.Errorf("%+v", s)
				}
				continue
			}
			changing = append(changing, s)
		}
		checkVarying(t, changing, n/2, false)
	})
}

// The same Spec makes the same values on a thread.
func TestPiecesFollowTheSeed(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		run := func(seed uint64) []seenRequest {
			var r recorder
			spec := specAt(enginetest.Start(t, r.serve).Address, counted(20))
			spec.Requests, spec.Connections, spec.Seed = []scenarios.Request{varying()}, 1, seed
			drive(t, e, spec)
			return r.seen()
		}
		if first := run(3); !slices.Equal(first, run(3)) || slices.Equal(first, run(4)) {
			t.Error("values do not follow the seed")
		}
	})
}

// A request that is asked again, on a new connection, is the same one.
func TestPiecesOfARepeatedRequest(t *testing.T) {
	t.Parallel()
	const n = 20
	overBackends(t, func(t *testing.T, e core.Engine) {
		var r recorder
		var first seenRequest
		behave := func(p *enginetest.Peer) {
			if p.Number == 1 {
				path, fields, body, err := p.Request()
				if err == nil {
					first = seenRequest{path, fields["X-Piece"], "", body}
					p.Send("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
				}
				return
			}
			r.serve(p)
		}
		spec := specAt(enginetest.Start(t, behave).Address, counted(n))
		spec.Requests, spec.Connections = []scenarios.Request{varying()}, 1
		p := drive(t, e, spec).Phases[0]
		exactly(t, &p, n)
		list := r.seen()
		checkVarying(t, list, n, false)
		if p.Repeated != 1 || list[0] != first {
			t.Errorf("%d repeated: %+v as %+v", p.Repeated, first, list[0])
		}
	})
}

// Headers of redirects have values of their own; rows stay.
func TestPiecesWithRedirects(t *testing.T) {
	t.Parallel()
	const n = 20
	overBackends(t, func(t *testing.T, e core.Engine) {
		var mu sync.Mutex
		seen := map[string]string{}
		server := enginetest.Start(t, func(p *enginetest.Peer) {
			for {
				path, fields, _, err := p.Request()
				if err != nil {
					return
				}
				row, counter, _ := strings.Cut(fields["X-Piece"], " ")
				mu.Lock()
				_, again := seen[counter]
				seen[counter] = row
				mu.Unlock()
				if again {
					t.Errorf("the counter gave %s again", counter)
				}
				if path == "/b" {
					p.Send(enginetest.RightAnswer)
				} else {
					p.Send("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n")
				}
			}
		})
		spec := specAt(server.Address, counted(n))
		spec.Follow, spec.Connections = true, 1
		spec.Data = &loaders.Data{Columns: []string{"c"}, Text: []byte("xyz"), Ends: []uint32{1, 2, 3}, Order: loaders.LoopRows}
		spec.Requests[0].Path, spec.Requests[0].Pieces = "/a?u=${uuid()}", true
		spec.Requests[0].Headers = []scenarios.Header{{Name: "X-Piece", Value: "${c} ${counter()}"}}
		p := drive(t, e, spec).Phases[0]
		exactly(t, &p, n)
		for i := range 2 * n {
			if want := string("xyz"[i/2%3]); seen[strconv.Itoa(i+1)] != want {
				t.Errorf("request %d has row %q, want %q", i, seen[strconv.Itoa(i+1)], want)
			}
		}
	})
}

func numbered(rows int) *loaders.Data {
	d := &loaders.Data{Columns: []string{"n"}}
	for i := range rows {
		d.Add(strconv.Itoa(i))
	}
	return d
}

// Each order gives the rows that it promises, whatever sends them.
func TestDataOrders(t *testing.T) {
	t.Parallel()
	const n, rows = 300, 70
	open := func(count uint64) loaders.Phase {
		p := enginetest.Open(4000, long)
		p.Count = count
		return p
	}
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for _, order := range loaders.DataOrders() {
			for name, c := range map[string]struct {
				phase loaders.Phase
				tweak func(*loaders.Spec)
			}{
				"closed":    {counted(n), func(s *loaders.Spec) { s.Threads = 2 }},
				"one":       {counted(n), func(s *loaders.Spec) { s.Connections = 1 }},
				"pipelined": {counted(n), func(s *loaders.Spec) { s.Depth = 8 }},
				"open":      {open(n), func(s *loaders.Spec) { s.Threads = 2 }},
				"users":     {counted(n), func(s *loaders.Spec) { s.Users = 7 }},
			} {
				t.Run(fmt.Sprintf("%s, %s", order, name), func(t *testing.T) {
					t.Parallel()
					var r recorder
					spec := specAt(enginetest.Start(t, r.serve).Address, c.phase)
					spec.Data = numbered(rows)
					spec.Data.Order = order
					spec.Requests[0].Path, spec.Requests[0].Pieces = "/${n}", true
					c.tweak(&spec)
					report := drive(t, e, spec)
					checkRows(t, order, r.seen(), &report, n, rows)
					if name == "one" && order != loaders.RandomRows {
						for i, s := range r.seen() {
							if s.path != fmt.Sprintf("/%d", i%rows) {
								t.Fatalf("request %d asked %s", i, s.path)
							}
						}
					}
				})
			}
		}
	})
}

// checkRows compares what the server saw, and the report, with the order.
func checkRows(t *testing.T, order loaders.DataOrder, list []seenRequest, report *results.Report, n, rows int) {
	t.Helper()
	ends := order == loaders.SequentialRows || order == loaders.UniqueRows
	if ends {
		n = rows
	}
	exactly(t, &report.Phases[0], uint64(n))
	want := results.DataUse{Rows: uint64(rows), Order: string(order), Taken: uint64(n), UsedUp: ends}
	if report.Data == nil || *report.Data != want {
		t.Errorf("the report says %+v, want %+v", report.Data, want)
	}
	times := map[string]int{}
	for _, r := range list {
		times[r.path]++
	}
	least, most := n, 0
	for i := range rows {
		k := times[fmt.Sprintf("/%d", i)]
		least, most = min(least, k), max(most, k)
	}
	switch {
	case order == loaders.RandomRows && most <= n/rows+1: // as likely as one in 10³⁰
		t.Errorf("random rows came %d to %d times", least, most)
	case order == loaders.LoopRows && (least != n/rows || most != n/rows+1), ends && (least != 1 || most != 1):
		t.Errorf("rows came %d to %d times", least, most)
	}
}

// Rows that end before the measured phase leave nothing to it.
func TestDataUsedUpBeforeThePhase(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		var r recorder
		warmup := enginetest.Closed(long)
		warmup.Name, warmup.Measured = results.PhaseWarmup, false
		open := enginetest.Open(100, long)
		spec := specAt(enginetest.Start(t, r.serve).Address, warmup, enginetest.Closed(long), open)
		spec.Data = numbered(30)
		spec.Data.Order = loaders.UniqueRows
		spec.Requests[0].Path, spec.Requests[0].Pieces = "/${n}", true
		report := drive(t, e, spec)
		if got := len(r.seen()); got != 30 || report.Phases[0].Asked != 30 || report.Phases[1].Asked+report.Phases[2].Asked != 0 || !report.Data.UsedUp {
			t.Errorf("%d requests of 30 rows, %d, %d and %d in the phases, %+v", got, report.Phases[0].Asked, report.Phases[1].Asked, report.Phases[2].Asked, report.Data)
		}
	})
}

// Loaders that make a load together share rows and counters out.
func TestPiecesOfSeveralLoaders(t *testing.T) {
	t.Parallel()
	whole := enginetest.Spec(counted(40))
	whole.Data, whole.Connections, whole.Threads = numbered(41), 2, 1
	whole.Data.Order = loaders.UniqueRows
	whole.Requests[0].Path, whole.Requests[0].Pieces = "/${n}", true
	whole.Requests[0].Headers = []scenarios.Header{{Name: "X-Piece", Value: "${counter()}"}}
	seen := map[string]bool{}
	rows := 0
	for i := range 2 {
		part := whole.Part(loaders.Share{Index: i, Of: 2})
		rows += part.Data.Rows()
		for row := range part.Data.Rows() {
			seen[string(part.Data.Value(row, 0))] = true
		}
		if part.Place != (loaders.Share{Index: i, Of: 2}) {
			t.Errorf("loader %d has the place %+v", i, part.Place)
		}
	}
	if rows != 41 || len(seen) != 41 {
		t.Errorf("%d rows, %d different ones, of 41", rows, len(seen))
	}
}
