package h1

import (
	"fmt"
	"reflect"

	"github.com/joust-bench/joust/loaders/codec/checks"
	"github.com/joust-bench/joust/loaders/codec/h1/wire"
	"github.com/joust-bench/joust/scenarios"
)

// fewRequests is how many requests remember the heads of their answers one by one. Where
// there are more, those with the same right answer share a memory: a thread comes back to
// each of them too seldom.
const fewRequests = 4096

// answers holds the right answers of requests, equal ones once. The zero answers is empty.
type answers struct {
	known map[answerKey][]*answer
	count int32
}

// answerKey is equal for requests whose right answers may be equal.
type answerKey struct {
	method, version string
	status          int
	body            *scenarios.Body
	echoed          scenarios.Body
}

// answer is a right answer with its number among those of a load.
type answer struct {
	wire.Expectation
	number int32
	expect scenarios.Expect
	// checks are further conditions, nil for none.
	checks *checks.Set
}

// of returns the right answer of the request, with its bytes in bodies.
func (a *answers) of(r *scenarios.Request, bodies *wire.Bodies) (*answer, error) {
	key := answerKey{method: r.Method, version: r.Version, status: r.Expect.Status, body: r.Expect.Body}
	if r.Expect.Echo && r.Body != nil {
		key.echoed = *r.Body
	}
	for _, known := range a.known[key] {
		if alike(&known.expect, &r.Expect) || reflect.DeepEqual(&known.expect, &r.Expect) {
			return known, nil
		}
	}
	conditions, err := checks.Compile(r.Expect.Checks)
	if err != nil {
		return nil, fmt.Errorf("the answer to request %q: %w", r.Name, err)
	}
	made := &answer{Expectation: bodies.Expect(r), number: a.count, expect: r.Expect, checks: conditions}
	a.count++
	if a.known == nil {
		a.known = map[answerKey][]*answer{}
	}
	a.known[key] = append(a.known[key], made)
	return made, nil
}

// alike reports whether two right answers with the same body are evidently equal: those of
// variants of one request are, and a comparison in depth of a million takes much memory.
func alike(a, b *scenarios.Expect) bool {
	return a.Status == b.Status && a.Echo == b.Echo && a.NoBody == b.NoBody && a.Framing == b.Framing && a.Checks == b.Checks &&
		identical(a.Headers, b.Headers) && identical(a.Encodings, b.Encodings)
}

// identical reports whether two lists share their memory, or are empty.
func identical[T any](a, b []T) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// learnt is what a thread knows of the last answers to a request, or to all requests with
// the same right answer.
type learnt struct {
	memo wire.Memo
	// inflated is for requests that accept compressed answers.
	inflated verdict
}
