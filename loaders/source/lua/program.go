// Package lua runs scripts that were written for wrk: its objects, its functions and their
// order. A Program holds the states of one load, one a thread and a main one, and makes the
// source of each thread.
package lua

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"sync/atomic"

	gl "github.com/yuin/gopher-lua"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec/h1/wire"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/loaders/source/lua/lualib"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// Program is a script that makes the requests of one load.
type Program struct {
	*loaders.Script
	spec   loaders.Spec
	target target
	out    *output
	err    io.Writer
	main   *state
	// threads are those of the load by number.
	threads []*thread
	// running is the context of the threads' states while the load runs; stop ends it.
	running context.Context
	stop    context.CancelFunc
	// depth is how many requests the first text of thread 0 has.
	depth int
	troubles
	// over is the instant, in nanoseconds of package clock, at which the phase that runs
	// is over with its drain; 0 before the first.
	over atomic.Int64
}

// troubles are what went wrong in a script.
type troubles struct {
	mu sync.Mutex
	// unloaded is the first error while the script was loaded, failure the first of its
	// functions, which ended the load.
	unloaded, failure error
	// halt ends the load early; nil before it runs.
	halt func()
}

// ErrScript is in the errors of scripts that ended a load before it began.
var ErrScript = errors.New("the script")

// Load loads the script of the Spec into a state for each thread and a main one, and calls
// setup, init, and request once, in wrk's order. The streams take what the script prints;
// any goroutine may write to them. An error of these functions ends the load before it begins;
// one while the script is loaded does not, as in wrk.
func Load(ctx context.Context, spec loaders.Spec, to lualib.Streams) (*Program, error) {
	p := &Program{Script: spec.Script, spec: spec, target: targetOf(spec.Script.URL), out: &output{to: to.Out}, err: to.Err}
	p.running, p.stop = context.WithCancel(context.WithoutCancel(ctx))
	p.main = p.newState(ctx)
	p.main.wrk.RawSetString("addrs", p.main.addressList(p.addresses()))
	for number := range spec.Threads {
		t := newThread(p, number)
		t.state = p.newState(ctx)
		p.threads = append(p.threads, t)
		if err := errors.Join(p.setUp(t), ctx.Err()); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	for _, t := range p.threads {
		t.SetContext(p.running)
		t.runs = true
	}
	return p, nil
}

// setUp calls setup in the main state and init in that of the thread, and for thread 0 the
// request that tells the depth.
func (p *Program) setUp(t *thread) error {
	t.wrk.RawSetString("thread", t.threadValue(t))
	if err := p.main.call(p.main.GetField(p.main.wrk, "setup"), p.main.threadValue(t)); err != nil {
		return fmt.Errorf("%w: setup(): %w", ErrScript, err)
	}
	args := t.NewTable()
	for i, arg := range append([]string{p.URL}, p.Args...) {
		args.RawSetInt(i, gl.LString(arg))
	}
	if err := t.call(t.GetField(t.wrk, "init"), args); err != nil {
		return fmt.Errorf("%w: init(): %w", ErrScript, err)
	}
	t.begin()
	if t.number > 0 {
		return nil
	}
	text, err := t.text()
	if err != nil {
		return fmt.Errorf("%w: request(): %w", ErrScript, err)
	}
	pieces, err := wire.Split(text, nil)
	if err != nil {
		return fmt.Errorf("%w: the text that request() returns for the first time: %w: it is to hold whole requests, as wrk.format makes them", ErrScript, err)
	}
	p.depth = len(pieces)
	return nil
}

// Spec returns the load with the depth that the script asks for.
func (p *Program) Spec() loaders.Spec {
	spec := p.spec
	spec.Depth = max(1, p.depth)
	return spec
}

// Shares reports whether users share the connections: only they can wait for a delay.
func (p *Program) Shares() bool { return p.delays() }

// delays reports whether the script makes requests wait, in a closed loop.
func (p *Program) delays() bool {
	return len(p.threads) > 0 && p.threads[0].isFunction("delay") && p.spec.Phases[0].Loop != results.OpenLoop
}

// Source makes the source of a thread. It implements source.New.
func (p *Program) Source(spec *loaders.Spec, on source.Thread) (source.Source, error) {
	if on.Number >= len(p.threads) {
		return nil, fmt.Errorf("thread %d of a load whose script has %d", on.Number, len(p.threads))
	}
	return newRequests(p, p.threads[on.Number], spec, on)
}

// OnFailure sets the function that ends the load early.
func (p *Program) OnFailure(halt func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.halt = halt
}

// fail notes the first error of the script's functions, and ends the load.
func (p *Program) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failure != nil {
		return
	}
	p.failure = err
	if p.halt != nil {
		p.halt()
	}
}

// failed returns the first error of the script's functions, nil for none.
func (p *Program) failed() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failure
}

// unload notes an error while the script was loaded.
func (p *Program) unload(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unloaded = cmp.Or(p.unloaded, err)
}

// report adds what the script did to the report.
func (p *Program) report(r *results.Report, output string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	use := results.ScriptUse{File: p.File, Output: output}
	switch {
	case p.failure != nil:
		use.Error, use.Ended = p.failure.Error(), true
	case p.unloaded != nil && p.Compat == loaders.Lax:
		r.Warnings = append(r.Warnings, p.unloaded.Error()+": the script was loaded up to there")
	case p.unloaded != nil:
		use.Error = p.unloaded.Error()
	}
	if p.delayless() {
		r.Warnings = append(r.Warnings, "the script's function delay() was not called: in an open loop requests are due by the rate")
	}
	r.Script = &use
}

// delayless reports whether the script has delays that an open loop does not make.
func (p *Program) delayless() bool {
	return len(p.threads) > 0 && p.threads[0].isFunction("delay") && !p.delays()
}

// Close ends all states.
func (p *Program) Close() error {
	p.stop()
	errs := []error{p.main.Close()}
	for _, t := range p.threads {
		errs = append(errs, t.Close())
	}
	return errors.Join(errs...)
}

// model is the request that says where the load goes and which answers are right.
func (p *Program) model() *scenarios.Request { return &p.spec.Requests[0] }

// addresses returns the addresses of the target: those of wrk.addrs.
func (p *Program) addresses() (list []address) {
	for _, text := range append([]string{p.spec.Target.Address}, p.spec.Target.More...) {
		a := address{text: text}
		a.AddrPort, _ = netip.ParseAddrPort(text) // a socket's path and a name stay texts
		list = append(list, a)
	}
	return list
}
