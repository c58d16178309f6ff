package scenarios

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// checkExpect reports answers that cannot occur, or cannot be judged.
func (r *Request) checkExpect(f *faults, at string) {
	e := &r.Expect
	r.checkStatus(f, at+".status")
	if e.Framing != "" {
		known(f, at+".framing", "framing", e.Framing)
	}
	checkBody(f, at+".body", e.Body)
	f.when(e.Body.chunked(), at+".body.chunk", "is for request bodies; framing says how the answer's end is told")
	f.when(e.Body != nil && e.Echo, at+".echo", "cannot stand together with body: one of them says what the answer is")
	f.when(e.Echo && r.Body == nil, at+".echo", "expects the request's own body, and the request has none")
	r.checkNoBody(f, at)
	if len(e.Encodings) > 0 {
		checkSet(f, at+".encodings", "encoding", e.Encodings)
	}
	for i, h := range e.Headers {
		path := fmt.Sprintf("%s.headers[%d]", at, i)
		checkHeader(f, path, h)
		r.checkAnswerLength(f, path, h)
	}
}

func (r *Request) checkStatus(f *faults, at string) {
	switch status := r.Expect.Status; {
	case status == 0:
		f.when(!r.Abandons(), at, "is required")
		f.when(r.Abandons() && !r.Expect.empty(), at, "is missing: an exchange that closes before the answer expects nothing else either; write expect: {}")
	case r.Abandons():
		f.add(at, "is %d, and the exchange closes before any answer; write expect: {}", status)
	case status < 100 || status > 599:
		f.add(at, "%d is no HTTP status; they go from 100 to 599", status)
	case status < 200 && status != http.StatusSwitchingProtocols:
		f.add(at, "%d is an interim status and ends no answer; await it in exchange", status)
	}
}

// Abandons reports whether the exchange closes the connection without waiting
// for an answer.
func (r *Request) Abandons() bool {
	return !slices.ContainsFunc(r.Exchange, Operation.awaits) &&
		slices.ContainsFunc(r.Exchange, func(op Operation) bool { return op.Close != nil })
}

// empty reports whether nothing is expected.
func (e *Expect) empty() bool {
	return e.Status == 0 && len(e.Headers) == 0 && e.Body == nil && !e.Echo && !e.NoBody && e.Framing == "" && len(e.Encodings) == 0
}

// awaits reports whether the step waits for a part of the answer.
func (op Operation) awaits() bool {
	return op.AwaitStatus != nil || op.AwaitContinueMicros != nil || op.AwaitEnd != nil || op.AwaitEvents != nil
}

// checkNoBody reports an answer that ends with its head (RFC 9110 §6.4.1) and
// lacks no_body, or has no_body and does not end with its head.
func (r *Request) checkNoBody(f *faults, at string) {
	e := &r.Expect
	headOnly := r.Method == http.MethodHead || e.Status == http.StatusNoContent || e.Status == http.StatusNotModified
	f.when(headOnly && !e.NoBody, at+".no_body", "must be true: answers to HEAD, and those with status 204 or 304, end with their head")
	f.when(e.NoBody && !headOnly, at+".no_body", "is for HEAD, 204 and 304; for an empty body write body: {}")
	f.when(e.NoBody && (e.Body != nil || e.Echo), at+".no_body", "cannot stand together with body or echo")
	f.when(e.NoBody && len(e.Encodings) > 0, at+".encodings", "has no meaning with no_body: there is no body to inflate")
	f.when(e.NoBody && e.Framing != "", at+".framing", "has no meaning with no_body: there is no body whose end could be told")
}

// checkAnswerLength reports an expected Content-Length that contradicts the
// expected body.
func (r *Request) checkAnswerLength(f *faults, at string, h Header) {
	if !strings.EqualFold(h.Name, "Content-Length") {
		return
	}
	n, err := strconv.ParseInt(h.Value, 10, 64)
	if err != nil || n < 0 {
		f.add(at+".value", "Content-Length %q is no number of bytes", h.Value)
		return
	}
	body, exact := r.AnswerBody()
	f.when(exact && !r.Expect.NoBody && len(r.Expect.Encodings) == 0 && body.Size() != n, at+".value", "Content-Length %d contradicts the expected body of %d bytes", n, body.Size())
	f.when(r.Expect.Framing == ChunkedFramed, at, "Content-Length cannot stand together with framing: chunked")
}

// checkExchange reports steps that are empty, ambiguous or too late.
func (r *Request) checkExchange(f *faults, at string) {
	sent, sentAll, closed := false, false, false
	for i, op := range r.Exchange {
		path := fmt.Sprintf("%s[%d]", at, i)
		if n := op.fields(); n != 1 {
			f.add(path, "has %d steps, and must have exactly one of send_head, send_bytes, pause_us, await_status, await_continue_us, await_end, await_events, close", n)
			continue
		}
		op.check(f, path)
		f.when(closed, path, "comes after the connection was closed")
		f.when(op.SendHead != nil && sent, path, "comes too late: an earlier step began to send")
		f.when(op.SendBytes != nil && sentAll, path, "has nothing left to send: an earlier step sent the rest")
		sent = sent || op.SendHead != nil || op.SendBytes != nil
		sentAll = sentAll || op.SendBytes != nil && *op.SendBytes == -1
		closed = closed || op.Close != nil
	}
	r.checkReach(f, at, sentAll)
	if len(r.Exchange) > 0 {
		first := r.Exchange[0]
		f.when(first.awaits() || first.Close != nil, at+"[0]", "must send or pause: nothing is on its way yet")
	}
}

// checkReach reports an exchange that cannot come to its answer: a part of the request
// is never sent, or the connection closes too early.
func (r *Request) checkReach(f *faults, at string, sentAll bool) {
	if len(r.Exchange) == 0 || r.Abandons() {
		return
	}
	f.when(!sentAll, at, "never sends the whole request: end with send_bytes: -1, or close the connection and expect: {}")
	reaches := func(op Operation) bool { return op.AwaitEnd != nil || op.AwaitEvents != nil }
	closes := slices.IndexFunc(r.Exchange, func(op Operation) bool { return op.Close != nil })
	f.when(closes >= 0 && !slices.ContainsFunc(r.Exchange[:max(closes, 0)], reaches), at,
		"closes the connection before the answer's end: add await_end: true or await_events before the close")
}

// fields counts the fields that are set.
func (op *Operation) fields() int {
	n := 0
	for v, i := reflect.ValueOf(op).Elem(), 0; i < v.NumField(); i++ {
		if !v.Field(i).IsNil() {
			n++
		}
	}
	return n
}

// check reports a value out of its range.
func (op *Operation) check(f *faults, at string) {
	switch {
	case op.SendHead != nil:
		f.when(!*op.SendHead, at+".send_head", "can only be true; leave the step out instead")
	case op.SendBytes != nil && *op.SendBytes != -1:
		f.atLeast(at+".send_bytes", *op.SendBytes, 1)
	case op.PauseMicros != nil:
		f.atLeast(at+".pause_us", *op.PauseMicros, 1)
	case op.AwaitStatus != nil:
		f.when(*op.AwaitStatus < 100 || *op.AwaitStatus > 599, at+".await_status", "%d is no HTTP status; they go from 100 to 599", *op.AwaitStatus)
	case op.AwaitContinueMicros != nil:
		f.atLeast(at+".await_continue_us", *op.AwaitContinueMicros, 1)
	case op.AwaitEnd != nil:
		f.when(!*op.AwaitEnd, at+".await_end", "can only be true; leave the step out instead")
	case op.AwaitEvents != nil:
		f.atLeast(at+".await_events", int64(*op.AwaitEvents), 1)
	case op.Close != nil:
		known(f, at+".close", "way to close", *op.Close)
	}
}
