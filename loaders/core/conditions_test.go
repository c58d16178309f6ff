package core_test

import (
	"compress/gzip"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders/codec/checks"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// packed is the text in gzip.
func packed(t *testing.T, text string) string {
	t.Helper()
	var out strings.Builder
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// chunkedAnswer has the body in chunks of at most that many bytes.
func chunkedAnswer(body string, size int) string {
	out := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	for body != "" {
		n := min(size, len(body))
		out += fmt.Sprintf("%x\r\n%s\r\n", n, body[:n])
		body = body[n:]
	}
	return out + "0\r\n\r\n"
}

// withField is a right answer with one more field.
func withField(field, body string) string {
	return strings.Replace(enginetest.OK(body), "\r\n", "\r\n"+field+"\r\n", 1)
}

// Conditions hold on every answer, however its body comes. An answer that breaks one fails
// with the cause of its own, the first with what was found.
func TestConditions(t *testing.T) {
	t.Parallel()
	const n = 12
	up, down := `{"status":"up","n":[1,2]}`, `{"status":"down","n":[1,2]}`
	long := `{"fill":"` + strings.Repeat("x", 400_000) + `","status":"up"}`
	status := scenarios.Checks{JSON: []string{"status=up"}}
	start := scenarios.Checks{Patterns: []string{`^\{"status":"up"`}}
	agent := scenarios.Checks{Headers: []string{"Server: joust"}}
	same := scenarios.Checks{SameLength: true}
	for name, c := range map[string]struct {
		checks scenarios.Checks
		// right and wrong are the answers; every third is a wrong one.
		right, wrong string
		cause        results.Cause
		detail       string
		compressed   bool
	}{
		"json":              {checks: status, right: enginetest.OK(up), wrong: enginetest.OK(down), cause: results.CauseJSON, detail: `hello: status is "down", where "up" is expected`},
		"json in chunks":    {checks: status, right: chunkedAnswer(up, 3), wrong: chunkedAnswer(down, 3), cause: results.CauseJSON, detail: `hello: status is "down"`},
		"long json":         {checks: status, right: enginetest.OK(long), wrong: enginetest.OK(long[:len(long)-1] + "]"), cause: results.CauseJSON, detail: "a body that is no JSON: it begins with"},
		"too long json":     {checks: status, right: enginetest.OK(up), wrong: enginetest.OK(strings.Repeat(" ", checks.MostBody+1)), cause: results.CauseJSON, detail: "more than 4 MiB"},
		"no json":           {checks: status, right: enginetest.OK(up), wrong: enginetest.OK("up"), cause: results.CauseJSON, detail: `a body that is no JSON: it is "up"`},
		"inflated json":     {checks: status, right: withField("Content-Encoding: gzip", packed(t, up)), wrong: withField("Content-Encoding: gzip", packed(t, down)), cause: results.CauseJSON, detail: `status is "down"`, compressed: true},
		"empty, compressed": {checks: status, right: withField("Content-Encoding: gzip", packed(t, up)), wrong: withField("Content-Encoding: gzip", ""), cause: results.CauseJSON, detail: "it is empty", compressed: true},
		"not inflated json": {checks: status, right: enginetest.OK(up), wrong: withField("Content-Encoding: gzip", packed(t, up)), cause: results.CauseJSON, detail: "it came in the coding gzip, which --compressed undoes"},
		"regex":             {checks: start, right: enginetest.OK(up), wrong: enginetest.OK(down), cause: results.CausePattern, detail: `a body that does not match`},
		"regex in chunks":   {checks: start, right: chunkedAnswer(up, 1), wrong: chunkedAnswer("", 1), cause: results.CausePattern, detail: "it is empty"},
		"header":            {checks: agent, right: withField("server: joust", up), wrong: withField("Server: other", up), cause: results.CauseHeader, detail: `hello: the header Server is "other", where "joust" is expected`},
		"no header":         {checks: agent, right: withField("server: joust", up), wrong: enginetest.OK(up), cause: results.CauseHeader, detail: `the header Server is missing`},
		"length":            {checks: same, right: enginetest.OK(up), wrong: enginetest.OK(down), cause: results.CauseLength, detail: "hello: a body of 27 bytes, where the first right answer had 25"},
		"length in chunks":  {checks: same, right: chunkedAnswer(up, 4), wrong: enginetest.OK(""), cause: results.CauseLength, detail: "hello: a body of 0 bytes, where the first right answer had 25"},
		"packed length":     {checks: same, right: withField("Content-Encoding: gzip", packed(t, up)), wrong: enginetest.OK(up), cause: results.CauseLength, detail: "where the first right answer had", compressed: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			overBackends(t, func(t *testing.T, e core.Engine) {
				t.Parallel()
				for _, pieces := range []int{1, 3} {
					spec := specAt(servePieces(t, c.right, c.wrong, pieces), counted(n))
					spec.Connections = 1
					r := &spec.Requests[0]
					r.Expect = scenarios.Expect{Checks: &c.checks}
					if c.compressed {
						r.Expect.Encodings = []scenarios.Encoding{scenarios.Gzip, scenarios.Identity}
					}
					p := drive(t, e, spec).Phases[0]
					if p.Total.Completed != n-n/3 || p.Total.Errors[c.cause] != n/3 || !strings.Contains(p.Total.FirstError, c.detail) {
						t.Errorf("in %d pieces: %d right, errors %v, the first: %s", pieces, p.Total.Completed, p.Total.Errors, p.Total.FirstError)
					}
					if p.Total.NotInflated != 0 {
						t.Errorf("%d answers were not looked into", p.Total.NotInflated)
					}
				}
			})
		})
	}
}

// servePieces answers each third request wrong, and sends each answer in that many pieces.
func servePieces(t *testing.T, right, wrong string, pieces int) (address string) {
	t.Helper()
	return enginetest.Start(t, func(p *enginetest.Peer) {
		for {
			if _, err := p.Next(); err != nil {
				return
			}
			answer := right
			if p.Server.Requests.Load()%3 == 0 {
				answer = wrong
			}
			for i := range pieces {
				if i > 0 {
					time.Sleep(time.Millisecond) // pieces come by themselves, mostly
				}
				p.Send(answer[len(answer)*i/pieces : len(answer)*(i+1)/pieces])
			}
		}
	}).Address
}

// All threads take the length of one first answer.
func TestSameLengthOfAllThreads(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		server := enginetest.Start(t, func(p *enginetest.Peer) {
			for {
				if _, err := p.Next(); err != nil {
					return
				}
				time.Sleep(time.Millisecond)
				p.Send(enginetest.OK(strings.Repeat("x", int(p.Number))))
			}
		})
		spec := specAt(server.Address, counted(40))
		spec.Threads, spec.Connections = 2, 2
		spec.Requests[0].Expect = scenarios.Expect{Checks: &scenarios.Checks{SameLength: true}}
		p := drive(t, e, spec).Phases[0]
		if wrong := p.Total.Errors[results.CauseLength]; wrong == 0 || p.Total.Completed == 0 || wrong+p.Total.Completed != 40 {
			t.Errorf("%d right, errors %v", p.Total.Completed, p.Total.Errors)
		}
	})
}
