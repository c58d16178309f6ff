package summary

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
	"github.com/joust-bench/joust/results/table"
)

// Text writes the summary of one load for people. The title is its first line,
// such as "GET http://127.0.0.1:8080/". A damaged histogram is an error.
func Text(w io.Writer, title string, r *results.Report, o Options) error {
	l, err := read(r, o)
	if err != nil {
		return err
	}
	t := newSummary(l)
	t.line("%s", title)
	t.line("%s", t.asked())
	if t.phase != nil {
		t.line("")
		t.counts()
		t.uploads()
		t.redirects()
		t.data()
		if err := cmp.Or(t.flows(), t.groups()); err != nil {
			return err
		}
		t.hosts()
		t.failures()
		if err := t.setUp(); err != nil {
			return err
		}
		if err := t.breakdown(); err != nil {
			return err
		}
		t.latencies()
		if err := cmp.Or(t.course(), t.pictures()); err != nil {
			return err
		}
		t.slowest()
		t.loader()
	}
	t.gates()
	t.remarks()
	if _, err := io.WriteString(w, table.Wrap(o.spelled(t.String()), o.Width, "  ")); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	if r.Script == nil {
		return nil
	}
	if _, err := io.WriteString(w, r.Script.Output); err != nil {
		return fmt.Errorf("writing what the script printed: %w", err)
	}
	return nil
}

// summary is the text in the making.
type summary struct {
	strings.Builder
	*load
	// marked holds the marks of figures that occurred, explained those that have their
	// legend.
	marked, explained map[string]bool
	// items takes the lines with a name instead of the text, where it is not nil.
	items *[]item
}

func newSummary(l *load) *summary {
	return &summary{load: l, marked: map[string]bool{}, explained: map[string]bool{}}
}

func (t *summary) line(format string, args ...any) { fmt.Fprintf(t, format+"\n", args...) }

// item prints a line with a name before it.
func (t *summary) item(name, format string, args ...any) {
	if t.items != nil {
		*t.items = append(*t.items, item{name, fmt.Sprintf(format, args...)})
		return
	}
	t.line("  %-12s"+format, append([]any{name}, args...)...)
}

// asked returns the line of the load's settings.
func (t *summary) asked() string {
	r := t.report
	words := []string{plural(r.ConnectionsAsked, "connection"), plural(r.Threads, "thread")}
	if r.ThreadsUsed > 0 {
		words = append(words, fmt.Sprintf("%d of them used (the warm-up showed that these carry the load)", r.ThreadsUsed))
	}
	if r.Users > 0 {
		words = append(words, askedUsers(r))
	}
	if r.Depth > 1 {
		words = append(words, fmt.Sprintf("%d requests in flight on each", r.Depth))
	}
	if p := t.phase; p != nil {
		words = append(words, loop(p), span(p.WindowNS())+t.warmup())
	}
	words = append(words, strings.TrimSpace(r.Loader+" "+r.Version))
	if r.IdleStrategy != "" {
		words = append(words, "idle "+r.IdleStrategy)
	}
	words = append(words, fmt.Sprintf("seed %d", r.Seed))
	for _, name := range slices.Sorted(maps.Keys(r.Tags)) {
		words = append(words, fmt.Sprintf("tag %s=%s", name, r.Tags[name]))
	}
	return strings.Join(words, ", ")
}

func loop(p *results.Phase) string {
	if p.Loop != results.OpenLoop || p.Rate == nil {
		return "closed loop"
	}
	return fmt.Sprintf("open loop at %s %s (%s)", digits(p.Rate.TargetRPS), per(p), p.Arrivals())
}

// warmup says how long load flowed before the measured phase.
func (t *summary) warmup() string {
	var ns int64
	for i := range t.report.Phases {
		if p := &t.report.Phases[i]; !p.Measured {
			ns += max(0, p.WindowNS())
		}
	}
	if ns == 0 {
		return ""
	}
	return " after " + span(ns) + " of warm-up"
}

// counts prints requests, throughput and bytes.
func (t *summary) counts() {
	p := t.phase
	if paced := t.paced(); paced != "" {
		t.item("rate", "%s", paced)
	}
	t.item("requests", "%s right in the window", count(p.Total.Completed))
	t.item("", "%s asked in and around it: %s right, %s failed, %s unanswered",
		count(p.Asked), count(p.Right()), count(p.Failures()), count(p.Unanswered))
	if p.Repeated > 0 {
		t.item("", "%s asked again on a new connection: the server closed the old one as they were sent", count(p.Repeated))
	}
	if n := p.Abandons(); n > 0 {
		t.item("", "%s abandoned: the loader closed the connection before an answer, as the exchange says", count(n))
	}
	if n := p.Total.Events; n > 0 {
		t.item("events", "%s server-sent events in right answers", count(n))
	}
	t.users()
	t.iterations()
	t.item("throughput", "%s%s req/s", t.bound(), digits(p.ThroughputRPS()))
	if r := p.Rate; r != nil && r.Offered > 0 {
		t.item("", "offered %s, achieved %s %s (%s)", count(r.Offered), count(r.Achieved), t.offered(), percent(r.KeptShare()))
		if r.NeverSent+r.Censored+p.Shed > 0 {
			t.item("", "of those offered never sent %s, unanswered %s, shed %s", count(r.NeverSent), count(r.Censored), count(p.Shed))
		}
	}
	t.traffic("received", p.ReceivedBytes, p.ReceivedBodyBytes)
	t.traffic("sent", p.SentBytes, p.SentBodyBytes)
	t.encodings()
}

// bound marks a throughput that is a lower bound.
func (t *summary) bound() string {
	if t.limitedByLoader() {
		return markAtLeast
	}
	return ""
}

func (t *summary) traffic(name string, all, bodies uint64) {
	t.item(name, "%s, %s/s (bodies %s)", bytes(float64(all)), bytes(perSecond(all, t.phase.WindowNS())), bytes(float64(bodies)))
}

// perSecond returns the rate of n in a window, 0 for an empty window.
func perSecond(n uint64, windowNS int64) float64 {
	if windowNS <= 0 {
		return 0
	}
	return float64(n) * 1e9 / float64(windowNS)
}

// failures prints the answers by status, the failures by cause, and the first of
// them in words.
func (t *summary) failures() {
	p := t.phase
	var words []string
	for _, code := range slices.Sorted(maps.Keys(p.Total.Status)) {
		words = append(words, code+": "+count(p.Total.Status[code]))
	}
	if len(words) > 0 {
		t.item("status", "%s", strings.Join(words, ", "))
	}
	if n := p.Failures(); n > 0 {
		t.item("failed", "%s of %s requests (%s)", count(n), count(p.Asked), percent(float64(n)/float64(max(p.Asked, n))))
		if c := causes(p.Total.Errors, false); c != "" {
			t.item("", "server side: %s", c)
		}
		if c := causes(p.Total.Errors, true); c != "" {
			t.item("", "loader side: %s", c)
		}
		if p.FailedOutside > 0 {
			t.item("", "outside the window: %s", count(p.FailedOutside))
		}
		if p.Total.FirstError != "" {
			t.item("", "the first: %s", p.Total.FirstError)
		}
	}
}

// setUp prints connections and handshakes.
func (t *summary) setUp() error {
	r, p := t.report, t.phase
	words := []string{fmt.Sprintf("%s open of %s", count(uint64(r.ConnectionsOpen)), count(uint64(r.ConnectionsAsked)))}
	for _, c := range []struct {
		n    uint64
		text string
	}{
		{p.Reconnects, "reconnected"},
		{p.AnnouncedCloses, "closed as the server announced"},
		{p.UnannouncedCloses, "closed by the server unannounced"},
		{p.RequestedCloses, "closed as the requests asked"},
		{p.IdleTimeouts, "closed idle by the server with a 408"},
		{p.Waves, "waves of them made together"},
	} {
		if c.n > 0 {
			words = append(words, count(c.n)+" "+c.text)
		}
	}
	t.item("connections", "%s", strings.Join(words, ", "))
	if n := p.FailedConnects(); n > 0 {
		t.item("attempts", "%s could not be made: %s", plural(int(n), "connection"), attempts(p))
	}
	if err := t.times("connect", r.Connect); err != nil {
		return err
	}
	return t.times("TLS", r.TLSHandshake)
}

// attempts says why connections could not be made.
func attempts(p *results.Phase) string {
	words := causes(p.ConnectionErrors, false)
	if own := causes(p.ConnectionErrors, true); own != "" {
		words = strings.TrimPrefix(words+"; loader side: "+own, "; ")
	}
	return words + "; the first: " + strings.TrimPrefix(p.FirstConnectionError, "connecting: ")
}

// times prints a distribution in one line, nothing for an empty one.
func (t *summary) times(name string, h *results.Histogram) error {
	d, err := stats.Decode(h)
	if err != nil {
		return err
	}
	if d.Count() == 0 {
		return nil
	}
	text := ""
	for _, percent := range []float64{50, 99} {
		if q := percent / 100; d.Supports(q) {
			text += fmt.Sprintf("p%.0f %s, ", percent, duration(d.Quantile(q)))
		}
	}
	t.item(name, "%smax %s", text, duration(d.Max()))
	return nil
}

// loader prints the cost of the load for its loader.
func (t *summary) loader() {
	p := t.phase
	if len(p.Threads) == 0 {
		return
	}
	words := []string{fmt.Sprintf("busiest thread worked %s of the window", percent(*t.verdict.LoaderShare))}
	if cost := p.WorkPerRequestNS(); cost > 0 {
		words = append(words, duration(int64(cost))+" of work a request (CPU time without empty polls)")
	}
	if share, known := p.StalledShare(); known {
		words = append(words, fmt.Sprintf("stood still for %s of the window", percent(share)))
	}
	if p.BackoffNS > 0 {
		words = append(words, fmt.Sprintf("waited %s before connecting anew, over all connections", span(p.BackoffNS)))
	}
	t.line("")
	t.item("loader", "%s", strings.Join(words, ", "))
	t.script()
}

// script prints the cost of the load's script.
func (t *summary) script() {
	spent, ok := t.phase.ScriptTimes()
	if !ok || t.report.Script == nil {
		return
	}
	share, thread, _, _ := t.phase.ScriptShare()
	n := int64(max(1, t.phase.Total.Completed))
	var parts []string
	for _, f := range []struct {
		name string
		ns   int64
	}{{"request()", spent.RequestNS}, {"response()", spent.ResponseNS}, {"delay()", spent.DelayNS}} {
		if f.ns > 0 {
			parts = append(parts, f.name+" "+duration(f.ns/n))
		}
	}
	if len(parts) == 0 {
		parts = []string{"it is not called while the load runs"}
	}
	t.item("script", "%s took %s a request (%s), %s of the window in thread %d",
		t.report.Script.File, duration(spent.NS()/n), strings.Join(parts, ", "), percent(share), thread)
	if t.report.Script.Output != "" {
		t.item("", "its done() saw latencies as joust measured them: none is added that nobody measured")
	}
}

// remarks prints the sentences that limit belief in the numbers.
func (t *summary) remarks() {
	notes := t.notes()
	if len(notes) > 0 {
		t.line("")
	}
	for _, n := range notes {
		t.line("%s", n)
	}
}
