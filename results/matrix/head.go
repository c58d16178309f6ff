package matrix

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
	"github.com/joust-bench/joust/results/table"
)

// head writes title, state, the sentences about who is ahead, and where the page
// comes from.
func (v *view) head(p *page, title string, sentences []string) {
	p.line("# %s", title)
	if s := v.state(); s != "" {
		p.line("\n**%s**", escape(s))
	}
	if len(sentences) > 0 {
		p.line("")
		p.items(each(sentences, escape))
	}
	p.line("\nMeasured %s by joust %s, run %s.", v.Run.Started.UTC().Format("2006-01-02 15:04 UTC"), escape(build(v.Run.Joust)), escape(v.Run.ID))
	p.line("\nLoader: %s.", escape(v.loader()))
	for _, w := range v.Run.Warnings {
		p.line("\nWarning: %s", escape(w))
	}
}

// state says that a run is not complete; it is empty for one that is.
func (v *view) state() string {
	block, blocks := 0, 0
	for _, t := range v.Run.Plan.Tables {
		blocks = max(blocks, t.Trials)
	}
	for i := range v.Run.Trials {
		block = max(block, v.Run.Trials[i].Block)
	}
	of := fmt.Sprintf(" of %d", blocks)
	if v.Run.Duel != nil {
		of = "" // a duel's plan is one block, which is repeated until the answer is known
	}
	switch v.Run.State {
	case results.RunComplete:
		return ""
	case results.RunInterrupted:
		return fmt.Sprintf("INTERRUPTED in block %d%s: these are partial results.", max(block, 1), of)
	}
	if block == 0 {
		return fmt.Sprintf("Not complete: no block%s is measured yet.", of)
	}
	return fmt.Sprintf("Not complete: refreshed in block %d%s (the run goes on, or was killed).", block, of)
}

func build(b results.Build) string {
	out := b.Version + " (revision " + cmp.Or(b.Revision, "unknown")
	if b.Dirty != nil && *b.Dirty {
		out += ", dirty: the sources differed from it"
	}
	return out + ")"
}

// method writes how the run was measured, how to repeat it, and on which machine.
func (v *view) method(p *page) {
	plan := v.Run.Plan
	p.list("## How this was measured", "", []string{
		"Each trial is a fresh server process" + v.ranAlready() + ": every request checked byte for byte once, warm-up, then the windows below. A cell is the median over trials.",
		v.order() + v.repeats() + v.warmups(),
		fmt.Sprintf("Request timeout %s; after a window what is in flight is awaited for at most %s; tolerated share of failed requests %s.",
			duration(plan.RequestTimeoutNS), duration(plan.DrainNS), strconv.FormatFloat(plan.ErrorTolerance, 'g', -1, 64)),
	})
	p.line("")
	p.WriteString(v.ladders().Markdown())
	p.line("\n## How to reproduce\n\n```\n%s\n```\n", command(v.Run.CommandLine))
	p.line("The order of trials and every random choice follow from seed %d (`--seed %d`).", plan.Seed, plan.Seed)
	p.list("## Machine", "", v.machine())
	p.section("## Servers", "", v.versions())
}

// ranAlready names the servers that were not started.
func (v *view) ranAlready() string {
	var names []string
	for _, s := range v.Run.Servers {
		if s.URL != "" {
			names = append(names, s.Name)
		}
	}
	return enclose(", save of ", strings.Join(names, ", "), ", which ran already")
}

// order describes the order of the trials.
func (v *view) order() string {
	if v.Run.Duel != nil {
		return "A duel: trials run in pairs, in the order A B, B A, until the question is answered or the budget is spent."
	}
	return fmt.Sprintf("Trials run in blocks, each shuffled anew with seed %d.", v.Run.Plan.Seed)
}

// repeats counts the trials that were done again.
func (v *view) repeats() string {
	n := 0
	for i := range v.Run.Trials {
		if v.Run.Trials[i].State == results.TrialRepeated {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" %s done again because of the machine's disturbance; the disturbed ones are stored and count for nothing.", results.Counted(n, "trial"))
}

// warmups says how long the warm-ups of the trials that count were, and how
// many of them ended with a steady server; empty where all were of fixed length.
func (v *view) warmups() string {
	var seconds []float64
	steady, within := 0, 0.0
	for _, p := range loadsOf(v.counted()) {
		if p.Name != results.PhaseWarmup || p.Steadiness == nil {
			continue
		}
		seconds = append(seconds, float64(p.WindowNS())/1e9)
		within = p.Steadiness.WithinPerSecond
		if p.Steadiness.Reached {
			steady++
		}
	}
	if len(seconds) == 0 {
		return ""
	}
	return fmt.Sprintf(" Warm-ups took %.1f to %.1f s, %.1f s in the median: %d of %d ended steady (throughput changed by at most %s %% over the last second), the others at their server's cap.",
		slices.Min(seconds), slices.Max(seconds), stats.Median(seconds).Value, steady, len(seconds), strconv.FormatFloat(within*100, 'g', 3, 64))
}

// stolen says which share of the windows that count the hypervisor took; empty
// below 0.5 %, and where it is not known.
func (v *view) stolen() string {
	var shares []float64
	for _, p := range phasesOf(v.counted(), isAny) {
		if p.StealShare != nil {
			shares = append(shares, *p.StealShare)
		}
	}
	if len(shares) == 0 || slices.Max(shares) < 0.005 {
		return ""
	}
	return fmt.Sprintf("Stolen by the hypervisor: %.1f %% of the CPUs' time in the median window, %.1f %% in the worst: a limit to what these numbers can show",
		stats.Median(shares).Value*100, slices.Max(shares)*100)
}

// mostOrchestrator is the share of a core that joust itself may take in a window,
// 0 to 1.
const mostOrchestrator = 0.005

// orchestrator says which share of a core joust itself took, and in how many
// windows that was too much; empty where it was not measured.
func (v *view) orchestrator() string {
	var shares []float64
	for i := range v.Run.Trials {
		for _, p := range v.Run.Trials[i].Phases {
			if p.OrchestratorCPUNS != nil && p.Loader != nil {
				shares = append(shares, float64(*p.OrchestratorCPUNS)/float64(max(1, p.Loader.AskedT1NS-p.Loader.AskedT0NS)))
			}
		}
	}
	if len(shares) == 0 {
		return ""
	}
	out := fmt.Sprintf("joust itself, on the loader's CPUs: %.2f %% of a core in the median window, %.2f %% in the worst", stats.Median(shares).Value*100, slices.Max(shares)*100)
	within := func(x float64) bool { return x <= mostOrchestrator }
	if over := slices.DeleteFunc(slices.Clone(shares), within); len(over) > 0 {
		return fmt.Sprintf("%s; MORE THAN the allowed %.1f %% in %d of %s, in which it slowed the loader", out, mostOrchestrator*100, len(over), results.Counted(len(shares), "window"))
	}
	return fmt.Sprintf("%s; at most %.1f %% is allowed", out, mostOrchestrator*100)
}

// ladders returns the table of the plan's ladders.
func (v *view) ladders() *table.Table {
	out := &table.Table{Head: []string{"scenario", "protocol", "clients", "depth", "trials", "warm-up", "closed window", "open rates", "open window", "schedule"}, Left: 2}
	for _, t := range v.Run.Plan.Tables {
		closed, open := "none", "none"
		if t.Closed {
			closed = duration(t.ClosedDurationNS)
			if t.MinCompletions > 0 {
				closed += fmt.Sprintf(" or %d completions, at most %s", t.MinCompletions, duration(t.MaxDurationNS))
			}
		}
		if len(t.Rates) > 0 {
			open = duration(t.OpenDurationNS)
		}
		steps := each(t.Rates, func(r results.PlanRate) string { return strings.TrimPrefix(r.PhaseName(), "open ") })
		out.Add(t.Scenario, t.Protocol, clientsOf(t), strconv.Itoa(max(v.Row(t).Depth, 1)), strconv.Itoa(t.Trials),
			duration(t.WarmupNS), closed, cmp.Or(strings.Join(steps, ", "), "none"), open, cmp.Or(t.Arrivals(), "none"))
	}
	return out
}

// machine describes the machine, its split and the servers' surroundings.
func (v *view) machine() []string {
	h, c := v.Run.Host, v.Run.CPUs
	items := []string{
		fmt.Sprintf("CPU: %s, %s%s", cmp.Or(h.CPUModel, "unknown model"), results.Counted(h.CPUs, "processor"), enclose("; ", h.Topology, "")),
		fmt.Sprintf("Split: server on %s, loader on %s%s%s", processors(c.Server), processors(c.Loader), splitNote(c), enclose("; ", c.Note, "")),
		fmt.Sprintf("System: %s, kernel %s%s%s", cmp.Or(h.Distribution, h.OS), cmp.Or(h.Kernel, "unknown"), enclose("; virtualised: ", h.Virtualization, ""), enclose("; cgroup ", h.Cgroup, "")),
		"Go: " + cmp.Or(v.Run.Joust.Go, "unknown"),
		v.stolen(), v.orchestrator(),
	}
	if h.MemoryBytes > 0 {
		items = append(items, fmt.Sprintf("Memory: %s MiB", memory().text(float64(h.MemoryBytes))))
	}
	items = append(items, enclose("Governor: ", h.Governor, ""), enclose("Turbo: ", h.Turbo, ""), enclose("Battery: ", h.Battery, ""))
	if h.LoopbackMTU > 0 {
		items = append(items, fmt.Sprintf("Loopback MTU: %d", h.LoopbackMTU))
	}
	items = append(items, pairs(h.Sysctls), pairs(h.Limits))
	return present(slices.Concat(items, v.surroundings(), examination(v.Run.Findings))...)
}

// examination returns the problems that the machine's examination before the
// run found, or the number of facts that are ok.
func examination(findings []results.Finding) []string {
	var out []string
	known := 0
	for _, f := range findings {
		if f.State == results.StateWarn || f.State == results.StateFail {
			out = append(out, fmt.Sprintf("Examined, %s: %s: %s; %s", f.State, f.Check, f.Fact, f.Why))
		}
		if f.State != results.StateUnknown {
			known++
		}
	}
	if known > 0 && len(out) == 0 {
		out = append(out, fmt.Sprintf("Examined: all of %s are ok", results.Counted(known, "fact")))
	}
	return out
}

func splitNote(c results.CPUSplit) string {
	switch {
	case c.Shared:
		return " (SHARED: server and loader cannot be kept apart)"
	case !c.Pinned:
		return " (not pinned)"
	}
	return ""
}

func processors(list []int) string {
	if len(list) == 0 {
		return "any processor"
	}
	return "CPU " + strings.Join(each(list, strconv.Itoa), ", ")
}

// versions returns the table of the servers that were started.
func (v *view) versions() *table.Table {
	out := &table.Table{Head: []string{"server", "what it is", "language", "versions"}, Left: 4}
	for _, s := range v.Run.Servers {
		what := s.Title + enclose(" (A/A copy of ", s.PlaceboOf, ")") + isolation(s)
		versions := cmp.Or(pairs(s.Versions), "unknown")
		if s.Unavailable != "" {
			versions = v.drawing.Absent(cells.NotInstalled)
		}
		out.Add(s.Name, what, s.Language, versions)
	}
	return out
}

// isolation describes a server's container; empty where there is none.
func isolation(s results.Server) string {
	switch {
	case s.Isolation != results.IsolationContainer:
		return ""
	case s.Network == results.NetworkPublished:
		return ", in a container whose port is published over a bridge, which costs 5 to 20 %"
	}
	return ", in a container on the machine's own network"
}

func pairs(m map[string]string) string {
	return strings.Join(each(slices.Sorted(maps.Keys(m)), func(k string) string { return k + " " + m[k] }), ", ")
}

// command returns a command line in one line that a shell understands.
func command(argv []string) string {
	if len(argv) == 0 {
		return "joust run"
	}
	return strings.Join(each(argv, func(a string) string {
		if a != "" && strings.Trim(a, plain) == "" {
			return a
		}
		return "'" + strings.ReplaceAll(table.OneLine(a), "'", `'\''`) + "'"
	}), " ")
}

// plain holds the characters that need no quotes in a shell.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,:=%+@"
