package verdicts

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/joust-bench/joust/results"
)

var (
	rounds = flag.Int("rounds", 1, "how often each situation is staged")
	only   = flag.String("only", "", "stage just the situations whose name matches this pattern")
)

const (
	// attempts bounds how often a situation is staged, where other work on the
	// machine made the verdict.
	attempts = 4
	// othersLimit is the largest share of a side's processor that other work may
	// use.
	othersLimit = 0.10
	// loaderLimit is the same for the loader's side, whose interrupts are unknown:
	// they receive its own sends.
	loaderLimit = 0.25
	stealLimit  = 0.02
	// each is the time of a situation on a quiet machine, in the mean.
	each = 3500 * time.Millisecond
)

// tally counts the outcomes of a situation.
type tally struct {
	right, wrong, busy, retried int
	// missing says why it cannot be staged here, last what was wrong.
	missing, last string
	took          time.Duration
}

// TestVerdicts stages every situation and holds the judge to the verdict that
// is right for it.
func TestVerdicts(t *testing.T) {
	if raced {
		t.Skip("the race detector slows the loader down: make test runs this without it, alone")
	}
	s, err := newStage(t)
	if err != nil {
		t.Skip(err)
	}
	matching, err := regexp.Compile(*only)
	if err != nil {
		t.Fatal(err)
	}
	battery := slices.DeleteFunc(situations(), func(x situation) bool { return !matching.MatchString(x.name) })
	tallies := make([]tally, len(battery))
	fmt.Printf("%d situations, %d times each: about %s on a quiet machine\n", len(battery), *rounds, each*time.Duration(len(battery)**rounds))
	began := time.Now()
	for round := range *rounds {
		for i := range battery {
			s.judge(t, &battery[i], &tallies[i])
		}
		took := time.Since(began)
		fmt.Printf("round %d of %d done after %s; about %s left\n", round+1, *rounds,
			took.Round(time.Second), (took / time.Duration(round+1) * time.Duration(*rounds-round-1)).Round(time.Second))
	}
	report(t, battery, tallies)
}

// judge stages one situation, and stages it again where the machine was busy and the
// verdict proves nothing.
func (s *stage) judge(t *testing.T, x *situation, sum *tally) {
	if x.missing != nil {
		if sum.missing = x.missing(); sum.missing != "" {
			return
		}
	}
	for n := 1; ; n++ {
		trial, took := s.perform(t, x)
		sum.took += took
		wrong := x.want.differs(&trial)
		if wrong == "" {
			sum.right++
			return
		}
		busy := others(x, &trial)
		// A window that the judge calls unsteady is no proof of other work: at
		// last the verdict counts.
		if busy == "" && n < attempts && unsteady(&trial) {
			busy = "the window was not steady"
		}
		if busy == "" {
			sum.wrong++
			sum.last = wrong
			t.Errorf("%s: %s", x.name, wrong)
			return
		}
		if n == attempts {
			sum.busy++
			sum.last = wrong + "; " + busy
			return
		}
		sum.retried++
		t.Logf("%s again, since %s: %s", x.name, busy, wrong)
	}
}

// differs describes a verdict that is not the right one; it returns "" for the right
// one.
func (w *want) differs(trial *results.Trial) string {
	if slices.Contains(w.void, trialVoid) {
		if trial.State != results.TrialVoid || !regexp.MustCompile(w.says).MatchString(trial.Reason) {
			return fmt.Sprintf("the trial is %s: %s", trial.State, trial.Reason)
		}
		return ""
	}
	phase := w.phase
	if phase == "" {
		phase = results.PhaseClosed
	}
	i := slices.IndexFunc(trial.Phases, func(p results.TrialPhase) bool { return p.Name == phase })
	if trial.State != results.TrialOK || i < 0 {
		return fmt.Sprintf("the trial is %s without phase %s: %s", trial.State, phase, trial.Reason)
	}
	v := trial.Phases[i].Verdict
	right := slices.Contains(w.limits, v.Bottleneck) && (w.flag == "" || v.Has(w.flag)) &&
		v.Valid == (len(w.void) == 0) && !v.NotRun && w.said(v)
	if right {
		return ""
	}
	return describe(v)
}

// said reports whether a reason has a code that voids, and a reason's text matches.
func (w *want) said(v results.Verdict) bool {
	voided := len(w.void) == 0 || slices.ContainsFunc(v.Reasons, func(r results.Reason) bool { return r.Voids && slices.Contains(w.void, r.Code) })
	pattern := regexp.MustCompile(w.says)
	return voided && slices.ContainsFunc(v.Reasons, func(r results.Reason) bool { return pattern.MatchString(r.Text) }) || w.says == "" && voided
}

// describe returns a verdict in one line.
func describe(v results.Verdict) string {
	text := "bottleneck " + string(v.Bottleneck)
	if v.Bottleneck == "" {
		text = "nothing limited"
	}
	if !v.Valid {
		text += ", void"
	}
	for _, f := range v.Flags {
		text += ", " + string(f)
	}
	for _, r := range v.Reasons {
		text += "; " + r.Code + ": " + r.Text
	}
	return text
}

func unsteady(trial *results.Trial) bool {
	return slices.ContainsFunc(trial.Phases, func(p results.TrialPhase) bool { return p.Verdict.Has(results.FlagNotSteady) })
}

// others names other work that used too much of the processors for the situation,
// "" for none.
func others(x *situation, trial *results.Trial) string {
	for _, p := range trial.Phases {
		for _, r := range p.Verdict.Reasons {
			if r.Code == "probe-failed" {
				return "the experiment behind the window was disturbed"
			}
		}
		if p.StealShare != nil && *p.StealShare > stealLimit {
			return fmt.Sprintf("the hypervisor took %.0f %%", *p.StealShare*100)
		}
		for _, side := range sides(&p) {
			if side.busy == nil || side.use == nil || x.competing == side.name || x.shared {
				continue
			}
			window := float64(side.use.ReadT1NS - side.use.ReadT0NS)
			if other := *side.busy - side.nobodys - float64(side.use.CPUNS+side.joust)/window; other > side.limit {
				return fmt.Sprintf("other work used %.0f %% of the %s's processor", other*100, side.name)
			}
		}
	}
	return ""
}

// side holds the use of one side's processor: its busy share, the share of
// interrupts, and the use of known programs.
type side struct {
	name    string
	busy    *float64
	nobodys float64
	use     *results.Usage
	joust   int64
	limit   float64
}

func sides(p *results.TrialPhase) []side {
	server, loader := side{name: "server", busy: p.ServerCPUBusy, use: p.Server, limit: othersLimit}, side{name: "loader", busy: p.LoaderCPUBusy, use: p.Loader, limit: loaderLimit}
	if p.ServerInterrupts != nil {
		server.nobodys = *p.ServerInterrupts
	}
	if p.OrchestratorCPUNS != nil {
		loader.joust = *p.OrchestratorCPUNS
	}
	return []side{server, loader}
}

// report prints the table and fails the test where not every verdict was right.
func report(t *testing.T, battery []situation, tallies []tally) {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "situation\thow it is staged\tright verdict\tright\tretried\ts each")
	wrong := 0
	for i := range battery {
		x, sum := &battery[i], &tallies[i]
		count := fmt.Sprintf("%d of %d", sum.right, sum.right+sum.wrong+sum.busy)
		if sum.missing != "" {
			count = "cannot be staged here: " + sum.missing
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%.1f\n", x.name, x.staged, x.want, count, sum.retried, sum.took.Seconds()/float64(*rounds))
		wrong += sum.wrong
	}
	_ = table.Flush() // to standard output
	for i := range battery {
		if sum := &tallies[i]; sum.last != "" {
			fmt.Printf("%s: %s\n", battery[i].name, sum.last)
		}
		if tallies[i].busy > 0 && *rounds > 1 {
			t.Errorf("%s: the machine was too busy %d times, %d attempts each: repeat this on a quiet one", battery[i].name, tallies[i].busy, attempts)
		}
	}
	if wrong > 0 {
		t.Errorf("%d verdicts are wrong", wrong)
	}
}

// String returns the right verdict in words.
func (w want) String() string {
	var parts []string
	if len(w.limits) == 1 && w.limits[0] != "" {
		parts = append(parts, string(w.limits[0]))
	}
	if w.flag != "" {
		parts = append(parts, string(w.flag))
	}
	if len(w.void) > 0 {
		parts = append(parts, "void: "+strings.Join(w.void, " or "))
	}
	return strings.Join(parts, ", ")
}
