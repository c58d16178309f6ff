package journal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/journal"
)

// histogram returns a histogram with buckets.
func histogram() *results.Histogram {
	return &results.Histogram{Count: 9, MinNS: 1, MaxNS: 8, MeanNS: 4.5, Clamped: 1, HDRv2: "HISTF+/="}
}

// phaseOf returns a phase with every part that the journal may drop.
func phaseOf(name string, measured bool) results.Phase {
	h := histogram
	group := results.Group{Completed: 9, Service: h(), Corrected: h(), FirstByte: h(), Write: h(), FailedTime: h()}
	return results.Phase{
		Name: name, Measured: measured, Total: group, Groups: map[string]results.Group{"a": group},
		SendLagIdle: h(), SendLagBlocked: h(), ReceiveLag: h(), LoopGaps: h(), Slowest: make([]results.SlowRequest, 32),
	}
}

// fullTrial returns a trial with a warm-up, a measured phase and a sweep.
func fullTrial(state results.TrialState, kind results.TrialKind) results.Trial {
	t := sampleTrial(0)
	t.State, t.Kind = state, kind
	t.Loaders = []results.Report{{Connect: histogram(), Phases: []results.Phase{phaseOf("warm-up", false), phaseOf("closed", true)}}}
	t.Parts = []results.Report{{Phases: []results.Phase{phaseOf("closed", true)}}}
	t.Sweep = []results.SweepPoint{{Clients: 2, Report: &results.Report{Phases: []results.Phase{phaseOf("closed", true)}}}, {Clients: 4}}
	return t
}

// buckets names the histograms of a phase that have buckets, and those without
// their other numbers.
func buckets(p *results.Phase) (names []string) {
	for _, h := range []struct {
		name string
		h    *results.Histogram
	}{
		{"service", p.Total.Service}, {"corrected", p.Total.Corrected}, {"first byte", p.Total.FirstByte}, {"write", p.Total.Write}, {"failed", p.Total.FailedTime},
		{"a's service", p.Groups["a"].Service}, {"a's first byte", p.Groups["a"].FirstByte},
		{"send lag, idle", p.SendLagIdle}, {"send lag, blocked", p.SendLagBlocked}, {"receive lag", p.ReceiveLag}, {"gaps", p.LoopGaps},
	} {
		if h.h.HDRv2 != "" {
			names = append(names, h.name)
		}
		bare := *h.h
		if bare.HDRv2 = histogram().HDRv2; bare != *histogram() {
			names = append(names, h.name+" has lost more than its buckets")
		}
	}
	return names
}

func TestTheJournalStoresTheHistogramsThatAreRead(t *testing.T) {
	t.Parallel()
	const slowest = 10
	read := []string{"service", "corrected", "send lag, idle", "receive lag"}
	for _, c := range []struct {
		state   results.TrialState
		kind    results.TrialKind
		want    []string
		slowest int
	}{
		{results.TrialOK, results.TrialMeasured, read, slowest},
		{results.TrialOK, results.TrialConfirm, read, slowest},
		{results.TrialOK, results.TrialScout, nil, 0},
		{results.TrialRepeated, results.TrialMeasured, nil, 0},
		{results.TrialVoid, results.TrialMeasured, nil, 0},
	} {
		trial := fullTrial(c.state, c.kind)
		stored := open(t, storeTrials(t, trial)).Trials[0]
		if diff := cmp.Diff(fullTrial(c.state, c.kind), trial); diff != "" {
			t.Errorf("Append changed its argument:\n%s", diff)
		}
		warm, closed, swept := &stored.Loaders[0].Phases[0], &stored.Loaders[0].Phases[1], &stored.Sweep[0].Report.Phases[0]
		if diff := cmp.Diff(c.want, buckets(closed)); diff != "" || len(closed.Slowest) != c.slowest {
			t.Errorf("%s %s: %d slowest, buckets (-want +got):\n%s", c.state, c.kind, len(closed.Slowest), diff)
		}
		rest := slices.Concat(buckets(warm), buckets(swept), buckets(&stored.Parts[0].Phases[0]))
		if rest != nil || warm.Slowest != nil {
			t.Errorf("%s %s: the warm-up, the sweep and one loader's share have buckets of %q", c.state, c.kind, rest)
		}
		if *stored.Loaders[0].Connect != *histogram() {
			t.Errorf("the time to connect is not whole: %+v", stored.Loaders[0].Connect)
		}
	}
}

// storeTrials appends the trials to a new run.
func storeTrials(t *testing.T, trials ...results.Trial) (dir string) {
	t.Helper()
	dir = create(t, 0)
	j, _, err := journal.Resume(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, trial := range trials {
		if err := j.Append(trial); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// An outline is the run without buckets, even if a text looks like buckets.
func TestOutline(t *testing.T) {
	t.Parallel()
	tricky := fullTrial(results.TrialOK, results.TrialMeasured)
	tricky.Reason = `a text with "hdr_v2":"HISTF", and \"hdr_v2\":\"`
	dir := storeTrials(t, tricky, sampleTrial(1))
	want := open(t, dir)
	phases := want.Trials[0].Loaders[0].Phases
	for i := range phases {
		p := &phases[i]
		p.Total.Service, p.Total.Corrected = p.Total.Service.Sums(), p.Total.Corrected.Sums()
		p.SendLagIdle, p.ReceiveLag = p.SendLagIdle.Sums(), p.ReceiveLag.Sums()
	}
	want.Trials[0].Loaders[0].Connect = want.Trials[0].Loaders[0].Connect.Sums()
	got, err := journal.Outline(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the outline differs by more than buckets (-want +got):\n%s", diff)
	}
	j, resumed, err := journal.Resume(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if diff := cmp.Diff(got, resumed); diff != "" {
		t.Errorf("a resumed run is not its outline (-want +got):\n%s", diff)
	}
}

func TestTrialsAreReadOneByOne(t *testing.T) {
	t.Parallel()
	dir := create(t, 3)
	index := 0
	for trial, err := range journal.Trials(dir) {
		if err != nil || trial.Index != index {
			t.Fatalf("trial %d, %v, want trial %d", trial.Index, err, index)
		}
		if index++; index == 2 {
			break
		}
	}
	appendBytes(t, trialsOf(dir), "garbage\n{\"index\":4}\n")
	var last error
	index = 0
	for _, err := range journal.Trials(dir) {
		if last != nil {
			t.Fatal("Trials goes on after an error")
		}
		if last = err; err == nil {
			index++
		}
	}
	if index != 3 || !errors.Is(last, journal.ErrDamaged) {
		t.Errorf("%d trials, then %v", index, last)
	}
}

// A file system may lose the middle of the last line, and that may be buckets.
func TestLastLineWithZerosInItsBuckets(t *testing.T) {
	t.Parallel()
	dir := storeTrials(t, sampleTrial(0), fullTrial(results.TrialOK, results.TrialMeasured))
	text, err := os.ReadFile(trialsOf(dir))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(trialsOf(dir), bytes.Replace(text, []byte("HISTF"), make([]byte, 5), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	goesOnWithoutTheLastLine(t, dir)
}

// trialsOf returns the path of the run's trials.
func trialsOf(dir string) string { return filepath.Join(dir, journal.TrialsFile) }
