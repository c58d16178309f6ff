package certify

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/certify/lawserver"
	"github.com/joust-bench/joust/results"
)

// Bad is a closed loop against a server that misbehaves in one way. Every failure
// must have that way's cause, no answer may count as right, and the loader must
// come back in time.
type Bad struct {
	Behaviour lawserver.Behaviour
	// Cause is empty for behaviours that are unusual and right: every answer counts
	// as right then.
	Cause results.Cause
	// Step is the law's delay: see lawserver.Law.
	Step time.Duration
	// UploadBytes is the size of the request's body; 0 for none.
	UploadBytes int64
	Connections int
	Window      time.Duration
	// Timeout is the timeout of one request.
	Timeout time.Duration
}

var _ Case = Bad{}

// patience is the time that a loader may take for its start and for reconnecting,
// beyond its phases, its timeouts and its drain.
const patience = 5 * time.Second

// Name implements Case.
func (b Bad) Name() string {
	name := "server: " + string(b.Behaviour)
	if b.Step > 0 {
		name += fmt.Sprintf(", %v", b.Step)
	}
	return name
}

// Law implements Case.
func (b Bad) Law(int64) lawserver.Law {
	return lawserver.Law{Behaviour: b.Behaviour, Delay: b.Step}
}

// Load implements Case.
func (b Bad) Load(float64) loaders.Spec {
	s := spec(b.Connections, closedPhase(b.Window))
	s.RequestTimeout, s.ConnectTimeout = b.Timeout, time.Second
	s.Phases[0].Lead = 0
	upload(&s, b.UploadBytes)
	return s
}

// limit is the longest time that the loader may take.
func (b Bad) limit() time.Duration {
	s := b.Load(0).WithDefaults()
	return b.Window + s.RequestTimeout + s.ConnectTimeout + s.Drain + patience
}

// Checks implements Case.
func (b Bad) Checks(seen Observation) ([]Check, error) {
	p := seen.phase()
	right := p.Right()
	r := checks{law: b.Name()}
	if b.Cause == "" {
		ok := p.Failures() == 0 && right > 0
		r.text("answers", "all right", outcome(right, p.Total.Errors), ok)
	} else {
		errs := p.Total.Errors
		if seen.ConnectCause != "" {
			errs = map[results.Cause]uint64{seen.ConnectCause: 1}
		}
		r.text("cause", string(b.Cause), outcome(0, errs), len(errs) == 1 && errs[b.Cause] > 0)
		r.count("answers that count as right", Requests, 0, right)
	}
	r.duration("the loader comes back within", b.limit(), seen.Elapsed, Bound{Kind: AtMost})
	return r.list, nil
}

// outcome names right answers and failures by cause, the most frequent first.
func outcome(right uint64, errs map[results.Cause]uint64) string {
	var list []string
	if right > 0 {
		list = append(list, fmt.Sprintf("%d right", right))
	}
	for _, c := range slices.SortedFunc(maps.Keys(errs), func(a, b results.Cause) int {
		return cmp.Or(cmp.Compare(errs[b], errs[a]), cmp.Compare(a, b))
	}) {
		list = append(list, fmt.Sprintf("%s %d", c, errs[c]))
	}
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, ", ")
}
