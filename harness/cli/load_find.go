package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/find"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/loaders/engine"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/summary"
)

// defaultKeep are the conditions of a search that are not given.
const defaultKeep = "p95<=5s,error_rate<=1%"

// registerFind registers the flags of a search for the capacity.
func (f *loadFlags) registerFind(flags *pflag.FlagSet) {
	s := &f.load.Find
	flags.StringVar((*string)(&s.Of), "find", "", "find the capacity: the most `users`, the highest rate or the most connections that keep the conditions of --keep")
	flags.StringArrayVar(&f.keep, "keep", nil, "the `conditions` to keep, such as p95<300ms,error_rate<1% (repeatable; default "+defaultKeep+")")
	optional(f, "find-from", flagOf(flags, numberForm, "find-from", "", 0, "the first `load`: users, requests a second or connections (default 10, or 100 requests a second)"), &s.From)
	optional(f, "find-to", flagOf(flags, numberForm, "find-to", "", 0, "the greatest `load` that may be asked for (default 10k, or 1M requests a second)"), &s.To)
	optional(f, "find-factor", flagOf(flags, numberForm, "find-factor", "", 0, "the `factor` from one step to the next, until one breaks the conditions (default 2)"), &s.Factor)
	optional(f, "step", flagOf(flags, durationForm, "step", "", 0, "`time` to measure each step (default 30s)"), &s.Step)
}

// readConditions reads what a search keeps. A rate is kept only where it was achieved.
func (f *loadFlags) readConditions() error {
	of := f.load.Find.Of
	if of == "" {
		if len(f.keep) > 0 {
			return errors.New("--keep is for a search: say with --find what changes from step to step, or give a --threshold for one load")
		}
		return nil
	}
	var errs []error
	for _, one := range []struct {
		flag  string
		given bool
	}{{"--threshold", len(f.thresholds) > 0}, {"--percentiles", len(f.percentiles) > 0}, {"--hgrm", f.hgrm != ""}, {"--output", len(f.outputs) > 0}, {"--format " + f.format, f.format != formatText && f.format != formatJSON}} {
		if one.given {
			errs = append(errs, fmt.Errorf("%s is for one load, and --find makes several: leave it out; --keep has the conditions of a search", one.flag))
		}
	}
	texts := f.keep
	if len(texts) == 0 {
		texts = []string{defaultKeep}
	}
	var err error
	if f.conditions, err = summary.ParseThresholds(strings.Split(strings.Join(texts, ","), ",")); err != nil {
		errs = append(errs, fmt.Errorf("--keep: %w", err))
	}
	achieved := slices.ContainsFunc(f.conditions, func(b metric.Bound) bool { return b.Metric == metric.Achieved })
	switch {
	case achieved && of != results.SoughtRate:
		errs = append(errs, fmt.Errorf("--keep achieved with --find %s: only --find rate has a rate to achieve", of))
	case !achieved && of == results.SoughtRate:
		limit := results.DefaultThresholds().KeptRate
		f.conditions = append(f.conditions, metric.Bound{Condition: metric.Condition{Metric: metric.Achieved, Op: metric.AtLeast, Limit: limit}})
	}
	return errors.Join(errs...)
}

// capacity is a search for the capacity in progress.
type capacity struct {
	*app
	*aim
	flags  *adhoc.Flags
	keep   []metric.Bound
	quiet  bool
	loader loaders.Loader
	search *find.Search
	found  summary.Capacity
	// told is called with each step when it has ended.
	told func(*summary.CapacityStep)
}

// findCapacity makes the loads of a search, one after the other, and prints the answer.
func (a *app) findCapacity(ctx context.Context, flags *pflag.FlagSet, urls []string, f *loadFlags) error {
	n := 0
	s, err := a.searchCapacity(ctx, flags, urls, f, func(step *summary.CapacityStep) {
		if n++; f.quiet {
			return
		}
		a.say("step %d: %s", n, step)
	})
	if s == nil {
		return err
	}
	return errors.Join(s.print(ctx, f.format), err)
}

// searchCapacity makes the loads of a search whose conditions have been read. told is
// called with each step when it has ended. The search is nil where nothing was found; the
// error is that of the first step, or of what came after the last.
func (a *app) searchCapacity(ctx context.Context, flags *pflag.FlagSet, urls []string, f *loadFlags, told func(*summary.CapacityStep)) (*capacity, error) {
	l, err := a.aimAt(ctx, flags, urls, f)
	if err != nil {
		return nil, err
	}
	chosen, err := engine.Choose(l.spec)
	if err != nil {
		return nil, session.Usage(err)
	}
	s := &capacity{app: a, aim: l, flags: &f.load, keep: f.conditions, quiet: f.quiet, loader: chosen, told: told}
	s.begin()
	if err := s.room(); err != nil {
		return nil, err
	}
	share, err := a.opener.Share(ctx, f.anyway)
	if err != nil {
		return nil, err
	}
	a.stopping.Store(draining)
	err = s.run(ctx)
	neighbours, leaveErr := share.Leave()
	if err != nil {
		return nil, errors.Join(err, leaveErr)
	}
	s.found.Neighbours = neighbours
	return s, leaveErr
}

// begin makes the search of the flags.
func (s *capacity) begin() {
	of := &s.flags.Find
	from, to, factor := of.Bounds()
	s.search = find.New(find.Settings{Of: of.Of, From: from, To: to, Factor: factor})
	s.found = summary.Capacity{
		Schema: results.Schema, Find: of.Of, From: of.Of.Level(from), To: of.Of.Level(to), Factor: factor,
		StepNS: of.StepTime().Nanoseconds(), Version: Version, Threads: s.spec.Threads, Seed: s.spec.Seed,
	}
	for _, b := range s.keep {
		s.found.Keep = append(s.found.Keep, b.String())
	}
}

// room makes room for the connections of the greatest load.
func (s *capacity) room() error {
	_, to, _ := s.flags.Find.Bounds()
	if most := s.flags.At(to); most.Connections != nil && s.flags.Connections == nil {
		return room("--find-to", *most.Connections)
	}
	return room("-c", s.spec.Connections)
}

// run makes the steps until the search ends. The error of the first one is that of the
// search: nothing was found.
func (s *capacity) run(ctx context.Context) error {
	for {
		step, ok := s.search.Next()
		if !ok {
			s.found.Conclude(s.search.Answer())
			return nil
		}
		row, err := s.step(ctx, step)
		switch {
		case err != nil && len(s.found.Steps) == 0:
			return s.explain(err)
		case err != nil && ctx.Err() != nil:
			s.end(results.EndInterrupted)
			return nil
		case err != nil:
			row.Outcome, row.Why = metric.NotMeasured, s.explain(err).Error()
			s.add(row)
			s.end(results.EndGone)
			return nil
		}
		s.add(row)
		if row.Outcome == "" {
			s.end(results.EndInterrupted)
			return nil
		}
		s.search.Note(row.Outcome)
	}
}

// add adds a step that has ended.
func (s *capacity) add(row summary.CapacityStep) {
	s.found.Steps = append(s.found.Steps, row)
	s.told(&row)
}

// end ends the search before its own end, with the answer so far.
func (s *capacity) end(why results.CapacityEnd) {
	answer := s.search.Answer()
	answer.End = why
	s.found.Conclude(answer)
}

// step makes the load of one step and judges it. Its outcome is empty where the load was
// interrupted.
func (s *capacity) step(ctx context.Context, step find.Step) (summary.CapacityStep, error) {
	at := s.flags.Find.Of.Level(step.At)
	row := summary.CapacityStep{Level: at, Stage: step.Stage, Again: step.Again}
	spec, err := s.aim.at(s.flags.At(step.At))
	if err != nil {
		return row, err
	}
	now := *s.aim
	now.spec = spec
	now.abortBy(s.aborts)
	report, err := s.drive(ctx, s.loader, &now, s.quiet)
	if err != nil {
		return row, err
	}
	s.found.Loader, s.found.Threads = report.Loader, report.Threads
	row, err = summary.NewCapacityStep(at, step.Stage, step.Again, &report, s.keep)
	if report.Interrupted && report.Aborted == nil {
		row.Outcome, row.Why = "", ""
	}
	return row, err
}

// print prints the search, which decides the exit code.
func (s *capacity) print(ctx context.Context, format string) error {
	var err error
	if format == formatJSON {
		err = s.found.WriteJSON(s.stdout)
	} else {
		err = s.found.WriteText(s.stdout, s.title, columns(s.stdout))
	}
	if err != nil {
		return err
	}
	code := s.exitCode(ctx)
	if format == formatJSON && code != ExitOK && !s.quiet {
		s.say("joust: %s", s.found.Text)
	}
	if code == ExitOK {
		return nil
	}
	return exit(code)
}

// exitCode is that of the answer.
func (s *capacity) exitCode(ctx context.Context) int {
	answer, steps := s.found.Answer, s.found.Steps
	switch {
	case ctx.Err() != nil || answer.End == results.EndInterrupted:
		return ExitInterrupted
	case answer.End == results.EndGone:
		return ExitVoid
	case answer.Confirmed:
		return ExitOK
	case answer.End == results.EndFirst && steps[len(steps)-1].Outcome != metric.NotTold:
		return ExitWrong
	}
	return ExitUsage
}
