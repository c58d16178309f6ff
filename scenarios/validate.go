package scenarios

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results/selection"
	"github.com/joust-bench/joust/results/suggest"
)

// maxPipelinedBody is the largest request body, in bytes, of a pipelined row.
// With a larger one both sides may block in their writes, each waiting for the
// other to read.
const maxPipelinedBody = 64 << 10

// maxRate is the largest rate of a row, in requests per second.
const maxRate = 1e9

// Fault is one mistake in a row.
type Fault struct {
	// Path names the value within the row, such as "requests[0].path".
	Path string
	// Message describes the mistake to the user.
	Message string
}

// faults collects the mistakes of a row.
type faults []Fault

// when adds a fault if wrong is true.
func (f *faults) when(wrong bool, path, format string, args ...any) {
	if wrong {
		*f = append(*f, Fault{Path: path, Message: fmt.Sprintf(format, args...)})
	}
}

func (f *faults) add(path, format string, args ...any) { f.when(true, path, format, args...) }

// known reports a value that is not in the list.
func (f *faults) known(path, what, value string, list []string) {
	unknown := suggest.Unknown(what, value, list)
	f.when(unknown != "", path, "%s", unknown)
}

// atLeast reports a number below its least value.
func (f *faults) atLeast(path string, value, least int64) {
	f.when(value < least, path, "is %d, and must be at least %d", value, least)
}

// Validate returns the mistakes of a row whose defaults are filled in. A row
// without any can be run.
func (s *Scenario) Validate() []Fault {
	var f faults
	s.checkNames(&f)
	s.checkKinds(&f)
	s.checkNumbers(&f)
	s.checkDepth(&f)
	s.checkTogether(&f)
	s.checkRates(&f)
	s.checkServer(&f)
	f.when(len(s.Requests) == 0, "requests", "needs at least one request")
	for i := range s.Requests {
		r, at := &s.Requests[i], fmt.Sprintf("requests[%d]", i)
		r.check(&f, at)
		s.checkRequestInRow(&f, at, r)
	}
	s.checkRequestNames(&f, func(i int) int { return i })
	return f
}

// checkRequestNames reports names that stand twice in the row. entry returns the index in
// the file of a request's entry.
func (s *Scenario) checkRequestNames(f *faults, entry func(i int) int) {
	names := map[string]bool{}
	for i := range s.Requests {
		name := s.Requests[i].Name
		f.when(names[name] && name != "", fmt.Sprintf("requests[%d].name", entry(i)), "%q is the name of another request of the row; results are grouped by it", name)
		names[name] = true
	}
}

// rowName is the form of a row's name.
var rowName = regexp.MustCompile(`^[a-z0-9_]+$`)

func (s *Scenario) checkNames(f *faults) {
	if s.Name == "" {
		f.add("name", "is required")
	} else {
		f.when(!rowName.MatchString(s.Name), "name", "%q may hold only a-z, 0-9 and _", s.Name)
		f.when(isGroup(s.Name), "name", "%q stands for a group of rows; choose another name", s.Name)
	}
	f.when(strings.TrimSpace(s.Title) == "", "title", "is required: one line for people")
}

// isGroup reports whether the word stands for a group of rows in any table.
func isGroup(word string) bool { return word == selection.All || word == Headline }

func (s *Scenario) checkKinds(f *faults) {
	checkSet(f, "protocols", "protocol", s.Protocols)
	checkSet(f, "modes", "mode", s.Modes)
	known(f, "unit", "unit", s.Unit)
	known(f, "rank_by", "quantity", s.RankBy)
	known(f, "rotation", "rotation", s.Rotation)
	known(f, "connection.close_with", "way to close", s.Connection.CloseWith)
}

// kinds returns the words that each type takes as its values.
func kinds() map[reflect.Type][]string {
	return map[reflect.Type][]string{
		reflect.TypeFor[Protocol]():  suggest.Texts(Protocols()...),
		reflect.TypeFor[Mode]():      suggest.Texts(Closed, Open),
		reflect.TypeFor[CountUnit](): suggest.Texts(Requests, Messages, Sessions, Events),
		reflect.TypeFor[RankBy]():    suggest.Texts(ByThroughput, ByBandwidth),
		reflect.TypeFor[Rotation]():  suggest.Texts(PerRequest, PerConnection, Weighted),
		reflect.TypeFor[CloseKind](): suggest.Texts(FIN, RST),
		reflect.TypeFor[Encoding]():  suggest.Texts(Identity, Gzip, Brotli),
		reflect.TypeFor[Framing]():   suggest.Texts(LengthFramed, ChunkedFramed),
	}
}

// known reports a value that is none of its type's words.
func known[T ~string](f *faults, path, what string, value T) {
	f.known(path, what, string(value), kinds()[reflect.TypeFor[T]()])
}

// checkSet reports an empty list, unknown members and repeated ones.
func checkSet[T ~string](f *faults, path, what string, values []T) {
	f.when(len(values) == 0, path, "is required: one or more of %s", strings.Join(kinds()[reflect.TypeFor[T]()], ", "))
	for i, v := range values {
		at := fmt.Sprintf("%s[%d]", path, i)
		known(f, at, what, v)
		f.when(slices.Contains(values[:i], v), at, "%q stands twice", string(v))
	}
}

func (s *Scenario) checkNumbers(f *faults) {
	f.atLeast("clients", int64(s.Clients), 0)
	f.atLeast("depth", int64(s.Depth), 1)
	f.atLeast("connection.reconnect_every", int64(s.Connection.ReconnectEvery), 0)
	f.atLeast("min_completions", int64(s.MinCompletions), 0)
	f.when(s.MinCompletions > 0 && !s.Allows(Closed), "min_completions", "stretches the closed-loop window, and the row has no closed mode")
}

// checkTogether reports settings that contradict waves of fresh connections.
func (s *Scenario) checkTogether(f *faults) {
	if !s.Connection.Together {
		return
	}
	const at = "connection.together"
	f.when(s.Connection.ReconnectEvery != 1, at, "needs connection.reconnect_every: 1, and it is %d: each connection of a wave asks one request", s.Connection.ReconnectEvery)
	f.when(s.Depth > 1, at, "cannot be combined with a depth of %d: each connection of a wave asks one request", s.Depth)
	f.when(s.Allows(Open), at, "cannot be combined with the open loop: a wave begins when the last one has ended, not by a schedule")
}

// checkRates reports rates that cannot be offered.
func (s *Scenario) checkRates(f *faults) {
	f.when(len(s.Rates) > 0 && !s.Allows(Open), "rates", "are offered in the open loop, which is not among the row's modes")
	for i, rate := range s.Rates {
		at := fmt.Sprintf("rates[%d]", i)
		f.when(!(rate > 0) || rate > maxRate, at, "is %v requests per second, and must be above 0 and at most %.0f", rate, float64(maxRate))
		f.when(slices.Contains(s.Rates[:i], rate), at, "%v stands twice", rate)
	}
	f.when(s.LeastTime < 0, "least_time", "is %v, and must be at least 0", s.LeastTime)
}

// checkServer reports caps that never act.
func (s *Scenario) checkServer(f *faults) {
	keep, most, every := s.Server.KeepAliveRequests, s.Server.MaxConnections, s.Connection.ReconnectEvery
	f.atLeast("server.keepalive_requests", int64(keep), 0)
	f.atLeast("server.max_connections", int64(most), 0)
	f.when(keep > 0 && every > 0 && every <= keep, "server.keepalive_requests",
		"is %d and never reached: connection.reconnect_every closes after %d", keep, every)
	f.when(most > 0 && s.Clients > 0 && s.Clients <= most, "server.max_connections",
		"is %d and never reached: the row has %d clients", most, s.Clients)
}

// checkDepth reports settings that contradict several requests in flight on one
// connection.
func (s *Scenario) checkDepth(f *faults) {
	if s.Depth <= 1 {
		return
	}
	every := s.Connection.ReconnectEvery
	f.when(every > 0 && every%s.Depth != 0, "connection.reconnect_every",
		"is %d, and must be a multiple of the depth, %d: a connection closes when its pipeline is empty", every, s.Depth)
	for i := range s.Requests {
		r, at := &s.Requests[i], fmt.Sprintf("requests[%d]", i)
		n := r.Body.Size()
		f.when(n > maxPipelinedBody, at+".body", "has %d bytes; with a depth of %d at most %d can be sent without both sides blocking", n, s.Depth, maxPipelinedBody)
		f.when(len(r.Exchange) > 0, at+".exchange", "cannot be combined with a depth of %d: its steps need the connection for themselves", s.Depth)
	}
}

// checkRequestInRow reports contradictions between a request and its row.
func (s *Scenario) checkRequestInRow(f *faults, at string, r *Request) {
	weighted := s.Rotation == Weighted
	f.atLeast(at+".weight", int64(r.Weight), 0)
	f.when(r.Weight > 0 && !weighted, at+".weight", "has a meaning only with rotation: weighted; this row's is %s", s.Rotation)
	f.when(r.Weight == 0 && weighted, at+".weight", "is 0: the request would never be asked")
	for i, h := range r.Headers {
		closes := strings.EqualFold(h.Name, "Connection") && strings.EqualFold(h.Value, "close")
		f.when(closes && s.Connection.ReconnectEvery != 1, fmt.Sprintf("%s.headers[%d]", at, i), "Connection: close needs connection.reconnect_every: 1")
	}
	s.checkMultiplexed(f, at, r)
}

// checkMultiplexed reports parts of a request that do not exist in a protocol
// with framing of its own, if the row has such a protocol.
func (s *Scenario) checkMultiplexed(f *faults, at string, r *Request) {
	i := slices.IndexFunc(s.Protocols, func(p Protocol) bool { return p == H2 || p == H2C || p == H3 })
	if i < 0 {
		return
	}
	p := s.Protocols[i]
	for i, h := range r.Headers {
		// RFC 9113 §8.2.2.
		hopByHop := slices.Contains([]string{"connection", "keep-alive", "proxy-connection", "upgrade"}, strings.ToLower(h.Name))
		f.when(hopByHop, fmt.Sprintf("%s.headers[%d]", at, i), "%s is forbidden in %s, which is among the row's protocols", h.Name, p)
	}
	const unchunked = "%s, which is among the row's protocols, has no chunked bodies"
	f.when(r.Body.chunked(), at+".body.chunk", unchunked, p)
	f.when(r.Expect.Framing == ChunkedFramed, at+".expect.framing", unchunked, p)
	f.when(r.Version != "", at+".version", "%s, which is among the row's protocols, has a version of its own", p)
}
