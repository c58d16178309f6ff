// Package plan turns a plan file and flags into a checked results.Plan, and a
// results.Plan into the seeded list of trials with its planned time. It is
// pure: no clock, no processes, no network. What it must know of the world is
// handed to it in a Catalogue.
package plan

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/joust-bench/joust/harness/surroundings"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/results"
)

// Resolve checks a plan as a whole, before anything is started, and fills in
// what it leaves open. File is the plan's name as the user gave it and data its
// content; both are empty for a plan made of flags alone. The warnings are for
// the user, in order. The error is an *Error that holds every problem.
func Resolve(file string, data []byte, o Overrides, c Catalogue) (results.Plan, []string, error) {
	r := &resolver{cat: &c, peaks: o.Peaks, attached: o.Attached}
	if file != "" || data != nil {
		r.doc = readFile(file, data, &r.problems)
	}
	r.flags = readFlags(o, c.lookupEnv, &r.problems)
	r.doc.threads = r.flags.threads.or(r.doc.threads)
	p := r.plan(file)
	r.takeLoader(&p)
	p.Entries = r.entries()
	p.Baseline = r.baseline(o.Baseline, p)
	p.Tables = r.tables()
	r.checkTogether(&p)
	if err := r.problems.err(); err != nil {
		return results.Plan{}, nil, err
	}
	r.warnUnmeasured(p)
	repeatBudget := DefaultRepeatBudget
	if o.RepeatBudget != nil {
		repeatBudget = *o.RepeatBudget
	}
	planned, atMost := Planned(p, c, repeatBudget)
	p.PlannedNS, p.AtMostNS = planned.Nanoseconds(), atMost.Nanoseconds()
	return p, r.warnings, nil
}

// resolver holds a plan while it is being resolved.
type resolver struct {
	cat      *Catalogue
	doc      document
	flags    flags
	peaks    map[PeakKey]float64
	attached []string
	problems problems
	warnings []string
	// specs are the tables before their settings are merged.
	specs []spec
	// left are rows that lost a mode or a protocol, for one warning each.
	left map[string][]string
	// tool makes the load; nil for joust's own loader.
	tool *external.Tool
	// clients says where the clients of each table come from.
	clients []opt[clients]
}

// plan fills in what holds for the whole plan.
func (r *resolver) plan(file string) results.Plan {
	d := &r.doc
	limits := d.thresholds.or(given(results.DefaultThresholds(), place{})).val
	p := results.Plan{
		Thresholds:       &limits,
		NoProbes:         r.flags.noProbes || d.probes.set && !d.probes.val,
		Name:             planName(file),
		Source:           file,
		Seed:             r.flags.seed.or(d.seed).or(given(r.cat.FreshSeed, place{})).val,
		IdleStrategy:     d.idle.or(given(string(r.cat.Idle), place{})).val,
		LoaderThreads:    max(1, r.cat.LoaderCPUs),
		RequestTimeoutNS: d.requestTimeout.or(given(DefaultRequestTimeout, place{})).val.Nanoseconds(),
		DrainNS:          d.drain.or(given(DefaultDrain, place{})).val.Nanoseconds(),
		ErrorTolerance:   d.errorTolerance.val,
		Engine:           d.engine.or(given(r.cat.engines()[0], place{})).val,
		Env:              surroundings.Merge(d.env.val, r.flags.env.val),
	}
	if d.threads.val > 0 {
		p.LoaderThreads = d.threads.val
	}
	if engines := r.cat.engines(); d.engine.set && !hasText(engines, p.Engine) {
		r.problems.add(d.engine.at, "the engine %s does not run on this system; use %s", p.Engine, strings.Join(engines, " or "))
	}
	return p
}

func planName(file string) string {
	if file == "" {
		return "flags"
	}
	base := filepath.Base(file)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

func (r *resolver) warn(text string) {
	if !hasText(r.warnings, text) {
		r.warnings = append(r.warnings, text)
	}
}

func hasText(list []string, text string) bool {
	for _, s := range list {
		if s == text {
			return true
		}
	}
	return false
}

func ns(n int64) time.Duration { return time.Duration(n) }
