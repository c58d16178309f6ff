// Package plan turns a plan file and flags into a checked results.Plan, and a
// results.Plan into the seeded list of trials with its planned time. It is
// pure: no clock, no processes, no network. A Catalogue holds the facts of the
// world that it needs.
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
	"github.com/joust-bench/joust/results/suggest"
	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// Overrides are the additions of the command line to the plan's file.
type Overrides struct {
	// Flags win over the file, for every table. The plan's tables keep their other
	// settings for rows that --scenarios names.
	Flags Flags
	// RowProblems are the mistakes in the user's own rows, as OwnRows returns them.
	RowProblems strictyaml.Problems
	// Attached are servers of the catalogue that join the servers of the plan or
	// of --servers.
	Attached []string
	// Peaks are the peaks of an earlier run, in requests per second, for shares of
	// a peak in ladders without a closed loop.
	Peaks map[PeakKey]float64
}

// PeakKey names one peak of an earlier run.
type PeakKey struct {
	// Server is the entry's name in that run's tables.
	Server, Scenario, Protocol string
}

// Resolve checks a plan as a whole, before anything is started, and fills in its
// defaults. file is the plan's name as the user gave it, and data its content; both
// are empty for a plan of flags alone. The warnings are for the user, in order.
// The error is an *Error that holds every problem.
func Resolve(file string, data []byte, o Overrides, c Catalogue) (results.Plan, []string, error) {
	r := &resolver{cat: &c, peaks: o.Peaks, attached: o.Attached}
	if file != "" || data != nil {
		r.doc = readFile(file, data, &r.problems)
	}
	for _, p := range o.RowProblems {
		r.problems.add(place{file: p.File, line: p.Line}, "%s", p.Message)
	}
	r.rowsMissing = len(o.RowProblems) > 0
	r.flags = o.Flags.read(c.LookupEnv, &r.problems, table()...)
	p := r.plan(file)
	r.takeLoader(&p)
	p.Entries = r.entries()
	p.Baseline = r.baseline(p)
	p.Tables = r.tables()
	r.profiled(&p)
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
	// rowsMissing is true where some of the user's own rows could not be read: they may
	// be the ones that the plan names and nobody knows.
	rowsMissing bool
	// specs are the tables before their settings are merged.
	specs []spec
	// omitted holds warnings with the rows that each is about.
	omitted map[string][]string
	// tool is the foreign loader; nil for joust's own.
	tool *external.Tool
}

// plan returns the settings of the whole plan.
func (r *resolver) plan(file string) results.Plan {
	said := []layer{r.flags, r.doc.layer}
	limits, engine := thresholdsSetting.of(said...), engineSetting.in(said...)
	p := results.Plan{
		Thresholds:       &limits,
		NoProbes:         !probesSetting.of(said...),
		NoConformance:    !conformanceSetting.of(said...),
		Name:             planName(file),
		Source:           file,
		Seed:             seedSetting.in(said...).or(given(r.cat.FreshSeed, place{})).val,
		IdleStrategy:     cmp.Or(idleSetting.of(said...), string(r.cat.Idle)),
		LoaderThreads:    cmp.Or(threadsSetting.of(said...), max(1, r.cat.LoaderCPUs)),
		RequestTimeoutNS: requestTimeoutSetting.of(said...).Nanoseconds(),
		DrainNS:          drainSetting.of(said...).Nanoseconds(),
		ErrorTolerance:   toleranceSetting.of(said...),
		Engine:           cmp.Or(engine.val, string(r.cat.Engines[0])),
		Env:              surroundings.Merge(envSetting.of(r.doc.layer), envSetting.of(r.flags)),
	}
	for _, n := range percentilesSetting.of(said...) {
		p.Percentiles = append(p.Percentiles, n.text)
	}
	if n := loadersSetting.of(said...); n > 1 {
		p.Loaders = n
	}
	engines := suggest.Texts(r.cat.Engines...)
	r.problems.when(engine.set && !slices.Contains(engines, p.Engine), engine.at,
		"the engine %s does not run on this system; use %s", p.Engine, strings.Join(engines, " or "))
	return p
}

func planName(file string) string {
	base := filepath.Base(cmp.Or(file, "flags"))
	return strings.TrimSuffix(base, filepath.Ext(base))
}

func (r *resolver) warn(text string) {
	if !slices.Contains(r.warnings, text) {
		r.warnings = append(r.warnings, text)
	}
}

func ns(n int64) time.Duration { return time.Duration(n) }
