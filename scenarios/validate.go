package scenarios

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/joust-bench/joust/scenarios/suggest"
)

// maxPipelinedBody is the largest request body, in bytes, of a row with
// several requests in flight on a connection: beyond it both sides may block
// in their writes, each waiting for the other to read.
const maxPipelinedBody = 64 << 10

// Fault is one reason why a row cannot stand.
type Fault struct {
	// Path names the value within the row, such as "requests[0].path".
	Path string
	// Message says what is wrong with it, in the user's words.
	Message string
}

// faults collects what is wrong with a row.
type faults []Fault

func (f *faults) add(path, format string, args ...any) {
	*f = append(*f, Fault{Path: path, Message: fmt.Sprintf(format, args...)})
}

// known reports a value that is none of the known ones.
func (f *faults) known(path, what, value string, known []string) {
	for _, k := range known {
		if k == value {
			return
		}
	}
	f.add(path, "unknown %s %q%s", what, value, suggest.Hint(value, known))
}

// atLeast reports a number below its least value.
func (f *faults) atLeast(path string, value, least int64) {
	if value < least {
		f.add(path, "is %d, and must be at least %d", value, least)
	}
}

// Validate returns everything that is wrong with a row whose defaults are
// filled in; nothing for a row that can be run.
func (s *Scenario) Validate() []Fault {
	var f faults
	s.checkNames(&f)
	s.checkKinds(&f)
	s.checkNumbers(&f)
	s.checkDepth(&f)
	if len(s.Requests) == 0 {
		f.add("requests", "needs at least one request")
	}
	names := map[string]bool{}
	for i := range s.Requests {
		r, at := &s.Requests[i], fmt.Sprintf("requests[%d]", i)
		r.check(&f, at)
		s.checkRequestInRow(&f, at, r)
		if names[r.Name] && r.Name != "" {
			f.add(at+".name", "%q is the name of another request of the row; results are grouped by it", r.Name)
		}
		names[r.Name] = true
	}
	return f
}

func (s *Scenario) checkNames(f *faults) {
	switch {
	case s.Name == "":
		f.add("name", "is required")
	case !regexp.MustCompile(`^[a-z0-9_]+$`).MatchString(s.Name):
		f.add("name", "%q may hold only a-z, 0-9 and _", s.Name)
	}
	if strings.TrimSpace(s.Title) == "" {
		f.add("title", "is required: one line for people")
	}
}

func (s *Scenario) checkKinds(f *faults) {
	checkSet(f, "protocols", "protocol", s.Protocols)
	checkSet(f, "modes", "mode", s.Modes)
	known(f, "unit", "unit", s.Unit)
	known(f, "rank_by", "quantity", s.RankBy)
	known(f, "rotation", "rotation", s.Rotation)
	known(f, "connection.close_with", "way to close", s.Connection.CloseWith)
}

// kinds are the words that values of some types may be.
func kinds() map[reflect.Type][]string {
	return map[reflect.Type][]string{
		reflect.TypeFor[Protocol]():  words(Protocols()...),
		reflect.TypeFor[Mode]():      words(Closed, Open),
		reflect.TypeFor[Unit]():      words(Requests, Messages, Sessions),
		reflect.TypeFor[RankBy]():    words(ByThroughput, ByBandwidth),
		reflect.TypeFor[Rotation]():  words(PerRequest, PerConnection, Weighted),
		reflect.TypeFor[CloseKind](): words(FIN, RST),
		reflect.TypeFor[Framing]():   words(LengthFramed, ChunkedFramed),
	}
}

func words[T ~string](list ...T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// known reports a value that is none of its type's words.
func known[T ~string](f *faults, path, what string, value T) {
	f.known(path, what, string(value), kinds()[reflect.TypeFor[T]()])
}

// checkSet reports an empty list, unknown members and repeated ones.
func checkSet[T ~string](f *faults, path, what string, values []T) {
	if len(values) == 0 {
		f.add(path, "is required: one or more of %s", strings.Join(kinds()[reflect.TypeFor[T]()], ", "))
	}
	seen := map[T]bool{}
	for i, v := range values {
		at := fmt.Sprintf("%s[%d]", path, i)
		known(f, at, what, v)
		if seen[v] {
			f.add(at, "%q stands twice", string(v))
		}
		seen[v] = true
	}
}

func (s *Scenario) checkNumbers(f *faults) {
	f.atLeast("clients", int64(s.Clients), 0)
	f.atLeast("depth", int64(s.Depth), 1)
	f.atLeast("connection.reconnect_every", int64(s.Connection.ReconnectEvery), 0)
	f.atLeast("min_completions", int64(s.MinCompletions), 0)
	if s.MinCompletions > 0 && !s.Allows(Closed) {
		f.add("min_completions", "stretches the closed-loop window, and the row has no closed mode")
	}
}

// checkDepth reports what cannot be combined with several requests in flight.
func (s *Scenario) checkDepth(f *faults) {
	if s.Depth <= 1 {
		return
	}
	if every := s.Connection.ReconnectEvery; every > 0 && every%s.Depth != 0 {
		f.add("connection.reconnect_every", "is %d, and must be a multiple of the depth, %d: a connection closes when its pipeline is empty", every, s.Depth)
	}
	for i := range s.Requests {
		r, at := &s.Requests[i], fmt.Sprintf("requests[%d]", i)
		if n := r.Body.Size(); n > maxPipelinedBody {
			f.add(at+".body", "has %d bytes; with a depth of %d at most %d can be sent without both sides blocking", n, s.Depth, maxPipelinedBody)
		}
		if len(r.Exchange) > 0 {
			f.add(at+".exchange", "cannot be combined with a depth of %d: its steps need the connection for themselves", s.Depth)
		}
	}
}

// checkRequestInRow reports what a request cannot be in this row.
func (s *Scenario) checkRequestInRow(f *faults, at string, r *Request) {
	f.atLeast(at+".weight", int64(r.Weight), 0)
	if r.Weight > 0 && s.Rotation != Weighted {
		f.add(at+".weight", "has a meaning only with rotation: weighted; this row's is %s", s.Rotation)
	}
	if s.Rotation == Weighted && r.Weight == 0 {
		f.add(at+".weight", "is 0: the request would never be asked")
	}
	for i, h := range r.Headers {
		path := fmt.Sprintf("%s.headers[%d]", at, i)
		if strings.EqualFold(h.Name, "Connection") && strings.EqualFold(h.Value, "close") && s.Connection.ReconnectEvery != 1 {
			f.add(path, "Connection: close needs connection.reconnect_every: 1")
		}
		s.checkHopByHop(f, path, h)
	}
	s.checkChunked(f, at, r)
	if p, ok := s.multiplexed(); ok && r.Version != "" {
		f.add(at+".version", "%s, which is among the row's protocols, has a version of its own", p)
	}
}

// checkHopByHop reports fields that HTTP/2 and HTTP/3 forbid (RFC 9113
// §8.2.2).
func (s *Scenario) checkHopByHop(f *faults, path string, h Header) {
	switch strings.ToLower(h.Name) {
	case "connection", "keep-alive", "proxy-connection", "upgrade":
		if p, ok := s.multiplexed(); ok {
			f.add(path, "%s is forbidden in %s, which is among the row's protocols", h.Name, p)
		}
	}
}

// checkChunked reports chunks where the protocol has frames of its own.
func (s *Scenario) checkChunked(f *faults, at string, r *Request) {
	p, ok := s.multiplexed()
	if !ok {
		return
	}
	if r.Body != nil && r.Body.Chunk > 0 {
		f.add(at+".body.chunk", "%s, which is among the row's protocols, has no chunked bodies", p)
	}
	if r.Expect.Framing == ChunkedFramed {
		f.add(at+".expect.framing", "%s, which is among the row's protocols, has no chunked bodies", p)
	}
}

// multiplexed returns the row's first protocol with framing of its own.
func (s *Scenario) multiplexed() (Protocol, bool) {
	for _, p := range s.Protocols {
		if p == H2 || p == H2C || p == H3 {
			return p, true
		}
	}
	return "", false
}
