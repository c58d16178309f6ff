package plan

import (
	"time"

	"github.com/joust-bench/joust/harness/surroundings"
	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/suggest"
)

// Overrides are the flags of joust run; what is nil was not given. A flag
// wins over the plan's file, for every table.
type Overrides struct {
	// Servers are names of the plan's entries or of servers, or "all".
	Servers []string
	// Scenarios are rows, or "all" or "headline". Tables that the plan has
	// for them keep their settings.
	Scenarios []string
	Protocols []string
	// Attached are servers of the catalogue that join whatever the plan or
	// Servers name.
	Attached []string
	// Clients are numbers, or "auto".
	Clients []string
	// Duration sets the closed-loop and the open-loop windows.
	Duration *time.Duration
	Warmup   *time.Duration
	Trials   *int
	// Isolation is how every server is to run: "process", "container", or both,
	// which makes two entries of one.
	Isolation []string
	// Modes are "closed" and "open".
	Modes []string
	// Rates are in the form of ParseRate; they replace those of every table
	// that has an open loop.
	Rates []string
	// FindRate is in the form of ParseObjective.
	FindRate *string
	Seed     *uint64
	// NoProbes leaves out the experiments on what limits a cell.
	NoProbes bool
	// Threads is the number of the loader's threads; 0 is one a processor of
	// the loader.
	Threads *int
	// Env are variables of all servers, NAME=VALUE or NAME; see
	// surroundings.Parse. They win over those of the plan's file.
	Env []string
	// Baseline is the entry that tables compare all others with.
	Baseline *string
	// Loader is "joust" or a foreign tool.
	Loader *string
	// RepeatBudget is the share of the trials' nominal time, 0 to 1, that
	// repeating disturbed ones may take; nil for DefaultRepeatBudget.
	RepeatBudget *float64
	// Peaks are what an earlier run found, in requests per second: fractions
	// are of these in ladders without a closed-loop phase.
	Peaks map[PeakKey]float64
}

// PeakKey names one peak of an earlier run.
type PeakKey struct {
	// Server is the entry's name in that run's tables.
	Server, Scenario, Protocol string
}

// readFlags checks each flag by itself; lookup is Catalogue.LookupEnv.
func readFlags(o Overrides, lookup func(string) (string, bool), ps *problems) flags {
	f := flags{
		env:       flagEnv(ps, o.Env, lookup),
		noProbes:  o.NoProbes,
		servers:   flagNames(ps, "--servers", o.Servers, nil),
		scenarios: flagNames(ps, "--scenarios", o.Scenarios, nil),
		isolation: flagNames(ps, "--isolation", o.Isolation, oneOf("isolation", isolationNames())),
		seed:      flagValue(ps, "--seed", o.Seed, nil),
		loader:    flagValue(ps, "--loader", o.Loader, oneOf("loader", loaderNames())),
		threads:   flagValue(ps, "--threads", o.Threads, count("threads", 0, maxThreads)),
		settings: settings{
			clients:   flagClients(ps, o.Clients),
			trials:    flagValue(ps, "--trials", o.Trials, count("trials", 1, maxTrials)),
			warmup:    flagValue(ps, "--warmup", o.Warmup, checkWarmup),
			duration:  flagValue(ps, "--duration", o.Duration, window("a window")),
			modes:     flagNames(ps, "--mode", o.Modes, oneOf("mode", modeNames())),
			protocols: flagNames(ps, "--protocols", o.Protocols, checkProtocol),
			rates:     flagRates(ps, o.Rates),
			objective: flagObjective(ps, o.FindRate),
		},
	}
	f.openDuration = f.duration
	return f
}

func flagValue[T any](ps *problems, flag string, v *T, check func(T) string) opt[T] {
	if v == nil {
		return opt[T]{}
	}
	at := place{flag: flag}
	if check != nil {
		if wrong := check(*v); wrong != "" {
			ps.add(at, "%s", wrong)
			return opt[T]{}
		}
	}
	return given(*v, at)
}

func flagNames(ps *problems, flag string, texts []string, check func(string) string) opt[[]name] {
	if texts == nil {
		return opt[[]name]{}
	}
	at := place{flag: flag}
	var list []name
	for _, text := range texts {
		if hasName(list, text) {
			ps.add(at, "%s is listed twice", text)
			continue
		}
		if n := flagValue(ps, flag, &text, check); n.set {
			list = append(list, name{text: text, at: at})
		}
	}
	if len(texts) == 0 {
		ps.add(at, "is empty; leave it out or give it a value")
	}
	return given(list, at)
}

func flagRates(ps *problems, texts []string) opt[[]rate] {
	if texts == nil {
		return opt[[]rate]{}
	}
	at := place{flag: "--rates"}
	var list []rate
	for _, text := range texts {
		parsed, err := ParseRate(text)
		x := rate{PlanRate: parsed, at: at}
		switch {
		case err != nil:
			ps.add(at, "%v", err)
		case hasRate(list, x):
			ps.add(at, "the rate of %q is listed twice", x.PhaseName())
		default:
			list = append(list, x)
		}
	}
	if len(texts) == 0 {
		ps.add(at, "is empty; leave it out or give it a value")
	}
	return given(list, at)
}

func flagEnv(ps *problems, texts []string, lookup func(string) (string, bool)) opt[map[string]string] {
	at := place{flag: "--env"}
	variables, errs := surroundings.Parse(texts, lookup)
	for _, err := range errs {
		ps.add(at, "%v", err)
	}
	return given(variables, at)
}

func hasName(list []name, text string) bool {
	for _, n := range list {
		if n.text == text {
			return true
		}
	}
	return false
}

// hasRate compares by the phases' names, which must be unique in a ladder.
func hasRate(list []rate, x rate) bool {
	for _, r := range list {
		if r.PhaseName() == x.PhaseName() {
			return true
		}
	}
	return false
}

// checkProtocol tells names that nobody knows from protocols that no engine
// speaks yet.
func checkProtocol(p string) string {
	if wrong := oneOf("protocol", protocolNames())(p); wrong != "" {
		return wrong
	}
	if !engineSpeaks(scenarios.Protocol(p)) {
		return "no loader engine speaks " + p + " yet; use " + string(scenarios.H1)
	}
	return ""
}

// unknown is the message about a name that is not among the known ones.
func unknown(what, text string, known []string) string {
	return "unknown " + what + " \"" + text + "\"" + suggest.Hint(text, known)
}
