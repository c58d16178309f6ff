// Package conformance asks a server questions about HTTP/1.1 that no row of the
// scenario table asks: broken and ambiguous requests, connections that end, heads
// that are too long. The outcome is a score with the failing points named. It is
// shown beside the speed, and it voids nothing.
//
// net/http reads the answers, not the loaders' parser.
package conformance

import (
	"context"
	"sync"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// Server is the server that is asked.
type Server struct {
	// Address is IP:port, Host the host that requests name.
	Address, Host string
	// Rows are the rows that the server claims. The requests to which a right answer
	// is known come from them.
	Rows []*scenarios.Scenario
	// Revive starts the server again if it has ended. It returns the server's
	// address, and how the server ended, empty if it runs still. It is nil for a
	// server that joust did not start.
	Revive func(context.Context) (address, ended string, err error)
}

const (
	// together is the number of points that are asked at the same time.
	together = 8
	// patience is the wait for an answer, in each of the two stages.
	patience = 2 * time.Second
	// quiet is the silence after which no further answer is awaited.
	quiet = 250 * time.Millisecond
	// repeats bounds the time in which failing points are asked once more.
	repeats = 15 * time.Second
)

// Run asks every point. Most are asked together. A point that fails is asked once
// more, alone, and only that counts: neither the other points nor a busy machine
// decide it. If ctx ends first, the result is no verdict on the server: ask ctx.
func Run(ctx context.Context, s Server) *results.Conformance {
	b := battery{server: s, patience: patience, quiet: quiet}
	return b.run(ctx)
}

func (b *battery) run(ctx context.Context) *results.Conformance {
	began := time.Now()
	b.samples, b.points = samplesOf(b.server), points()
	b.outcomes = make([]results.ConformancePoint, len(b.points))
	b.askTogether(ctx)
	if ended, err := b.revive(ctx); ended != "" || err != nil {
		clear(b.outcomes) // the end of the server may stand behind any of them
	}
	b.askAlone(ctx, began.Add(repeats))
	return &results.Conformance{Points: b.outcomes, TookNS: time.Since(began).Nanoseconds()}
}

// battery is one run over all points.
type battery struct {
	server   Server
	samples  samples
	points   []point
	outcomes []results.ConformancePoint

	patience, quiet time.Duration
}

// point is one question.
type point struct {
	name string
	// section is the RFC's number and section.
	section string
	// expected is the right behaviour in words.
	expected string
	// body is true for a point that needs a request with a body of any bytes to
	// which the right answer is known.
	body bool
	// alone is true for a point that disturbs others.
	alone bool
	// ask returns the wrong behaviour in words, "" for the right one.
	ask func(*probe) string
}

// points lists all points in the order in which they are shown. The slowest comes
// first.
func points() []point {
	var all []point
	for _, family := range [][]point{datePoints(), messagePoints(), connectionPoints(), smugglingPoints(), limitPoints()} {
		all = append(all, family...)
	}
	return all
}

// askTogether asks all points that disturb no others, some of them at once.
func (b *battery) askTogether(ctx context.Context) {
	next := make(chan int)
	var askers sync.WaitGroup
	for range together {
		askers.Go(func() {
			for i := range next {
				b.outcomes[i] = b.ask(ctx, b.points[i])
			}
		})
	}
	for i, p := range b.points {
		if !p.alone {
			next <- i
		}
	}
	close(next)
	askers.Wait()
}

// askAlone asks the points that are left, and once more those that failed.
func (b *battery) askAlone(ctx context.Context, until time.Time) {
	for i, p := range b.points {
		asked := b.outcomes[i].Outcome != ""
		if asked && (b.outcomes[i].Outcome != results.ConformanceFailed || time.Now().After(until)) {
			continue
		}
		if _, err := b.revive(ctx); err != nil {
			b.outcomes[i] = p.failed("", "the server could not be started again: "+err.Error())
			continue
		}
		outcome := b.ask(ctx, p)
		if ended, err := b.revive(ctx); ended != "" || err != nil {
			outcome = p.failed(outcome.Sent, "the server ended: "+ended)
		}
		b.outcomes[i] = outcome
	}
}

// revive starts the server again if it has ended, and returns how it ended.
func (b *battery) revive(ctx context.Context) (ended string, err error) {
	if b.server.Revive == nil || ctx.Err() != nil {
		return "", nil
	}
	address, ended, err := b.server.Revive(ctx)
	if err == nil {
		b.server.Address = address
	}
	return ended, err
}

// ask asks one point.
func (b *battery) ask(ctx context.Context, p point) results.ConformancePoint {
	switch {
	case b.samples.get == nil:
		return p.notAsked("the server claims no row with a plain GET request")
	case p.body && b.samples.post == nil:
		return p.notAsked("the server claims no row that takes any request body")
	}
	asked := &probe{ctx: ctx, address: b.server.Address, host: b.server.Host, samples: b.samples, patience: b.patience, quiet: b.quiet}
	defer asked.close()
	if wrong := p.ask(asked); wrong != "" {
		return p.failed(asked.sent, wrong)
	}
	return results.ConformancePoint{Name: p.name, Section: p.section, Outcome: results.ConformancePassed}
}

func (p point) failed(sent, got string) results.ConformancePoint {
	return results.ConformancePoint{
		Name: p.name, Section: p.section, Outcome: results.ConformanceFailed, Sent: sent, Expected: p.expected, Got: got,
	}
}

func (p point) notAsked(why string) results.ConformancePoint {
	return results.ConformancePoint{Name: p.name, Section: p.section, Outcome: results.ConformanceNotAsked, Got: why}
}
