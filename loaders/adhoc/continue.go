package adhoc

import (
	"strings"

	"github.com/joust-bench/joust/scenarios"
)

// continues is the exchange of a request with the field Expect: 100-continue:
// its body waits for the server's word (RFC 9110 §10.1.1). Nil for all others.
func continues(r *scenarios.Request) scenarios.Exchange {
	for _, h := range r.Headers {
		if r.Body.Size() > 0 && strings.EqualFold(h.Name, "Expect") && strings.EqualFold(strings.TrimSpace(h.Value), "100-continue") {
			status, rest := 100, int64(-1)
			return scenarios.Exchange{{SendHead: new(true)}, {AwaitStatus: &status}, {SendBytes: &rest}, {AwaitEnd: new(true)}}
		}
	}
	return nil
}
