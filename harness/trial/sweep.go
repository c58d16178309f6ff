package trial

import (
	"context"
	"errors"
	"fmt"

	"github.com/joust-bench/joust/harness/knee"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
)

// chooseClients sets the ladder's number of clients: the candidate's or the best.
func (a *attempt) chooseClients(ctx context.Context, result *results.Trial) error {
	table := &a.Trial.Table
	if a.Trial.Kind == results.TrialConfirm {
		table.Clients = a.Candidate.Clients
	}
	if table.Sweep == nil {
		return nil
	}
	if err := a.sweep(ctx, result); err != nil {
		return err
	}
	best := knee.Best(pointRates(result.Sweep))
	if best < 0 {
		return fmt.Errorf("no number of clients gave a valid closed loop; %d clients: %s", result.Sweep[0].Clients, result.Sweep[0].Seen.Verdict.Why())
	}
	table.Clients = result.Sweep[best].Clients
	// The ladder's memory peak must not be that of the sweep.
	a.resetPeak()
	return nil
}

// sweep warms the server up and meets it with each number of clients in turn.
func (a *attempt) sweep(ctx context.Context, result *results.Trial) error {
	table := a.Trial.Table
	if table.WarmupNS > 0 {
		warm := a.Trial
		warm.Table = plan.WarmupTable(table)
		report, err := a.load(warm).drive(ctx)
		if err != nil {
			return fmt.Errorf("warming up for the sweep: %w", err)
		}
		result.MeasuredNS += measuredTime(&report)
	}
	for _, n := range table.Sweep.Clients {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if table.Sweep.Auto && !knee.Grows(pointRates(result.Sweep)) {
			return nil
		}
		point, err := a.point(ctx, n)
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

// point measures one number of clients. A load that fails voids the point; the
// error ends the trial.
func (a *attempt) point(ctx context.Context, clients int) (results.SweepPoint, error) {
	t := a.Trial
	t.Table = plan.SweepTable(t.Table, clients)
	point := results.SweepPoint{Clients: clients, Seen: results.TrialPhase{Name: results.PhaseClosed}}
	l := a.load(t)
	report, err := l.drive(ctx)
	switch {
	case l.interrupted, a.on.Ended():
		return point, errors.Join(errors.New("the load was cut short"), err)
	case err != nil:
		point.Seen.Verdict = judge.Void("no-load", err.Error())
		return point, nil
	}
	point.Report = &report
	if phases := l.judged(&report); len(phases) == 1 {
		point.Seen = phases[0]
	}
	return point, nil
}

// pointRates returns the throughputs of the points in req/s, 0 for void points.
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
