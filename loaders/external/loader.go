package external

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
)

const (
	// Margin is the time at both ends of a run that is not sampled: the tool opens
	// its connections in the first, and may have ended its clock in the last.
	Margin = 100 * time.Millisecond
	// patience is the time that a tool may take to end, beyond its own and that of
	// one request: h2load may spin for ever where connections are closed.
	patience = 5 * time.Second
)

// Starter runs a tool once, on the loader's side of the machine.
type Starter interface {
	// Run runs the tool with the arguments until it ends or ctx ends. It calls
	// started, once, as soon as the tool runs.
	Run(ctx context.Context, phase string, args []string, started func()) (Output, error)
}

// Driver drives a foreign tool through the phases of a Spec: one run of the tool a
// phase. The figures of the warm-up's run count for nothing.
type Driver struct {
	Found   Found
	Starter Starter
	// Dir is an empty folder for the tool's files.
	Dir string
}

var _ loaders.Loader = Driver{}

// Run implements loaders.Loader. It never calls Control.Ready: the tool opens its
// connections itself, in each run. Announced windows reach from Margin after the
// start to Margin before the planned end; those of the report are the tool's own.
func (l Driver) Run(ctx context.Context, spec loaders.Spec, control loaders.Control) (results.Report, error) {
	spec = spec.WithDefaults()
	t := l.Found.Tool
	report := results.Report{
		Loader: t.Name, Version: l.Found.Version, Target: spec.Target.Address, Protocol: string(spec.Protocol),
		Threads: t.threads(run{spec: spec}), Depth: spec.Depth, ConnectionsAsked: spec.Connections,
		Foreign: &results.Foreign{Tool: t.Name, Program: cmp.Or(l.Found.Path, l.Found.Image), Commands: map[string][]string{}, MarginNS: Margin.Nanoseconds(), Defects: t.Defects},
		Unknown: []string{"connections_open", "seed", "collections", "gc_pause_ns"},
	}
	d := &drive{Driver: l, spec: spec, control: control, report: &report}
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

// drive is a Driver that runs a Spec.
type drive struct {
	Driver
	spec    loaders.Spec
	control loaders.Control
	report  *results.Report
	// pace is the throughput of the last run in req/s, 0 before the first.
	pace float64
}

// phase is one run of the tool.
func (d *drive) phase(ctx context.Context, p *loaders.Phase) error {
	open := d.Found.Tool.Loop == results.OpenLoop
	if open != (p.Loop == results.OpenLoop) && p.Measured {
		return fmt.Errorf("%s makes %s loops only", d.Found.Tool.Name, d.Found.Tool.Loop)
	}
	r := run{spec: d.spec, dir: d.Dir, seconds: d.length(p)}
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

// length returns the length of a run in whole seconds, since most tools take no
// other, stretched to the completions that a large transfer needs.
func (d *drive) length(p *loaders.Phase) int {
	length := p.Duration
	if p.MinCompletions > 0 && d.pace > 0 {
		need := time.Duration(float64(p.MinCompletions) / d.pace * 1e9)
		length = max(length, min(need, p.MaxDuration))
	}
	return seconds(length)
}

// rated sets the rate of an open loop; skip is the reason not to run it. A
// warm-up runs at the rate of the first open loop.
func (d *drive) rated(ctx context.Context, p *loaders.Phase, r *run) (skip string, err error) {
	name := p.Name
	if p.Loop != results.OpenLoop {
		first := slices.IndexFunc(d.spec.Phases, func(p loaders.Phase) bool { return p.Loop == results.OpenLoop })
		if name = ""; first >= 0 {
			name = d.spec.Phases[first].Name
		}
	}
	a, err := d.control.Adjust(ctx, name)
	r.rate = max(1, math.Round(a.RateRPS))
	return a.Skip, err
}

// once runs the tool; began is the CLOCK_MONOTONIC instant of its start.
func (d *drive) once(ctx context.Context, p *loaders.Phase, r run) (out tally, began int64, err error) {
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
	beyond := d.spec.RequestTimeout + patience
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
	if output.files, err = d.takeFiles(t.writes); err != nil {
		return out, began, err
	}
	out, err = t.parse(output)
	return out, began, err
}

// takeFiles reads and removes the files that the tool wrote.
func (d *drive) takeFiles(names []string) (map[string]string, error) {
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

// warn adds to the report the peculiarities of a run.
func (d *drive) warn(p *loaders.Phase, r run, out tally) {
	tool, warnings := d.Found.Tool.Name, out.warnings
	if p.Measured && time.Duration(r.seconds)*time.Second != p.Duration && p.MinCompletions == 0 {
		warnings = append(warnings, fmt.Sprintf("%v asked for; %s ran for %d s, since it takes whole seconds", p.Duration, tool, r.seconds))
	}
	if n, most := d.report.Threads, upToConnections(r); n < most {
		warnings = append(warnings, fmt.Sprintf("%s ran %d threads instead of %d for %d connections", tool, n, most, r.spec.Connections))
	}
	for _, w := range warnings {
		d.report.Warnings = append(d.report.Warnings, p.Name+": "+w)
	}
}

// unknownInPhase are the fields of a phase that no foreign tool knows.
var unknownInPhase = []string{
	"requests_asked", "requests_unanswered", "surplus_answers",
	"completed_first_half", "completed_before", "completed_after", "failed_outside", "backoff_ns",
	"sent_bytes", "announced_closes", "unannounced_closes", "reconnects", "min_connections_open", "threads",
}

// phaseOf returns a run as a phase of the report.
func phaseOf(p *loaders.Phase, r run, out tally, began int64) results.Phase {
	phase := results.Phase{
		Name: p.Name, Loop: p.Loop, Measured: p.Measured, T0NS: began, T1NS: began + out.duration.Nanoseconds(),
		Total: results.Group{
			Completed: out.completed, Failed: out.failed(), Errors: out.errors, Status: out.status, FirstError: out.firstError,
			ServiceTable: out.service, CorrectedTable: out.corrected,
		},
		Unknown: slices.Clone(unknownInPhase),
	}
	for _, x := range []struct {
		name     string
		from, to *uint64
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
		// The tool does not print how many requests it intended: a constant
		// schedule is arithmetic.
		phase.Rate = &results.RateReport{
			TargetRPS: r.rate, Offered: uint64(math.Round(r.rate * out.duration.Seconds())), Achieved: out.completed,
			Unknown: []string{"never_sent", "censored", "backlog_t0", "backlog_t1"},
		}
	}
	return phase
}

// sentBodies is the size of the bodies of the answered requests, a lower bound of
// the bytes sent; nil where requests differ.
func sentBodies(r run, out tally) *uint64 {
	if len(r.spec.Requests) != 1 {
		return nil
	}
	return new(out.completed * uint64(r.spec.Requests[0].Body.Size()))
}
