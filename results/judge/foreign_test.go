package judge

import (
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
)

// Foreign loaders are judged by CPU shares, and by whether they kept their lowest
// rate; figures that they do not report void nothing.
func TestForeignLoaders(t *testing.T) {
	t.Parallel()
	share := func(x float64) *float64 { return &x }
	for name, c := range map[string]struct {
		open           bool
		us, ul         float64
		achieved       uint64
		lowest         *float64
		limit          results.Bottleneck
		valid          bool
		saturated      bool
		reason, saying string
	}{
		"closed, the server is full": {us: 0.99, ul: 0.5, limit: results.LimitServer, valid: true, reason: "shares", saying: "busiest loader thread ran 50.0 %"},
		"closed, the loader is full": {us: 0.5, ul: 0.99, limit: results.LimitLoader, valid: true, reason: "shares"},
		"closed, nothing is full":    {us: 0.85, ul: 0.85, limit: results.LimitUnknown, valid: true, reason: "shares"},
		"open, kept":                 {open: true, us: 0.5, ul: 0.5, achieved: 1000, valid: true},
		"open, the server is full":   {open: true, us: 0.99, ul: 0.5, achieved: 800, limit: results.LimitServer, valid: true, saturated: true, reason: "fell-behind"},
		"open, the loader is full":   {open: true, us: 0.5, ul: 0.9, achieved: 800, reason: "loader-behind"},
		"open, it can pace":          {open: true, us: 0.92, ul: 0.5, achieved: 800, lowest: share(1), limit: results.LimitServer, valid: true, saturated: true, reason: "fell-behind", saying: "kept the lowest rate"},
		"open, it cannot":            {open: true, us: 0.92, ul: 0.5, achieved: 800, lowest: share(0.8), limit: results.LimitUnknown, valid: true, reason: "fell-behind", saying: "at the lowest rate it answered 80.0 %"},
		"open, who knows":            {open: true, us: 0.5, ul: 0.5, achieved: 800, lowest: share(1), limit: results.LimitUnknown, valid: true, reason: "fell-behind"},
	} {
		p := results.Phase{
			Loop: results.ClosedLoop, T1NS: 1e9, Total: results.Group{Completed: 1000},
			Unknown: []string{"completed_first_half", "min_connections_open"},
		}
		if c.open {
			p.Loop, p.Rate = results.OpenLoop, &results.RateReport{TargetRPS: 1000, Offered: 1000, Achieved: c.achieved}
		}
		v := Phase(Evidence{Limits: results.DefaultThresholds(),
			Loader: &p, LowestKept: c.lowest,
			Report:   &results.Report{ConnectionsAsked: 64, Depth: 1, Unknown: []string{"connections_open"}, Foreign: &results.Foreign{Tool: "wrk"}},
			Measured: &results.TrialPhase{ServerCPUBusy: &c.us, Loader: &results.Usage{BusiestThread: &c.ul}},
		})
		if v.Bottleneck != c.limit || v.Valid != c.valid || v.Has(results.FlagSaturated) != c.saturated {
			t.Errorf("%s: %+v", name, v)
		}
		if c.reason != "" && (len(v.Reasons) == 0 || v.Reasons[0].Code != c.reason || !strings.Contains(v.Reasons[0].Text, c.saying)) {
			t.Errorf("%s: reasons %+v, want %s with %q", name, v.Reasons, c.reason, c.saying)
		}
	}
}
