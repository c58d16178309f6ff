package summary

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// Text writes what people want to know of one load. The title is its first
// line, such as "GET http://127.0.0.1:8080/".
func Text(w io.Writer, title string, r *results.Report) error {
	t := &text{report: r, phase: Measured(r), verdict: Verdict(r)}
	t.line("%s", title)
	t.line("%s", t.asked())
	if t.phase != nil {
		t.counts()
		if err := t.setUp(); err != nil {
			return err
		}
		if err := t.latencies(); err != nil {
			return err
		}
		t.loader()
	}
	t.remarks()
	if _, err := io.WriteString(w, t.String()); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	return nil
}

// text is the summary in the making.
type text struct {
	strings.Builder
	report  *results.Report
	phase   *results.Phase
	verdict results.Verdict
}

func (t *text) line(format string, args ...any) { fmt.Fprintf(t, format+"\n", args...) }

// item is a line with a name before it.
func (t *text) item(name, format string, args ...any) {
	t.line("  %-12s"+format, append([]any{name}, args...)...)
}

// asked is the line of what was asked for.
func (t *text) asked() string {
	r := t.report
	words := []string{plural(r.ConnectionsAsked, "connection"), plural(r.Threads, "thread")}
	if r.ThreadsUsed > 0 {
		words = append(words, fmt.Sprintf("%d of them used (the warm-up showed that these carry the load)", r.ThreadsUsed))
	}
	switch {
	case r.Users > 0 && r.Think != "":
		words = append(words, fmt.Sprintf("%s thinking %s", plural(r.Users, "user"), r.Think))
	case r.Users > 0:
		words = append(words, plural(r.Users, "user"))
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
	return strings.Join(append(words, fmt.Sprintf("seed %d", r.Seed)), ", ")
}

func loop(p *results.Phase) string {
	if p.Loop != results.OpenLoop || p.Rate == nil {
		return "closed loop"
	}
	return fmt.Sprintf("open loop at %s req/s (%s)", digits(p.Rate.TargetRPS), p.Arrivals())
}

// warmup is how long load flowed before the measured phase.
func (t *text) warmup() string {
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

// counts are requests, throughput, bytes, statuses and errors.
func (t *text) counts() {
	p := t.phase
	t.line("")
	t.item("requests", "%s right in the window", count(p.Total.Completed))
	t.item("", "%s asked in and around it: %s right, %s failed, %s unanswered",
		count(p.Asked), count(p.Right()), count(p.Failures()), count(p.Unanswered))
	bound := ""
	if t.verdict.Bottleneck == results.LimitLoader {
		bound = "≥ "
	}
	t.item("throughput", "%s%s req/s", bound, digits(p.ThroughputRPS()))
	if r := p.Rate; r != nil && r.Offered > 0 {
		t.item("", "offered %s, achieved %s requests (%s)", count(r.Offered), count(r.Achieved), percent(float64(r.Achieved)/float64(r.Offered)))
		if r.NeverSent+r.Censored+p.Shed > 0 {
			t.item("", "of those offered never sent %s, unanswered %s, shed %s", count(r.NeverSent), count(r.Censored), count(p.Shed))
		}
	}
	t.traffic("received", p.ReceivedBytes, p.ReceivedBodyBytes)
	t.traffic("sent", p.SentBytes, p.SentBodyBytes)
	t.statuses()
	t.errors()
}

func (t *text) traffic(name string, all, bodies uint64) {
	perSecond := 0.0
	if ns := t.phase.WindowNS(); ns > 0 {
		perSecond = float64(all) * 1e9 / float64(ns)
	}
	t.item(name, "%s, %s/s (bodies %s)", bytes(float64(all)), bytes(perSecond), bytes(float64(bodies)))
}

func (t *text) statuses() {
	var words []string
	for _, code := range slices.Sorted(maps.Keys(t.phase.Total.Status)) {
		words = append(words, code+": "+count(t.phase.Total.Status[code]))
	}
	if len(words) > 0 {
		t.item("status", "%s", strings.Join(words, ", "))
	}
}

func (t *text) errors() {
	p := t.phase
	if p.Failures() == 0 {
		return
	}
	if c := causes(p.Total.Errors, false); c != "" {
		t.item("errors", "server side: %s", c)
	}
	if c := causes(p.Total.Errors, true); c != "" {
		t.item("errors", "loader side: %s", c)
	}
	if p.FailedOutside > 0 {
		t.item("errors", "outside the window: %s", count(p.FailedOutside))
	}
	if p.Total.FirstError != "" {
		t.item("first error", "%s", p.Total.FirstError)
	}
}

// setUp tells of connections and handshakes.
func (t *text) setUp() error {
	r, p := t.report, t.phase
	words := []string{fmt.Sprintf("%s open of %s", count(uint64(r.ConnectionsOpen)), count(uint64(r.ConnectionsAsked)))}
	for _, c := range []struct {
		n    uint64
		what string
	}{
		{p.Reconnects, "reconnected"},
		{connectionErrors(p), "could not be made"},
		{p.AnnouncedCloses, "closed as the server announced"},
		{p.UnannouncedCloses, "closed by the server unannounced"},
	} {
		if c.n > 0 {
			words = append(words, fmt.Sprintf("%s %s", count(c.n), c.what))
		}
	}
	t.item("connections", "%s", strings.Join(words, ", "))
	if err := t.times("connect", r.Connect); err != nil {
		return err
	}
	return t.times("TLS", r.TLSHandshake)
}

// connectionErrors counts the connections of a phase that could not be made.
func connectionErrors(p *results.Phase) uint64 {
	n := uint64(0)
	for _, k := range p.ConnectionErrors {
		n += k
	}
	return n
}

// times is a distribution in one line, absent where nothing was measured.
func (t *text) times(name string, h *results.Histogram) error {
	d, err := stats.Decode(h)
	if err != nil {
		return err
	}
	if d.Count() == 0 {
		return nil
	}
	var words []string
	for _, q := range []struct {
		name string
		q    float64
	}{{"p50", 0.5}, {"p99", 0.99}} {
		if d.Supports(q.q) {
			words = append(words, q.name+" "+duration(d.Quantile(q.q)))
		}
	}
	words = append(words, "max "+duration(d.Max()))
	t.item(name, "%s", strings.Join(words, ", "))
	return nil
}

// loader tells what the load cost its maker.
func (t *text) loader() {
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
}

// remarks are the sentences that limit belief in the numbers.
func (t *text) remarks() {
	reasons := reasons(t.report, t.verdict)
	if len(reasons)+len(t.report.Warnings) > 0 {
		t.line("")
	}
	for _, r := range reasons {
		if r.Voids {
			t.line("void: %s", r.Text)
		} else {
			t.line("note: %s", r.Text)
		}
	}
	for _, w := range t.report.Warnings {
		t.line("note: %s", w)
	}
}
