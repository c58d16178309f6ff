package external

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
)

const (
	// Margin is left out of the sampling at both ends of a run: the tool opens
	// its connections in the first, and may have ended its clock in the last.
	Margin = 100 * time.Millisecond
	// patience is how long a tool may take to end beyond its time and one
	// request's: h2load may spin for ever where connections are closed.
	patience = 5 * time.Second
)

// Starter runs a tool once, on the loader's side of the machine.
type Starter interface {
	// Run runs the tool with the arguments to its end, or ends it when ctx
	// does. It calls started, once, as soon as the tool runs.
	Run(ctx context.Context, phase string, args []string, started func()) (Output, error)
}

// Loader drives a foreign tool through the phases of a Spec: one run of it a
// phase, the warm-up being a run of its own whose figures count for nothing.
type Loader struct {
	Found   Found
	Starter Starter
	// Dir is an empty folder for the tool's files.
	Dir string

	// patience replaces its bound where it is above 0.
	patience time.Duration
}

var _ loaders.Loader = Loader{}

// Run implements loaders.Loader. Control.Ready is never called: the tool opens
// its connections itself, in each run. Windows are announced as Margin after
// the start to Margin before the planned end; those of the report are the
// tool's own.
func (l Loader) Run(ctx context.Context, spec loaders.Spec, control loaders.Control) (results.Report, error) {
	spec = spec.WithDefaults()
	t := l.Found.Tool
	report := results.Report{
		Loader: t.Name, Version: l.Found.Version, Target: spec.Target.Address, Protocol: string(spec.Protocol),
		Threads: t.threads(run{spec: spec}), Depth: spec.Depth, ConnectionsAsked: spec.Connections,
		Foreign: &results.Foreign{Tool: t.Name, Program: cmp.Or(l.Found.Path, l.Found.Image), Commands: map[string][]string{}, MarginNS: Margin.Nanoseconds(), Defects: t.Defects},
		Unknown: []string{"connections_open", "seed", "collections", "gc_pause_ns"},
	}
	d := &drive{Loader: l, spec: spec, control: control, report: &report}
	for i := range spec.Phases {
		err := d.phase(ctx, &spec.Phases[i])
		if ctx.Err() != nil {
			report.Interrupted = true
			return report, nil
		}
		if err != nil {
			return report, fmt.Errorf("phase %q: %w", spec.Phases[i].Name, err)
		}
	}
	return report, nil
}

// drive is one Loader at work.
type drive struct {
	Loader
	spec    loaders.Spec
	control loaders.Control
	report  *results.Report
	// pace is the throughput of the last run, in req/s, 0 before it.
	pace float64
}

// phase is one run of the tool.
func (d *drive) phase(ctx context.Context, p *loaders.Phase) error {
	open := d.Found.Tool.Loop == results.OpenLoop
	if open != (p.Loop == results.OpenLoop) && p.Measured {
		return fmt.Errorf("%s makes %s loops only", d.Found.Tool.Name, d.Found.Tool.Loop)
	}
	r := run{spec: d.spec, dir: d.Dir, seconds: d.seconds(p)}
	if open {
		skip, err := d.rated(ctx, p, &r)
		if err != nil || skip != "" {
			d.report.Phases = append(d.report.Phases, results.Phase{Name: p.Name, Loop: p.Loop, Measured: p.Measured, Skipped: skip})
			return err
		}
	}
	out, began, err := d.once(ctx, p, r)
	if err != nil {
		return err
	}
	phase := phaseOf(p, r, out, began)
	d.pace = phase.ThroughputRPS()
	d.report.Phases = append(d.report.Phases, phase)
	d.report.ServerHeader = cmp.Or(d.report.ServerHeader, out.serverHeader)
	d.warn(p, r, out)
	d.control.PhaseDone(loaders.PhaseDone{
		Phase: p.Name, Completed: out.completed, Failed: out.failed(), ThroughputRPS: d.pace, Threads: d.report.Threads,
	})
	return nil
}

// seconds is the length of a run: whole seconds, since most tools take no
// other, stretched to the completions that a large transfer needs.
func (d *drive) seconds(p *loaders.Phase) int {
	length := p.Duration
	if p.MinCompletions > 0 && d.pace > 0 {
		need := time.Duration(float64(p.MinCompletions) / d.pace * 1e9)
		length = max(length, min(need, p.MaxDuration))
	}
	return max(1, int((length+time.Second-1)/time.Second))
}

// rated sets the rate of an open loop; skip is the reason not to run it. The
// warm-up runs at the rate of the first phase that it warms up for.
func (d *drive) rated(ctx context.Context, p *loaders.Phase, r *run) (skip string, err error) {
	name := p.Name
	if p.Loop != results.OpenLoop {
		name = d.firstOpen()
	}
	a, err := d.control.Adjust(ctx, name)
	r.rate = max(1, math.Round(a.RateRPS))
	return a.Skip, err
}

func (d *drive) firstOpen() string {
	for i := range d.spec.Phases {
		if p := &d.spec.Phases[i]; p.Loop == results.OpenLoop {
			return p.Name
		}
	}
	return ""
}

// once runs the tool; began is the CLOCK_MONOTONIC instant of its start.
func (d *drive) once(ctx context.Context, p *loaders.Phase, r run) (out outcome, began int64, err error) {
	t := d.Found.Tool
	c, err := t.command(r)
	if err != nil {
		return out, 0, err
	}
	for name, content := range c.files {
		if err := os.WriteFile(r.file(name), content, 0o600); err != nil {
			return out, 0, fmt.Errorf("writing the files of %s: %w", t.Name, err)
		}
	}
	d.report.Foreign.Commands[p.Name] = append([]string{d.report.Foreign.Program}, c.args...)
	length := time.Duration(r.seconds) * time.Second
	beyond := d.spec.RequestTimeout + cmp.Or(d.patience, patience)
	limited, cancel := context.WithTimeoutCause(ctx, length+beyond, fmt.Errorf("%s had not ended %v after its %v, and was ended", t.Name, beyond, length))
	defer cancel()
	output, err := d.Starter.Run(limited, p.Name, c.args, func() {
		began = clock.Now()
		d.control.Window(loaders.Window{
			Phase: p.Name, T0NS: began + Margin.Nanoseconds(), T1NS: began + (length - Margin).Nanoseconds(), Measured: p.Measured, RateRPS: r.rate,
		})
	})
	if limited.Err() != nil {
		return out, began, context.Cause(limited)
	}
	if err != nil {
		return out, began, err
	}
	if output.Files, err = d.written(t.writes); err != nil {
		return out, began, err
	}
	out, err = t.parse(output)
	return out, began, err
}

// written reads and removes what the tool wrote into its folder.
func (d *drive) written(names []string) (map[string]string, error) {
	files := map[string]string{}
	for _, name := range names {
		path := filepath.Join(d.Dir, name)
		text, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.Remove(path)
		}
		if err != nil {
			return nil, fmt.Errorf("reading what %s wrote: %w", d.Found.Tool.Name, err)
		}
		files[name] = string(text)
	}
	return files, nil
}

// warn tells in the report what is peculiar about a run.
func (d *drive) warn(p *loaders.Phase, r run, out outcome) {
	for _, w := range out.warnings {
		d.report.Warnings = append(d.report.Warnings, p.Name+": "+w)
	}
	if asked := p.Duration; p.Measured && time.Duration(r.seconds)*time.Second != asked && p.MinCompletions == 0 {
		d.report.Warnings = append(d.report.Warnings, fmt.Sprintf("%s: %v asked for; %s ran for %d s, since it takes whole seconds", p.Name, asked, d.Found.Tool.Name, r.seconds))
	}
	if n := d.report.Threads; n < asked(r) {
		d.report.Warnings = append(d.report.Warnings, fmt.Sprintf("%s: %s ran %d threads instead of %d for %d connections", p.Name, d.Found.Tool.Name, n, asked(r), r.spec.Connections))
	}
}

// unknownInPhase are the fields of a phase that no foreign tool tells.
var unknownInPhase = []string{
	"requests_asked", "requests_unanswered", "surplus_answers",
	"completed_first_half", "completed_before", "completed_after", "failed_outside", "backoff_ns",
	"sent_bytes", "announced_closes", "unannounced_closes", "reconnects", "min_connections_open", "threads",
}

// phaseOf puts what a tool said into joust's words.
func phaseOf(p *loaders.Phase, r run, out outcome, began int64) results.Phase {
	phase := results.Phase{
		Name: p.Name, Loop: p.Loop, Measured: p.Measured, T0NS: began, T1NS: began + out.duration.Nanoseconds(),
		Total: results.Group{
			Completed: out.completed, Failed: out.failed(), Errors: out.errors, Status: out.status, FirstError: out.firstError,
			ServiceTable: out.service, CorrectedTable: out.corrected,
		},
		Unknown: append([]string(nil), unknownInPhase...),
	}
	for _, x := range []struct {
		name string
		from *uint64
		to   *uint64
	}{
		{"received_bytes", out.received, &phase.ReceivedBytes},
		{"received_body_bytes", out.receivedBodies, &phase.ReceivedBodyBytes},
		{"sent_body_bytes", sentBodies(r, out), &phase.SentBodyBytes},
	} {
		if x.from == nil {
			phase.Unknown = append(phase.Unknown, x.name)
			continue
		}
		*x.to = *x.from
	}
	if p.Loop == results.OpenLoop {
		phase.Schedule = string(loaders.Constant)
		// A constant schedule is arithmetic: the tool does not tell what it
		// intended, and achieved is what it counts.
		phase.Rate = &results.RateReport{
			TargetRPS: r.rate, Offered: uint64(math.Round(r.rate * out.duration.Seconds())), Achieved: out.completed,
			Unknown: []string{"never_sent", "censored", "backlog_t0", "backlog_t1"},
		}
	}
	return phase
}

// sentBodies is the size of the bodies of the answered requests, which is at
// most what was sent; nil where requests differ.
func sentBodies(r run, out outcome) *uint64 {
	if len(r.spec.Requests) != 1 {
		return nil
	}
	return ptr(out.completed * uint64(r.spec.Requests[0].Body.Size()))
}
