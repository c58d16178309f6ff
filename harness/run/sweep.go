package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/joust-bench/joust/harness/knee"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
	"github.com/joust-bench/joust/scenarios"
)

// chooseClients is the trial with the number of clients of its ladder: that of
// the rate it confirms, or the best of its sweep, which is measured here.
func (r *Runner) chooseClients(ctx context.Context, t plan.Trial, row *scenarios.Scenario, s *launch.Server, result *results.Trial) (plan.Trial, error) {
	if t.Kind == results.TrialConfirm {
		t.Table.Clients = r.found[keyOf(t)].clients
	}
	if t.Table.Sweep == nil {
		return t, nil
	}
	if err := r.sweep(ctx, t, row, s, result); err != nil {
		return t, err
	}
	best := knee.Best(pointRates(result.Sweep))
	if best < 0 {
		return t, fmt.Errorf("no number of clients gave a valid closed loop; %d clients: %s", result.Sweep[0].Clients, result.Sweep[0].Seen.Verdict.Why())
	}
	t.Table.Clients = result.Sweep[best].Clients
	// The memory of the ladder is not that of the most clients.
	if s.Handle != nil {
		if err := s.Handle.ResetPeak(); err != nil {
			return t, fmt.Errorf("resetting the server's memory peak after the sweep: %w", err)
		}
	}
	return t, nil
}

// sweep warms the server up and meets it with each number of clients in turn.
func (r *Runner) sweep(ctx context.Context, t plan.Trial, row *scenarios.Scenario, s *launch.Server, result *results.Trial) error {
	if t.Table.WarmupNS > 0 {
		warm := t
		warm.Table = plan.WarmupTable(t.Table)
		report, err := r.steer(warm, row, s).drive(ctx)
		if err != nil {
			return fmt.Errorf("warming up for the sweep: %w", err)
		}
		result.MeasuredNS += measuredTime(&report)
	}
	for _, n := range t.Table.Sweep.Clients {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if t.Table.Sweep.Auto && !knee.Grows(pointRates(result.Sweep)) {
			return nil
		}
		point, err := r.point(ctx, t, row, s, n)
		if err != nil {
			return fmt.Errorf("%d clients: %w", n, err)
		}
		result.Sweep = append(result.Sweep, point)
		if point.Report != nil {
			result.MeasuredNS += measuredTime(point.Report)
		}
	}
	return nil
}

// point measures one number of clients. A load that cannot be made voids the
// point; the error ends the trial.
func (r *Runner) point(ctx context.Context, t plan.Trial, row *scenarios.Scenario, s *launch.Server, clients int) (results.SweepPoint, error) {
	t.Table = plan.SweepTable(t.Table, clients)
	point := results.SweepPoint{Clients: clients, Seen: results.TrialPhase{Name: results.PhaseClosed}}
	steer := r.steer(t, row, s)
	report, err := steer.drive(ctx)
	switch {
	case steer.cut, s.Ended():
		return point, errors.Join(errors.New("the load was cut short"), err)
	case err != nil:
		point.Seen.Verdict = judge.Void("no-load", err.Error())
		return point, nil
	}
	point.Report = &report
	if phases := steer.judged(&report); len(phases) == 1 {
		point.Seen = phases[0]
	}
	return point, steer.failure()
}

// pointRates are the throughputs of the points in req/s, 0 where one is void.
func pointRates(points []results.SweepPoint) []float64 {
	rates := make([]float64, len(points))
	for i := range points {
		if p := &points[i]; p.Seen.Verdict.Valid && p.Report != nil {
			if closed := p.Report.Phase(results.PhaseClosed); closed != nil {
				rates[i] = closed.ThroughputRPS()
			}
		}
	}
	return rates
}
