package check

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/scenarios"
)

// keepsAlive reports whether a connection stays open between the requests of the row:
// the load does not close it after each, and no request asks the server to.
func keepsAlive(row *scenarios.Scenario) bool {
	return row.Connection.ReconnectEvery != 1 && !slices.ContainsFunc(row.Requests, func(r scenarios.Request) bool {
		return len(r.Exchange) > 0 || endsConnection(&r)
	})
}

// endsConnection reports whether the server must end the connection after its answer.
func endsConnection(r *scenarios.Request) bool {
	option := func(value string) bool {
		return slices.ContainsFunc(r.Headers, func(h scenarios.Header) bool {
			return strings.EqualFold(h.Name, "Connection") && strings.EqualFold(h.Value, value)
		})
	}
	return option("close") || r.Version == "1.0" && !option("keep-alive")
}

// plain returns the row's requests that are sent as a whole.
func (b battery) plain() []*scenarios.Request {
	return slices.DeleteFunc(pointers(b.row.Requests), func(r *scenarios.Request) bool { return len(r.Exchange) > 0 })
}

// sample returns the requests, or a random choice where there are many.
func (b battery) sample(all []*scenarios.Request) []*scenarios.Request {
	if len(all) > sampled {
		b.rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		all = all[:sampled]
	}
	return all
}

// different returns n messages whose right answers differ where the row allows
// it: then a wrong order of answers shows. The first is as the row has it.
func (b battery) different(n int) ([]message, error) {
	from := b.sample(b.plain())
	out := make([]message, n)
	for i := range out {
		r := from[i%len(from)]
		if altered := b.alter(r); i > 0 && altered != nil {
			r = altered
		}
		m, err := compile(r, b.host)
		if err != nil {
			return nil, err
		}
		out[i] = m
	}
	return out, nil
}

// randomised returns requests with random inputs, none where the row has no way to
// vary them.
func (b battery) randomised() []*scenarios.Request {
	var out []*scenarios.Request
	for _, r := range b.sample(pointers(b.row.Requests)) {
		times := 1
		if r.Vary != nil {
			times = randomInputs
		}
		for range times {
			if altered := b.alter(r); altered != nil {
				out = append(out, altered)
			}
		}
	}
	return out
}

// unconditional returns each request whose right answer is 304 as two that must get the
// resource itself: without its condition, and with the tag of another resource.
func unconditional(requests []*scenarios.Request) []*scenarios.Request {
	var out []*scenarios.Request
	for _, r := range requests {
		if r.Expect.Status != http.StatusNotModified {
			continue
		}
		conditional := func(h scenarios.Header) bool { return strings.EqualFold(h.Name, "If-None-Match") }
		without := *r
		without.Headers = slices.DeleteFunc(slices.Clone(r.Headers), conditional)
		without.Expect = scenarios.Expect{Status: http.StatusOK, Headers: r.Expect.Headers}
		another := without
		another.Headers = append(slices.Clone(without.Headers), scenarios.Header{Name: "If-None-Match", Value: `"another"`})
		out = append(out, &without, &another)
	}
	return out
}

// alter returns the request with a random input and its right answer; nil where
// the request cannot vary.
func (b battery) alter(r *scenarios.Request) *scenarios.Request {
	if varied, ok := r.Varied(b.rnd); ok {
		return &varied
	}
	altered := *r
	switch {
	case echoesAnything(r):
		altered.Body = &scenarios.Body{Text: b.randomText(r.Body.Size()), Chunk: r.Body.Chunk}
	case countsBody(r):
		length := 1 + b.rnd.Int64N(r.Body.Size()-1)
		altered.Body = &scenarios.Body{Text: r.Body.Text, Length: length, Chunk: r.Body.Chunk}
		altered.Expect.Body = &scenarios.Body{Text: strconv.FormatInt(length, 10)}
	default:
		return nil
	}
	return &altered
}

// echoesAnything reports whether the request is an echo whose body may be any
// bytes.
func echoesAnything(r *scenarios.Request) bool {
	return r.Expect.Echo && r.Body.Size() > 0 && !slices.ContainsFunc(r.Headers, func(h scenarios.Header) bool {
		return strings.EqualFold(h.Name, "Content-Encoding")
	})
}

// countsBody reports whether the right answer is the decimal length of the
// request's body.
func countsBody(r *scenarios.Request) bool {
	return r.Body.Size() > 1 && r.Expect.Body != nil &&
		string(r.Expect.Body.Bytes()) == strconv.FormatInt(r.Body.Size(), 10)
}

// randomText returns n bytes of any value.
func (b battery) randomText(n int64) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(b.rnd.Uint32())
	}
	return string(out)
}
