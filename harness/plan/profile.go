package plan

import (
	"time"

	"github.com/joust-bench/joust/harness/profile"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/suggest"
)

// ProfileWindow is the length of the closed loop whose server is profiled.
const ProfileWindow = 3 * time.Second

// profileSetting asks for profiles. perf is a kind of its own, so the flag of other
// harnesses that names the tool has the same meaning.
var profileSetting = plain(Setting{
	Key: "profile", Flag: "profile", Form: "string", Where: InPlan, OneOf: suggest.Texts(profile.Kinds()...),
	Help: "add a trial of each cell, outside all tables, whose server is profiled, by its own runtime (cpu, heap, allocs, mutex, trace) or by perf",
}, opt[string]{}, oneOf("profile", suggest.Texts(profile.Kinds()...)))

// profiled fills in the plan's profile, and the reason of each entry that cannot have
// one.
func (r *resolver) profiled(p *results.Plan) {
	asked := profileSetting.in(r.flags, r.doc.layer)
	if p.Profile = asked.val; p.Profile == "" {
		return
	}
	possible := false
	for i := range p.Entries {
		e := &p.Entries[i]
		s := r.cat.Server(e.Server)
		switch {
		case Placebo(*p, i) != "":
			e.NoProfile = "it is a copy for the A/A line"
		case e.Isolation == results.IsolationContainer:
			e.NoProfile = "its processes are those of a container"
		case s.Attached:
			e.NoProfile = "joust did not start it"
		default:
			e.Profiler = s.Profiler
			e.NoProfile = profile.Impossible(profile.Kind(p.Profile), profile.Runtime(s.Profiler))
		}
		if e.NoProfile != "" && Placebo(*p, i) == "" {
			r.warn(e.As + " gets no profile: " + e.NoProfile)
		}
		possible = possible || e.NoProfile == ""
	}
	r.problems.when(!possible && len(p.Entries) > 0, asked.at, "no server of the plan can have a %s profile", p.Profile)
}

// profiles returns the trials whose servers are profiled: one of each entry in each table.
func profiles(p results.Plan, runnable func(results.PlanEntry, results.PlanTable) bool) []Trial {
	if p.Profile == "" {
		return nil
	}
	var list []Trial
	for _, t := range p.Tables {
		if !t.Closed {
			continue
		}
		for _, e := range runnableEntries(p, t, runnable) {
			if e.NoProfile == "" {
				list = append(list, Trial{Kind: results.TrialProfile, Entry: e, Table: profileTable(t), Repetition: 1})
			}
		}
	}
	return list
}

// profileTable returns the table with a warm-up and one closed loop.
func profileTable(t results.PlanTable) results.PlanTable {
	return results.PlanTable{
		Scenario: t.Scenario, Protocol: t.Protocol, Clients: t.Clients, Trials: 1,
		WarmupNS: t.WarmupNS, Closed: true, ClosedDurationNS: ProfileWindow.Nanoseconds(),
	}
}
