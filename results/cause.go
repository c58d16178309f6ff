package results

import (
	"cmp"
	"maps"
	"slices"
)

// Cause is the cause of a failed request or connect.
type Cause string

// The causes of failure; CauseLocal* are of the loader's own machine.
const (
	CauseConnectRefused Cause = "connect_refused"
	CauseConnectReset   Cause = "connect_reset"
	CauseConnectTimeout Cause = "connect_timeout"
	CauseConnect        Cause = "connect"
	CauseTLS            Cause = "tls"
	CauseWrite          Cause = "write"
	CauseReset          Cause = "reset"
	CauseClosed         Cause = "closed"
	CauseRead           Cause = "read"
	CauseTimeout        Cause = "timeout"
	CauseStatus         Cause = "status"
	CauseLength         Cause = "length"
	CauseBody           Cause = "body"
	CauseEncoding       Cause = "encoding"
	CauseProtocol       Cause = "protocol"
	CauseEarlyReply     Cause = "early_reply"
	// CauseHeader, CauseJSON and CausePattern are answers whose head, values or text do
	// not meet a condition of the request.
	CauseHeader  Cause = "header"
	CauseJSON    Cause = "json"
	CausePattern Cause = "regex"
	// CauseCapture is an answer without a text that a flow takes out of it, CauseWithin a right
	// one that came later than the flow allows.
	CauseCapture Cause = "capture"
	CauseWithin  Cause = "within"
	// CauseEvents is an answer with fewer server-sent events than the exchange awaits.
	CauseEvents Cause = "events"
	// CauseRedirect is a chain of redirects without end.
	CauseRedirect Cause = "redirect"
	// CauseLookup is a host's name for which no address was found.
	CauseLookup Cause = "lookup"
	// CauseSurplus is an answer, or bytes of it, that no request asked for.
	CauseSurplus    Cause = "surplus_answer"
	CauseLocalPorts Cause = "local_ports_exhausted"
	CauseLocalFiles Cause = "local_file_limit"
	CauseLocal      Cause = "local"
)

// HarnessSide reports whether the loader's own machine failed, not the server.
func (c Cause) HarnessSide() bool {
	return c == CauseLocalPorts || c == CauseLocalFiles || c == CauseLocal
}

// MostFrequent returns the causes, the most frequent first.
func MostFrequent(counts map[Cause]uint64) []Cause {
	return slices.SortedFunc(maps.Keys(counts), func(a, b Cause) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
}
