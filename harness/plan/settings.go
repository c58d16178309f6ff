package plan

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/suggest"
	"github.com/joust-bench/joust/scenarios"
)

// table is the table of settings. Plan files, flags, --help, the schema of
// plans and the documentation come from it.
func table() []anySetting {
	return []anySetting{
		serversSetting, scenariosSetting, isolationSetting, envSetting, seedSetting,
		warmupSetting, durationSetting, openDurationSetting, clientsSetting, trialsSetting,
		modesSetting, ratesSetting, protocolsSetting, scheduleSetting, objectiveSetting,
		baselineSetting, percentilesSetting, peaksSetting, scaleSetting,
		loaderSetting, loaderImageSetting, engineSetting, loadersSetting, threadsSetting, idleSetting, pinSetting,
		requestTimeoutSetting, drainSetting, toleranceSetting, repeatBudgetSetting, probesSetting, conformanceSetting, profileSetting, thresholdsSetting,
	}
}

// Servers, rows, and the order of trials.
var (
	serversSetting = many(Setting{
		Key: "servers", Flag: "servers", Form: "stringSlice", Where: InPlan, empty: "name some, or [" + all + "]",
		Help: "servers to compare: names, patterns such as go*, all, and -NAME to leave one out",
	}, nil, "", readServer)
	scenariosSetting = names(Setting{
		Key: "scenarios", Flag: "scenarios", Form: "stringSlice", Where: InTables,
		Help: "scenarios to ask: names, patterns such as json*, all, headline, a family (core, h1, httparena), and -NAME to leave one out",
	}, nil, nil)
	isolationSetting = names(Setting{
		Flag: "isolation", Form: "stringSlice", OneOf: isolationNames(),
		Help: "process, container, or both, which makes two entries of each server", Default: "as its server.yaml says",
	}, nil, oneOf("isolation", isolationNames()))
	envSetting = one(Setting{
		Key: "env", Flag: "env", Form: "stringArray", Where: InPlan,
		Help: "NAME=VALUE, a variable for every server that joust starts, beyond PATH, HOME, TMPDIR, LANG and TZ; NAME alone passes on joust's own value (repeatable)",
	}, opt[map[string]string]{}, readEnv)
	seedSetting = one(Setting{
		Key: "seed", Flag: "seed", Form: "uint64", Where: InPlan,
		Help: "seed of the order of trials and of the loader's choices", Default: "a fresh one, printed",
	}, opt[uint64]{}, parsed(parseSeed))
)

// The phases of a table.
var (
	warmupSetting = plain(Setting{
		Key: "warmup", Flag: "warmup", Form: "duration", Where: InPlan | InTables,
		Help: "length of the warm-up, or its least length where the server's manifest has a longer warmup_cap",
	}, given(time.Second, place{}), checkWarmup)
	durationSetting = plain(Setting{
		Key: "duration", Flag: "duration", Form: "duration", Where: InPlan | InTables,
		Help: "length of the closed loop's window; the flag sets the open loop's too",
	}, given(1500*time.Millisecond, place{}), window("duration"))
	openDurationSetting = plain(Setting{
		Key: "open_duration", Form: "duration", Where: InPlan | InTables,
		Help: "length of the window of each open-loop rate",
	}, given(time.Second, place{}), window("open_duration"))
	clientsSetting = one(Setting{
		Key: "clients", Flag: "clients", Form: "stringSlice", Where: InPlan | InTables,
		Help:    "connections of the loader, several such as 1,8,64,512 to compare, or auto: doubled until throughput stops growing",
		Default: fmt.Sprintf("%d; a scenario's own number wins", DefaultClients),
	}, given(clients{Clients: []int{DefaultClients}}, place{}), parseClients)
	trialsSetting = plain(Setting{
		Key: "trials", Flag: "trials", Form: "int", Where: InPlan | InTables,
		Help: "trials of each cell, each a ladder on a fresh server process; --runs is the same flag",
	}, given(6, place{}), count("trials", 1, maxTrials))
	modesSetting = names(Setting{
		Key: "modes", Flag: "mode", Form: "stringSlice", Where: InPlan | InTables, OneOf: modeNames(),
		Help: "closed, open, or closed,open", Default: "closed, and open where rates are given",
	}, nil, oneOf("mode", modeNames()))
	ratesSetting = many(Setting{
		Key: "rates", Flag: "rates", Form: "stringSlice", Where: InPlan | InTables,
		Help: "open-loop rates: 50% of the peak, 20000 or 20k in req/s, or common",
	}, defaultRates(), `the rate of "open %s" is listed twice`, func(raw anyYAML, o origin) (rate, string) {
		r, wrong := parsed(ParseRate)(raw, o)
		return rate{r}, wrong
	})
	protocolsSetting = names(Setting{
		Key: "protocols", Flag: "protocols", Form: "stringSlice", Where: InPlan | InTables, OneOf: protocolNames(),
		Help: "protocols to speak",
	}, []name{{text: string(scenarios.H1)}}, checkProtocol)
	scheduleSetting = one(Setting{
		Key: "schedule", Flag: "schedule", Form: "string", Where: InPlan | InTables,
		Help: "when requests of the open loop are due: constant or poisson gaps, ramp to RATE (90% of the peak, or 20000 or 20k in req/s, from each of the rates), or bursts of N at once, whose mean is the rate",
	}, given(arrivals{law: loaders.Constant}, place{}), parseSchedule)
	objectiveSetting = one(Setting{
		Key: "find_rate", Flag: "find-rate", Form: "string", Where: InPlan | InTables,
		Help: `search the highest rate that keeps a figure of the latency below a bound, such as "p99<10ms": any percentile, min, max, mean or stdev`,
	}, opt[results.Objective]{}, parsed(ParseObjective))
)

// The comparison of results.
var (
	baselineSetting = plain[string](Setting{
		Key: "baseline", Flag: "baseline", Form: "string", Where: InPlan,
		Help: "the server that tables compare all others with, instead of all pairs: needs fewer trials",
	}, opt[string]{}, nil)
	percentilesSetting = many(Setting{
		Key: "percentiles", Flag: "percentiles", Form: "stringSlice", Where: InPlan,
		Help: "percentiles that tables show beside the usual ones, such as 99.95",
	}, nil, "the percentile %s is listed twice", func(raw anyYAML, o origin) (name, string) {
		n, wrong := parsed(metric.Percentile)(raw, o)
		return name{text: string(n)}, wrong
	})
	peaksSetting = plain[string](Setting{
		Flag: "peaks", Form: "string",
		Help: "a stored run whose peaks fractional rates are of, for --mode open alone; latest is the newest that has any",
	}, opt[string]{}, nil)
)

// The loader.
var (
	scaleSetting = plain(Setting{
		Key: "scale", Flag: "scale", Form: "bool", Where: InPlan,
		Help: "scale numbers of clients and rates that this machine cannot hold down to it, and say so, instead of refusing them; a scenario's own are scaled anyway",
	}, given(false, place{}), nil)
	loaderSetting = word(Setting{
		Key: "loader", Flag: "loader", Form: "string", Where: InPlan, OneOf: append([]string{external.Joust}, external.Names()...),
		Help: "what makes the load: joust, or a foreign tool with windows of whole seconds: wrk, h2load and ab (closed loops only), wrk2 (open loops only); joust list loaders tells what is here",
	}, "loader", external.Joust)
	loaderImageSetting = plain[string](Setting{
		Flag: "loader-image", Form: "string",
		Help: "container image that stands in for wrk2 (where wrk2 is not on PATH: cylab/wrk2)",
	}, opt[string]{}, nil)
	engineSetting = word(Setting{
		Key: "engine", Where: InPlan, OneOf: engineNames(),
		Help: "joust's own engine: " + strings.Join(engineNames(), " or "), Default: "the best of this system",
	}, "engine", "")
	loadersSetting = plain(Setting{
		Key: "loaders", Flag: "loaders", Form: "int", Where: InPlan,
		Help: "loader processes on this machine that make each load together: they share its connections and rates",
	}, given(1, place{}), count("loaders", 1, maxLoaders))
	threadsSetting = plain(Setting{
		Key: "threads", Flag: "threads", Form: "int", Where: InPlan,
		Help: "threads of the loader; 0 is one a processor of the loader",
	}, given(0, place{}), count("threads", 0, maxThreads))
	idleSetting = word(Setting{
		Key: "idle", Where: InPlan, OneOf: suggest.Texts(loaders.IdleStrategies()...),
		Help: "how the loader waits: " + loaders.IdleWords, Default: "spin where server and loader have processors of their own, else hybrid",
	}, "idle strategy", "")
	pinSetting = plain[string](Setting{
		Flag: "pin", Form: "string", Help: `CPU split: auto, none, or "server=0-3;loader=4-7"`,
	}, given("auto", place{}), nil)
)

// Limits of valid results, repeats and probes.
var (
	requestTimeoutSetting = plain(Setting{
		Key: "request_timeout", Where: InPlan, Help: "a request without an answer for so long has failed",
	}, given(loaders.DefaultRequestTimeout, place{}), window("request_timeout"))
	drainSetting = plain(Setting{
		Key: "drain", Where: InPlan, Help: "how long answers are awaited after a window",
	}, given(loaders.DefaultDrain, place{}), window("drain"))
	toleranceSetting = plain(Setting{
		Key: "error_tolerance", Where: InPlan, Help: "share of requests, 0 to 1, that may fail in a valid cell",
	}, given(0.0, place{}), checkTolerance)
	repeatBudgetSetting = plain(Setting{
		Flag: "repeat-budget", Form: "float64", OnResume: true,
		Help: "share of the planned time for repeating trials that something else on the machine disturbed; 0 repeats none",
	}, given(DefaultRepeatBudget, place{}), checkBudget)
	probesSetting = plain(Setting{
		Key: "probes", Flag: "no-probes", Form: "bool", Where: InPlan, OnResume: true,
		Help: "experiments on what limits a cell: up to 5 s a cell where the CPU use of both sides does not tell",
	}, given(true, place{}), nil)
	conformanceSetting = plain(Setting{
		Key: "conformance", Flag: "no-conformance", Form: "bool", Where: InPlan, OnResume: true,
		Help: "HTTP/1.1 battery before the trials: how well each server keeps to the RFCs, in a second or a few",
	}, given(true, place{}), nil)
	thresholdsSetting = one(Setting{
		Key: "thresholds", Where: InPlan, Help: "the limits by which verdicts are made", Default: "those below",
	}, given(results.DefaultThresholds(), place{}), readThresholds)
)

// parseSeed reads all 64 bits.
func parseSeed(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no seed; write a whole number of at least 0 and below 2^64", text)
	}
	return n, nil
}

func checkTolerance(x float64) string {
	if math.IsNaN(x) || x < 0 || x >= 1 {
		return fmt.Sprintf("error_tolerance is a share of all requests: at least 0 and below 1, not %v", x)
	}
	return ""
}

func checkBudget(x float64) string {
	if !(x >= 0 && x <= 1) {
		return fmt.Sprintf("a share from 0 to 1 is needed, such as %v, not %v", DefaultRepeatBudget, x)
	}
	return ""
}
