package cli

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/joust-bench/joust/harness/run"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/matrix"
)

// progress shows how a run goes. On a terminal it redraws one line, with lines
// that stay above it; elsewhere it prints plain lines.
type progress struct {
	*display
	// dir is the run's folder.
	dir string
	// units are those of the rates of each scenario, such as req/s.
	units map[string]string
	// frozen keeps the line still inside windows: there is no CPU to spare for
	// drawing when the loader has only one.
	frozen bool

	at       run.Progress
	phase    loaders.Window
	measured int64
	began    time.Time
	// refreshed is when the matrices were last written.
	refreshed time.Time
	// shown is true when a table was shown.
	shown bool
}

var _ run.Observer = (*progress)(nil)

func (a *app) newProgress(m *session.Measurement) *progress {
	a.stopping.Store(draining)
	units, set := map[string]string{}, cells.New(m.Run)
	for _, t := range m.Run.Plan.Tables {
		units[t.Scenario] = set.RateUnit(t)
	}
	return &progress{
		display: newDisplay(a.stderr), dir: m.Journal.Dir(), units: units, frozen: len(m.Run.CPUs.Loader) <= 1,
		began: time.Now(), refreshed: time.Now(),
	}
}

func (p *progress) Note(format string, args ...any) { p.line(format, args...) }

func (p *progress) Checked(server, scenario, difference string) {
	if difference != "" {
		p.line("check: %s %s is wrong, its cells are void: %s", server, scenario, indented(difference))
		return
	}
	p.draw(fmt.Sprintf("check: %s %s ok", server, scenario))
}

func (p *progress) TrialBegins(at run.Progress) {
	p.at = at
	p.draw(p.where() + "starting")
}

// where returns the constant part of the redrawn line.
func (p *progress) where() string {
	t := p.at.Trial
	return fmt.Sprintf("[%d/%d] %s %s, about %s left: ", p.at.Number, p.at.Total, t.Entry.As, t.Table.Scenario, p.at.Left.Round(time.Second))
}

// unit returns the unit of the running trial's rates.
func (p *progress) unit() string { return p.units[p.at.Trial.Table.Scenario] }

func (p *progress) Phase(w loaders.Window) {
	p.phase = w
	text := w.Phase
	if w.RateRPS > 0 {
		text += fmt.Sprintf(" at %.0f %s", w.RateRPS, p.unit())
	}
	p.draw(p.where() + text)
}

func (p *progress) Live(i loaders.Interval) {
	if p.frozen || !p.live {
		return
	}
	seconds := float64(i.AtNS-p.phase.T0NS) / 1e9
	if seconds > 0 {
		p.draw(fmt.Sprintf("%s%s %.0f %s", p.where(), i.Phase, float64(i.Completed)/seconds, p.unit()))
	}
}

func (p *progress) TrialEnds(at run.Progress, t results.Trial) {
	p.measured += t.MeasuredNS
	kind := fmt.Sprintf("block %d", t.Block)
	switch t.Kind {
	case results.TrialScout:
		kind = "scouting"
	case results.TrialProfile:
		kind = "profiling"
	}
	p.line("[%d/%d] %s  %s %s  %s", at.Number, at.Total, kind, t.Server, t.Scenario, outcome(&t, p.units[t.Scenario]))
	switch {
	case !p.shown && t.Block > 0 && time.Since(p.began) > firstTable:
		p.table("so far:")
	case time.Since(p.refreshed) > refreshEvery:
		p.refresh()
	}
}

// outcome describes a trial, whose rates have the unit, in a few words.
func outcome(t *results.Trial, unit string) string {
	if t.State != results.TrialOK {
		return fmt.Sprintf("%s: %s", t.State, indented(t.Reason))
	}
	var words []string
	if points := t.Sweep; len(points) > 0 && len(t.Loaders) > 0 {
		words = append(words, fmt.Sprintf("%d of %d to %d clients", t.Loaders[0].ConnectionsAsked, points[0].Clients, points[len(points)-1].Clients))
	}
	for _, phase := range t.Phases {
		v := phase.Verdict
		switch {
		case phase.Name == results.PhaseClosed:
			words = append(words, peak(t, &phase, unit))
		case v.NotRun:
			words = append(words, phase.Name+" not run")
		case !v.Valid:
			words = append(words, phase.Name+" void: "+v.Why())
		case v.Has(results.FlagSaturated):
			words = append(words, phase.Name+" saturated")
		}
	}
	if t.Profile != nil {
		words = append(words, matrix.ProfileWords(t.Profile), "in "+t.Profile.File+" ("+t.Profile.Show+")")
	}
	if t.Search != nil {
		words = append(words, searchOutcome(t.Search, t.Kind == results.TrialConfirm))
	}
	return cmp.Or(strings.Join(words, ", "), "ok")
}

// peak describes the closed loop in a few words.
func peak(t *results.Trial, phase *results.TrialPhase, unit string) string {
	if !phase.Verdict.Valid {
		return "void: " + phase.Verdict.Why()
	}
	p := t.Loaders[0].Phase(phase.Name) // of all loaders together
	text := fmt.Sprintf("%.0f %s", p.ThroughputRPS(), unit)
	if p.SentBodyBytes > p.ReceivedBodyBytes && p.SentBodyBytes > 1<<30 {
		text = fmt.Sprintf("%.0f MB/s", float64(p.SentBodyBytes)/1e6/(float64(p.WindowNS())/1e9))
	}
	switch phase.Verdict.Bottleneck {
	case results.LimitLoader:
		return "≥ " + text + " (the loader was the limit)"
	case results.LimitServer:
		return text
	}
	return text + " (" + cells.LimitWords(phase.Verdict.Bottleneck) + ")"
}

// searchOutcome describes a search for a rate, or its confirmation, in a few words.
func searchOutcome(s *results.Search, confirmation bool) string {
	name, none, sign := "highest rate", "no rate kept the objective", ""
	if confirmation {
		name, none = "confirmed", "not confirmed"
	}
	if s.KeptRPS == nil {
		return none + ": " + s.Stop
	}
	if s.AtLeast {
		sign = "≥ "
	}
	return fmt.Sprintf("%s %s%.0f req/s in %s", name, sign, *s.KeptRPS, results.Counted(len(s.Steps), "step"))
}

const (
	// refreshEvery bounds the age of the matrices while a block goes on.
	refreshEvery = 30 * time.Second
	// firstTable bounds the wait for the first table, in a block that takes longer.
	firstTable = 100 * time.Second
)

// BlockEnds refreshes the matrices and shows the table so far. The last block's
// table is that of the whole run.
func (p *progress) BlockEnds(block, blocks int) {
	if block < blocks {
		p.table(fmt.Sprintf("block %d of %d done, so far:", block, blocks))
	} else if p.refresh() != nil {
		p.line("block %d of %d done", block, blocks)
	}
}

// table refreshes the matrices and shows what they say so far.
func (p *progress) table(title string) {
	if set := p.refresh(); set != nil {
		p.line("%s\n%s%s is up to date", title, matrix.Headline(set, columns(p.out)), p.dir)
		p.shown = true
	}
}

// refresh writes the matrices anew and returns their cells, nil where it could not.
func (p *progress) refresh() *cells.Set {
	p.refreshed = time.Now()
	set, err := readCells(p.dir)
	if err == nil {
		_, err = writeMatrices(set, p.dir)
	}
	if err != nil {
		p.line("joust: the matrices could not be refreshed: %v", err)
		return nil
	}
	return set
}

// end removes the line that is redrawn and prints how much of the time was
// measured.
func (p *progress) end() {
	p.display.end()
	took := time.Since(p.began)
	if took > 0 && p.measured > 0 {
		p.line("measured in %s, %.0f %% of it in warm-up and windows; joust's own memory %d MB",
			took.Round(time.Second), float64(p.measured)/float64(took)*100, ownMemory()>>20)
	}
}

// ownMemory returns joust's own resident memory in bytes, 0 where it cannot be
// read.
func ownMemory() int64 {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(data), &size, &resident); err != nil {
		return 0
	}
	return resident * int64(os.Getpagesize())
}
