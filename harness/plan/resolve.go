// Package plan turns a plan file and flags into a checked results.Plan, and a
// results.Plan into the seeded list of trials with its planned time. It is
// pure: no clock, no processes, no network. What it must know of the world is
// handed to it in a Catalogue.
package plan

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/joust-bench/joust/harness/surroundings"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/results"
)

// Overrides are what the command line adds to the plan's file.
type Overrides struct {
	// Flags win over the file, for every table. --scenarios names rows: tables
	// that the plan has for them keep their settings.
	Flags Flags
	// Attached are servers of the catalogue that join whatever the plan or
	// --servers names.
	Attached []string
	// Peaks are what an earlier run found, in requests per second: fractions
	// are of these in ladders without a closed-loop phase.
	Peaks map[PeakKey]float64
}

// PeakKey names one peak of an earlier run.
type PeakKey struct {
	// Server is the entry's name in that run's tables.
	Server, Scenario, Protocol string
}

// Resolve checks a plan as a whole, before anything is started, and fills in
// what it leaves open. File is the plan's name as the user gave it and data its
// content; both are empty for a plan made of flags alone. The warnings are for
// the user, in order. The error is an *Error that holds every problem.
func Resolve(file string, data []byte, o Overrides, c Catalogue) (results.Plan, []string, error) {
	r := &resolver{cat: &c, peaks: o.Peaks, attached: o.Attached}
	if file != "" || data != nil {
		r.doc = readFile(file, data, &r.problems)
	}
	r.flags = o.Flags.read(c.lookupEnv, &r.problems, table()...)
	p := r.plan(file)
	r.takeLoader(&p)
	p.Entries = r.entries()
	p.Baseline = r.baseline(p)
	p.Tables = r.tables()
	r.checkTogether(&p)
	if err := r.problems.err(); err != nil {
		return results.Plan{}, nil, err
	}
	r.warnUnmeasured(p)
	planned, atMost := Planned(p, c, repeatBudgetSetting.of(r.flags))
	p.PlannedNS, p.AtMostNS = planned.Nanoseconds(), atMost.Nanoseconds()
	return p, r.warnings, nil
}

// resolver holds a plan while it is being resolved.
type resolver struct {
	cat      *Catalogue
	doc      document
	flags    layer
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
	said := []layer{r.flags, r.doc.layer}
	limits, engine := thresholdsSetting.of(said...), engineSetting.in(said...)
	p := results.Plan{
		Thresholds:       &limits,
		NoProbes:         !probesSetting.of(said...),
		Name:             planName(file),
		Source:           file,
		Seed:             seedSetting.in(said...).or(given(r.cat.FreshSeed, place{})).val,
		IdleStrategy:     cmp.Or(idleSetting.of(said...), string(r.cat.Idle)),
		LoaderThreads:    cmp.Or(threadsSetting.of(said...), max(1, r.cat.LoaderCPUs)),
		RequestTimeoutNS: requestTimeoutSetting.of(said...).Nanoseconds(),
		DrainNS:          drainSetting.of(said...).Nanoseconds(),
		ErrorTolerance:   toleranceSetting.of(said...),
		Engine:           cmp.Or(engine.val, r.cat.engines()[0]),
		Env:              surroundings.Merge(envSetting.of(r.doc.layer), envSetting.of(r.flags)),
	}
	if n := loadersSetting.of(said...); n > 1 {
		p.Loaders = n
	}
	if engines := r.cat.engines(); engine.set && !slices.Contains(engines, p.Engine) {
		r.problems.add(engine.at, "the engine %s does not run on this system; use %s", p.Engine, strings.Join(engines, " or "))
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
	if !slices.Contains(r.warnings, text) {
		r.warnings = append(r.warnings, text)
	}
}

func ns(n int64) time.Duration { return time.Duration(n) }
