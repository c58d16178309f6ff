package cells

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/joust-bench/joust/results"
)

// KneeShare is the share of a server's best throughput over clients from which a
// point with fewer clients is its knee.
const KneeShare = 0.95

// sign is a mark's form, with a %s for each value, and its legend.
type sign struct {
	form string
	Legend
}

// signs returns the forms and legends of all marks.
func signs(limits results.Thresholds) [marks]sign {
	micros := strconv.FormatFloat(limits.LagFloorNS/1e3, 'g', 4, 64)
	return [marks]sign{
		LowerPeak:     {"≥ %s", Legend{"≥ x", "the loader was the limit, so x is a lower bound of the server's peak; it is not ranked", "the loader was the limit"}},
		ImpliedPeak:   {" (≈ %s)", Legend{"(≈ y)", "the peak that the server's own CPU use implies; no estimate where the server was less than " + Percent(limits.EstimateFrom) + " busy, or full", "implied by the server's CPU use"}},
		BetweenPeaks:  {"%s … %s", Legend{"x … y", "server and loader were both full; the server's peak lies between, and both ends are ranked", "both sides were full: the peak lies between"}},
		NoUpperPeak:   {"%s …", Legend{"x …", "server and loader were both full, and no upper end of the peak is known; it is not ranked", "both sides were full"}},
		AtClients:     {"%s at %s clients", Legend{"x at N clients", "neither side was full; more clients may give more", "neither side was full"}},
		SharedCPUs:    {"%s †", Legend{"x †", "server and loader shared CPUs, so what limited them cannot be told", "server and loader shared CPUs"}},
		UnknownLimit:  {"%s ?", Legend{"x ?", "what limited it is not known, or differed too much between trials", "its limit is not known"}},
		KneeOfClients: {"knee", Legend{"← knee", "the fewest clients with at least " + Percent(KneeShare) + " of the server's best", ""}},
		BestOfClients: {"best", Legend{"← best", "the most throughput of this server. The other tables of this row are about each trial's own best number of clients, the fewest within 2 % of its highest throughput", ""}},

		LowerRate:       {"≥ %s", Legend{"≥ rate", "the loader, or the highest rate asked for, ended the search, so the rate is a lower bound", "not the server ended the search"}},
		WithoutRate:     {"; %s %s", Legend{"; 1 found none, unclear, not confirmed, void", "this many trials have no rate and are left out of the median", ""}},
		NoRateKept:      {"— none", Legend{"— none", "even the lowest rate missed the objective", "even the lowest rate missed the objective"}},
		UnclearRate:     {"— unclear", Legend{"— unclear", "the loader itself was late at every rate, or no rate that could be asked for gives an answer", "no rate gives an answer"}},
		RefusedRate:     {"— not confirmed", Legend{"— not confirmed", "the rate did not hold on a fresh process, nor did the steps below it", "no rate held on a fresh process"}},
		UnconfirmedRate: {"— not confirmed yet", Legend{"— not confirmed yet", "a rate was found, and no fresh process was asked for it yet", ""}},

		SaturatedRate:  {" (sat%s)", Legend{"(sat)", "the server could not keep the rate, in all trials or in so many; its latencies grow with the length of the window, and it is not ranked", "the server could not keep the rate"}},
		FewConnections: {" (connections)", Legend{"(connections)", "too few connections for the rate; how many it needs stands below", "too few connections for the rate"}},
		OfLowerPeak:    {" of ≥ %s", Legend{"of ≥ x", "the rate is a fraction of a peak that is a lower bound", ""}},
		LowerLatency:   {"≥ %s", Legend{"≥ before a latency", "requests without an answer reach this percentile, so it is a lower bound; it is not ranked", "a lower bound: requests without an answer reach it"}},
		RoughLatency: {"~ %s", Legend{"~", "the loader itself sent or read late at this percentile, or was held up, by more than " + micros + " µs and more than " + Percent(limits.LagShare) +
			" of the latency; it is not ranked. A late send is no part of uncorrected latency", "the loader's own lag reaches into it"}},
		NoPercentile: {"—", Legend{"— in a column of percentiles", "too few samples: 10 must lie beyond the percentile in every trial (p99 needs 1 000 a window, p99.9 10 000, p99.99 100 000)", "too few samples"}},
		FewSamples:   {"— too few samples", Legend{"— too few samples", "a percentile needs 10 samples beyond it in every trial (p99 needs 1 000 a window)", ""}},

		MedianInterval:     {" [%s – %s]", Legend{"[low – high]", "95 % interval of the median, from 6 trials on", "95 % interval"}},
		TrialRange:         {" (%s – %s)", Legend{"(low – high)", "the range of fewer than 6 trials, which claims no confidence; one trial has neither", "range of the trials"}},
		RankPlace:          {", rank %s", Legend{"rank 2–4", rankWords, ""}},
		RankColumn:         {"rank by %s", Legend{"rank by", rankWords, ""}},
		BaselineItself:     {"baseline", Legend{"baseline", "the server that the others are compared with", ""}},
		BaselineDifference: {"%s", Legend{"+12 %", "a claimed difference from the baseline", ""}},
		BaselineAlike:      {"≈", Legend{"≈", "no difference from the baseline is claimed", "no difference from the baseline is claimed"}},
		NoiseColumn:        {"noise band", Legend{"noise band", "max(1 %, 1.96 · s⁺ · √(2/n)), s⁺ being the 95 % upper bound of the spread within cells: a ratio within it is noise, whatever a test says; — where nothing is compared", ""}},
		DetectableColumn:   {"detectable", Legend{"detectable", "the smallest difference that would have been claimed with 80 % probability, at this n, this spread and this number of comparisons; — where no difference could be", ""}},

		SomeVoid:    {"; %s", Legend{"; 2 of 6 void", "void trials are left out; \"What is missing, and why\" has the reasons", ""}},
		FewerTrials: {"; n = %d", Legend{"; n = 4", "fewer trials than planned count so far", ""}},
		UpperMemory: {"≤ %s", Legend{"≤", "a sum of the peaks of several processes, an upper bound", ""}},
		LoaderWork:  {"loader work%s", Legend{"loader work", "the CPU time of the loader's threads without their empty polls; of a loader that is not joust's own, all CPU time", ""}},
		NotMeasured: {"— not measured", Legend{"— not measured", "no trial has this figure", ""}},
	}
}

const rankWords = "the places that the claimed differences leave open, 1 being the best; servers that could not be told apart share places, and a server may share them with two others that differ. A difference is claimed only where an exact Mann–Whitney U test says so after Holm's correction over the comparisons of that figure in the table, and the ratio lies outside the noise band"

// Absences returns all reasons for which a cell has no value.
func Absences() []Absence {
	return []Absence{Unsupported, NotExpressible, NoFixture, NotInstalled, Void, NotRun, BeyondLoader, Interrupted}
}

// OfRow reports whether no trial of the row can be made, in any phase.
func (a Absence) OfRow() bool {
	return slices.Contains([]Absence{Unsupported, NotExpressible, NoFixture, NotInstalled}, a)
}

// Words explains the absence in a legend.
func (a Absence) Words() string {
	return map[Absence]string{
		Unsupported:    "the server's manifest says that it cannot answer the row",
		NotExpressible: "this loader cannot ask the row",
		NoFixture:      "the server's manifest does not claim the row",
		NotInstalled:   "the server is not on this machine",
		Void:           "it was measured, and no trial may be believed",
		NotRun:         "no trial of it was made",
		BeyondLoader:   "the loader could not have paced this rate",
		Interrupted:    "the run ended in its trial",
	}[a]
}

// Percent prints a share that a user or a limit set, such as "2.5 %", with up to four
// digits.
func Percent(share float64) string { return strconv.FormatFloat(share*100, 'g', 4, 64) + " %" }

// FlagWords explains a flag in a legend, under the limits of the run.
func FlagWords(f results.Flag, limits results.Thresholds) string {
	return map[results.Flag]string{
		results.FlagSaturated:   "the server could not keep the rate",
		results.FlagThrottled:   "the server's CPU quota ran out",
		results.FlagNagle:       "about half of all answers wait 40 ms: Nagle's algorithm meets delayed acknowledgements",
		results.FlagBacklog:     "connects take 1 s or more while the listen queue overflows: the server's backlog is too small",
		results.FlagNotSteady:   "the halves of the window differ by more than " + Percent(limits.SteadyHalves),
		results.FlagDisturbed:   "something else on the machine took CPU time, or the CPUs were slower than at the run's start",
		results.FlagInterrupted: "the window ended early",
		results.FlagExceeded:    "an open loop of the same process kept a rate above this peak",
		results.FlagBookkeeping: "throughput × mean time misses the number of connections by more than " + Percent(limits.Bookkeeping) + " (Little's law): requests were lost, or connections were idle",
	}[f]
}

// LimitWords names in a sentence what limited a cell. A bottleneck that no table knows
// counts as unknown.
func LimitWords(b results.Bottleneck) string {
	words := map[results.Bottleneck]string{
		results.LimitServer:      "the server was the limit",
		results.LimitLoader:      "the loader was the limit",
		results.LimitBalanced:    "both sides were full",
		results.LimitConnections: "neither side was full",
		results.LimitSharedCPU:   "server and loader shared CPUs",
		results.LimitUnknown:     "its limit is not known",
	}
	return cmp.Or(words[b], words[results.LimitUnknown])
}
