package plan

import (
	"slices"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// takeLoader sets the foreign tool that makes the load, if the plan names one.
func (r *resolver) takeLoader(p *results.Plan) {
	asked := loaderSetting.in(r.flags, r.doc.layer)
	tool, err := external.Lookup(asked.val)
	if !asked.set || err != nil {
		return // joust's own
	}
	r.tool, p.Loader = &tool, tool.Name
	if r.cat.Loader != nil {
		why := r.cat.Loader(tool.Name)
		r.problems.when(why != "", asked.at, "the loader %s cannot be used here: %s", tool.Name, why)
	}
}

// loopOfTool returns the only loop that the tool makes, with a warning about the
// others. A plan that asks for others alone has a problem.
func (r *resolver) loopOfTool(loops []string, asked opt[[]name]) []string {
	if r.tool == nil {
		return loops
	}
	own := string(r.tool.Loop)
	if asked.set && !hasName(asked.val, own) {
		r.problems.add(asked.at, "%s makes %s loops only; ask for that one, or take another loader", r.tool.Name, own)
		return nil
	}
	for _, other := range loops {
		if other != own {
			r.warn("the " + other + " loop is left out: " + r.tool.Name + " makes " + own + " loops only")
		}
	}
	return []string{own}
}

// fitTool fits a table to the tool: it warns of a row that the tool cannot express,
// and rounds windows to whole seconds, since the tools accept no other.
func (r *resolver) fitTool(t *results.PlanTable, s spec) {
	if r.tool == nil {
		return
	}
	if t.NotExpressible = r.tool.WhyNot(s.row, scenarios.Protocol(t.Protocol)); t.NotExpressible != "" {
		r.warn(t.Scenario + " is not expressible: " + t.NotExpressible)
	}
	for _, d := range []*int64{&t.WarmupNS, &t.ClosedDurationNS, &t.OpenDurationNS} {
		if second := time.Second.Nanoseconds(); *d%second != 0 {
			*d = (*d/second + 1) * second
			r.warn("windows are rounded up to whole seconds for " + r.tool.Name)
		}
	}
	rates := ratesSetting.in(r.layers(s)...)
	t.Rates = slices.DeleteFunc(t.Rates, func(x results.PlanRate) bool {
		if x.Kind != results.RateCommon {
			return false
		}
		r.problems.when(rates.set, rates.at, "%s has no closed loop to find a common rate with; give rates such as 20000, or shares of peaks that an earlier run found (--peaks RUN)", r.tool.Name)
		return true
	})
}

// checkTool refuses settings that no foreign loader has.
func (r *resolver) checkTool(t *results.PlanTable) {
	if r.tool == nil {
		return
	}
	tool, layers := r.tool.Name, r.layers(r.specOf(t))
	r.problems.when(t.Objective != nil, objectiveSetting.in(layers...).at, "the search for the highest rate is joust's own loader's; leave it out with %s", tool)
	schedule := scheduleSetting.in(layers...)
	r.problems.when(t.Schedule != "" && schedule.set && schedule.val.law != loaders.Constant, schedule.at,
		"%s keeps a constant rate, and no schedule of %s; leave it out, or take joust's own loader", tool, schedule.val)
	n := loadersSetting.in(r.flags, r.doc.layer)
	r.problems.when(n.val > 1, n.at, "%s makes its load alone; leave loaders out, or take joust's own loader", tool)
	rates := ratesSetting.in(r.flags)
	r.problems.when(r.tool.Loop == results.ClosedLoop && rates.set, rates.at, "rates are for open loops, and %s makes closed loops only", tool)
}
