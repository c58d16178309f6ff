package summary

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/table"
)

// Group holds the figures of one group of requests in plain numbers.
type Group struct {
	// Requests counts right answers inside the window, Failed the failed requests there.
	Requests      uint64  `json:"requests"`
	ThroughputRPS float64 `json:"throughput_rps"`
	Failed        uint64  `json:"failed"`
	// Latency is of the kind of Document.Latency; absent without right answers.
	Latency *Latency `json:"latency,omitempty"`
}

// byGroup returns the figures of each group, nil where there is one.
func (l *load) byGroup() (map[string]Group, error) {
	if l.phase == nil || len(l.phase.Groups) == 0 {
		return nil, nil
	}
	all := make(map[string]Group, len(l.phase.Groups))
	for name, g := range l.phase.Groups {
		d, err := l.ofGroup(&g)
		if err != nil {
			return nil, fmt.Errorf("reading the latency of %s: %w", name, err)
		}
		figures := Group{Requests: g.Completed, Failed: g.Failed, ThroughputRPS: perSecond(g.Completed, l.phase.WindowNS())}
		if d != nil {
			plain := l.plain(d)
			figures.Latency = &plain
		}
		all[name] = figures
	}
	return all, nil
}

// ofGroup returns the latency of a group, of the kind of the headline; nil without right
// answers.
func (l *load) ofGroup(g *results.Group) (*distribution, error) {
	main := l.headline()
	if main == nil {
		return nil, nil
	}
	p := *l.phase
	p.Total = *g
	of := cells.Service
	if main.name == "corrected" {
		of = cells.Corrected
	}
	d := cells.Read(results.DefaultThresholds(), &p, l.options.own()...)[of]
	if d == nil || d.Damaged == nil && d.Count == 0 {
		return nil, nil
	}
	own := *main
	own.Distribution = d
	return &own, d.Damaged
}

// The bounds of the tables of groups and of hosts.
const (
	mostNamed = 20
	leastName = 20
)

// groupNames returns the names of the groups, those with the most requests first.
func (l *load) groupNames() []string {
	groups := l.phase.Groups
	asked := func(name string) uint64 { return groups[name].Completed + groups[name].Failed }
	return slices.SortedFunc(maps.Keys(groups), func(a, b string) int {
		return cmp.Or(cmp.Compare(asked(b), asked(a)), cmp.Compare(a, b))
	})
}

// groups prints the figures of the groups of requests with the most of them.
func (t *summary) groups() error {
	p := t.phase
	if len(p.Groups) == 0 {
		return nil
	}
	names := t.groupNames()
	shown := names[:min(len(names), mostNamed)]
	scale := table.ScaleOf(table.Durations(), 1e6)
	if main := t.headline(); main != nil {
		scale = table.ScaleOf(table.Durations(), main.at(metric.P50).NS)
	}
	percentiles := []metric.Name{metric.P50, metric.P95, metric.P99}
	head := []string{"right", "req/s", "failed"}
	for _, n := range percentiles {
		head = append(head, string(n)+" "+scale.Unit)
	}
	by := cmp.Or(t.report.GroupedBy, "request")
	if p.Flows != nil {
		by = "step"
	}
	rows := [][]string{append(head, "by "+by)}
	for _, name := range shown {
		g := p.Groups[name]
		d, err := t.ofGroup(&g)
		if err != nil {
			return fmt.Errorf("reading the latency of %s: %w", name, err)
		}
		row := t.groupRow(g.Completed, g.Failed)
		for _, n := range percentiles {
			if d == nil {
				row = append(row, "")
				continue
			}
			f := d.at(n)
			row = append(row, t.mark(f)+text(scale, f.NS))
		}
		rows = append(rows, append(row, name))
	}
	if rest := names[len(shown):]; len(rest) > 0 {
		var completed, failed uint64
		for _, name := range rest {
			completed, failed = completed+p.Groups[name].Completed, failed+p.Groups[name].Failed
		}
		rows = append(rows, append(t.groupRow(completed, failed), "", "", "", count(uint64(len(rest)))+" more together"))
	}
	t.line("")
	if t.report.GroupedBy != "" {
		t.line("  %s are too many to tell apart: their results stand together by %s", plural(t.report.URLs, "URL"), t.report.GroupedBy)
	}
	t.rows(rows)
	t.line("")
	return nil
}

// groupRow returns the first cells of a row.
func (t *summary) groupRow(completed, failed uint64) []string {
	return []string{count(completed), digits(perSecond(completed, t.phase.WindowNS())), count(failed)}
}

// hosts prints what each host of a load on several did, those with failures first.
func (t *summary) hosts() {
	list := slices.Clone(t.phase.Targets)
	if len(list) == 0 {
		return
	}
	slices.SortStableFunc(list, func(a, b results.TargetUse) int { return cmp.Compare(b.Failed, a.Failed) })
	rows := [][]string{{"open", "of", "right", "failed", "by host, lead-in and drain included"}}
	for i := range list[:min(len(list), mostNamed)] {
		u := &list[i]
		name := u.URL
		if u.FirstConnectionError != "" {
			name += ": " + u.FirstConnectionError
		}
		rows = append(rows, []string{count(uint64(u.ConnectionsOpen)), count(uint64(u.Connections)), count(u.Right), count(u.Failed), name})
	}
	if rest := len(list) - mostNamed; rest > 0 {
		rows = append(rows, []string{"", "", "", "", count(uint64(rest)) + " more"})
	}
	t.rows(rows)
	t.line("")
}

// rows prints rows of figures with a name behind them, which is shortened to the width.
func (t *summary) rows(rows [][]string) {
	var figures strings.Builder
	w := tabwriter.NewWriter(&figures, 0, 8, 2, ' ', tabwriter.AlignRight)
	for _, row := range rows {
		// Writing to a strings.Builder does not fail.
		_, _ = fmt.Fprintln(w, strings.Join(row[:len(row)-1], "\t")+"\t")
	}
	_ = w.Flush()
	for i, line := range strings.Split(strings.TrimSuffix(figures.String(), "\n"), "\n") {
		name := rows[i][len(rows[i])-1]
		if t.options.Width > 0 {
			name = shortened(name, max(leastName, t.options.Width-utf8.RuneCountInString(line)-2))
		}
		t.line("%s  %s", line, name)
	}
}

// shortened returns the text with its middle left out where it has more letters than most.
func shortened(text string, most int) string {
	letters := []rune(text)
	if len(letters) <= most {
		return text
	}
	head := most / 2
	return string(letters[:head]) + "…" + string(letters[len(letters)-(most-head-1):])
}
