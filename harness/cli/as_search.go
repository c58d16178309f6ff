package cli

import (
	"context"
	"errors"

	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/loaders/dialect"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/summary"
)

// searchAs makes the loads of a search that the line asks for, and prints the answer in
// the tool's format.
func (a *app) searchAs(ctx context.Context, flags *pflag.FlagSet, line *dialect.Line, f *loadFlags) error {
	s, err := a.searchCapacity(ctx, flags, flags.Args(), f, func(step *summary.CapacityStep) { a.say("%s", step) })
	if s == nil {
		return err
	}
	var steps []dialect.Step
	for i := range s.found.Steps {
		steps = append(steps, stepAs(&s.found.Steps[i]))
	}
	most := 0
	if kept := s.found.Answer.Kept; kept != nil {
		most = kept.Users
	}
	a.say("joust: %s", s.found.Text)
	return errors.Join(a.put(line.PrintSearch(steps, most)), err)
}

// stepAs returns a step in the words of the dialects.
func stepAs(s *summary.CapacityStep) dialect.Step {
	step := dialect.Step{
		Users: s.Users, RPS: s.ThroughputRPS, Requests: s.Requests + s.Errors, Errors: s.Errors, Kept: s.Outcome == metric.Kept,
	}
	if s.ErrorRate != nil {
		step.ErrorRate = *s.ErrorRate * 100
	}
	if l := s.Latency; l != nil {
		seconds := func(n metric.Name) float64 { return float64(l.PercentilesNS[n]) / 1e9 }
		step.P50, step.P95, step.P99 = seconds(metric.P50), seconds(metric.P95), seconds(metric.P99)
	}
	return step
}
