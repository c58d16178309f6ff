package dialect

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
)

// pyDuration prints seconds as pywrkr does.
func pyDuration(s float64) string {
	switch {
	case s < 0.001:
		return fmt.Sprintf("%.2fus", s*1e6)
	case s < 1:
		return fmt.Sprintf("%.2fms", s*1e3)
	}
	return fmt.Sprintf("%.2fs", s)
}

// pyBytes prints a size as pywrkr does.
func pyBytes(n float64) string {
	for _, unit := range []string{"B", "KB", "MB", "GB"} {
		if n < 1024 {
			return fmt.Sprintf("%.2f%s", n, unit)
		}
		n /= 1024
	}
	return fmt.Sprintf("%.2fTB", n)
}

// commas prints a number with that many decimals, in groups of three.
func commas(x float64, decimals int) string {
	whole, rest, _ := strings.Cut(strconv.FormatFloat(x, 'f', decimals, 64), ".")
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	if rest != "" {
		rest = "." + rest
	}
	return whole + rest
}

func commasOf(n uint64) string { return commas(float64(n), 0) }

// pyFloat prints a number as Python does: a whole one with a decimal.
func pyFloat(x float64) string {
	text := strconv.FormatFloat(x, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// errors returns the number of failed requests and of other answers from status 400 on.
func (p *printer) errors() uint64 {
	return p.phase.Total.Failed + p.phase.Total.Tolerated()
}

// rule is the line between the parts of pywrkr's report.
var rule = strings.Repeat("=", 70)

func (p *printer) title(text string) { p.printf("\n%s\n  %s\n%s\n", rule, text, rule) }

func printPywrkr(p *printer) {
	p.printf("%s\n  BENCHMARK RESULTS\n%s\n", rule, rule)
	p.pywrkrHead()
	if p.service.n > 0 {
		p.pywrkrLatency()
	}
	p.pywrkrBreakdown()
	p.pywrkrCounts()
	p.pywrkrTimeline()
	p.printf("\n%s\n", rule)
	for _, f := range []struct{ flag, text string }{{"-e", "CSV percentile data written to"}, {"--json", "JSON results written to"}} {
		if p.line.has(f.flag) {
			p.printf("\n  %s: %s\n", f.text, p.line.value(f.flag))
		}
	}
	if p.line.has("-w") {
		p.printf("\n%s\n", p.pywrkrHTML())
	}
	p.printThresholds()
	p.pywrkrURLs()
}

// field prints a line of the head.
func (p *printer) field(name, format string, args ...any) {
	p.printf("  %-18s %s\n", name+":", fmt.Sprintf(format, args...))
}

func (p *printer) pywrkrHead() {
	l := p.line
	mode := pyFloat(l.number("-d")) + "s duration"
	switch {
	case l.has("-u"):
		mode = fmt.Sprintf("%s virtual users, %ss", l.value("-u"), pyFloat(l.number("-d")))
	case l.has("-n"):
		mode = l.value("-n") + " requests"
	}
	p.printf("\n")
	p.field("Mode", "%s", mode)
	p.field("Duration", "%s", pyDuration(p.seconds()))
	if l.has("-u") {
		p.field("Virtual Users", "%s", l.value("-u"))
		p.field("Ramp-up", "%s", pyDuration(l.number("--ramp-up")))
		p.field("Think Time", "%s (+/-%.0f%%)", pyDuration(l.number("--think-time")), l.number("--think-jitter")*100)
		p.field("Avg Reqs/User", "%s", commas(float64(p.ended())/max(1, l.number("-u")), 1))
	} else {
		p.field("Connections", "%s", l.value("-c"))
	}
	p.field("Keep-Alive", "%s", map[bool]string{true: "no", false: "yes"}[l.has("--no-keepalive")])
	p.field("Total Requests", "%s", commasOf(p.ended()))
	p.field("Total Errors", "%s", commasOf(p.errors()))
	if n := p.failures(abLength); n > 0 {
		p.field("Content-Len Errs", "%s", commasOf(n))
	}
	p.field("Requests/sec", "%s", commas(p.perSecond(float64(p.ended())), 2))
	p.pywrkrRate()
	p.field("Transfer/sec", "%s/s", pyBytes(p.perSecond(float64(p.phase.ReceivedBodyBytes))))
	p.field("Total Transfer", "%s", pyBytes(float64(p.phase.ReceivedBodyBytes)))
}

// pywrkrRate prints the lines about the rate that was asked for.
func (p *printer) pywrkrRate() {
	l := p.line
	if !l.has("--rate") {
		return
	}
	p.field("Target RPS", "%s", commas(l.number("--rate"), 2))
	if l.has("--rate-ramp") {
		p.field("Ramp Target RPS", "%s", commas(l.number("--rate-ramp"), 2))
	}
	if l.has("--traffic-profile") {
		p.field("Traffic Profile", "%s", l.value("--traffic-profile"))
	}
	p.field("Actual RPS", "%s", commas(p.perSecond(float64(p.ended())), 2))
	if waits, ok := p.rateWaits(); ok {
		p.field("Rate Limit Waits", "%s", commasOf(waits))
	}
}

// rateWaits returns how many due requests had to wait for a connection; ok is false for
// loads without a rate.
func (p *printer) rateWaits() (n uint64, ok bool) {
	if p.phase.Loop != results.OpenLoop {
		return 0, false
	}
	if h := p.phase.SendLagBlocked; h != nil {
		n = h.Count
	}
	return n, true
}

// pyPercentiles are those of pywrkr's report.
var pyPercentiles = []float64{50, 75, 90, 95, 99, 99.9, 99.99}

// median is the middle value, or the mean of the two in the middle.
func (l latency) median() float64 {
	if l.n == 0 {
		return 0
	}
	return (l.at((l.n-1)/2) + l.at(l.n/2)) / 2
}

func (p *printer) pywrkrLatency() {
	l := p.service
	p.title("LATENCY STATISTICS")
	row := func(name string, ns float64) { p.printf("    %-10s %12s\n", name+":", pyDuration(ns/1e9)) }
	row("Min", l.low)
	row("Max", l.high)
	row("Mean", l.mean)
	row("Median", l.median())
	if l.n > 1 {
		row("Stdev", l.stdev())
	}
	p.printf("\n  Latency Percentiles:\n")
	for _, percent := range pyPercentiles {
		p.printf("    p%-6s %12s\n", strconv.FormatFloat(percent, 'f', -1, 64), pyDuration(l.percentile(percent)/1e9))
	}
	p.printf("\n  Percentage of requests served within a certain time:\n")
	for _, percent := range []float64{50, 66, 75, 80, 90, 95, 98, 99, 100} {
		p.printf("    %3.0f%%    %12s\n", percent, pyDuration(l.percentile(percent)/1e9))
	}
	p.printf("\n")
	p.pywrkrHistogram()
}

// pyBars is the number of bars of pywrkr's charts, pyWidth the length of the longest.
const (
	pyBars  = 20
	pyWidth = 40
)

func (p *printer) pywrkrHistogram() {
	l := p.service
	if l.low == l.high {
		p.printf("  All requests: %s\n", pyDuration(l.low/1e9))
		return
	}
	width := (l.high - l.low) / pyBars
	counts := make([]uint64, pyBars)
	for _, s := range l.samples {
		counts[min(int((float64(s.NS)-l.low)/width), pyBars-1)] += s.Count
	}
	most := slices.Max(counts)
	p.printf("  Latency Distribution (histogram):\n")
	for i, n := range counts {
		from := l.low + float64(i)*width
		bar := strings.Repeat("#", int(float64(n)/float64(most)*pyWidth))
		p.printf("    %10s - %10s | %-*s | %6d (%5.1f%%)\n", pyDuration(from/1e9), pyDuration((from+width)/1e9), pyWidth, bar, n, float64(n)/float64(l.n)*100)
	}
}

// pyStep is a step of pywrkr's breakdown.
type pyStep struct {
	key, name string
	latency
}

// pySteps returns the steps; none where they were not asked for.
func (p *printer) pySteps() []pyStep {
	s := p.steps
	if s.total.n == 0 || !p.line.has("--latency-breakdown") {
		return nil
	}
	n := s.total.n
	return []pyStep{
		{"dns", "DNS Lookup", s.lookup.withZeros(n)}, {"connect", "TCP Connect", s.connect.withZeros(n)},
		{"tls", "TLS Handshake", s.handshake.withZeros(n)}, {"ttfb", "TTFB", s.wait},
		{"transfer", "Transfer", s.transfer}, {"total", "Total", s.total},
	}
}

func (p *printer) pywrkrBreakdown() {
	list := p.pySteps()
	if len(list) == 0 {
		return
	}
	p.title("LATENCY BREAKDOWN (averages)")
	for _, s := range list {
		p.printf("    %-18s %12s  (min=%s, max=%s, p50=%s, p95=%s)\n", s.name+":", pyDuration(s.mean/1e9),
			pyDuration(s.low/1e9), pyDuration(s.high/1e9), pyDuration(s.percentile(50)/1e9), pyDuration(s.percentile(95)/1e9))
	}
	p.printf("\n    New Connections:    %s\n    Reused Connections: %s\n", commasOf(p.steps.fresh), commasOf(p.steps.reused))
}

// errorTypes counts the errors by their names in pywrkr's report.
func (p *printer) errorTypes() map[string]uint64 {
	all := map[string]uint64{}
	for cause, n := range p.phase.Total.Errors {
		all[string(cause)] += n
	}
	for text, n := range p.phase.Total.Status {
		if code, err := strconv.Atoi(text); err == nil && code >= 400 {
			all["HTTP "+text] += n
		}
	}
	return all
}

func (p *printer) pywrkrCounts() {
	if status := p.phase.Total.Status; len(status) > 0 {
		p.title("STATUS CODE DISTRIBUTION")
		for _, code := range slices.Sorted(maps.Keys(status)) {
			p.printf("    %s: %10s (%5.1f%%)\n", code, commasOf(status[code]), float64(status[code])/float64(max(1, p.ended()))*100)
		}
	}
	types := p.errorTypes()
	if len(types) == 0 {
		return
	}
	p.title("ERROR DISTRIBUTION")
	for _, name := range mostFrequent(types) {
		p.printf("    %s: %10s\n", name, commasOf(types[name]))
	}
}

// mostFrequent returns the names, the most frequent first.
func mostFrequent(counts map[string]uint64) []string {
	names := slices.Sorted(maps.Keys(counts))
	slices.SortStableFunc(names, func(a, b string) int {
		switch {
		case counts[a] > counts[b]:
			return -1
		case counts[a] < counts[b]:
			return 1
		}
		return 0
	})
	return names
}

// pywrkrTimeline prints the answers a second over time.
func (p *printer) pywrkrTimeline() {
	if len(p.phase.Timeline) == 0 {
		return
	}
	width := max(1, int(p.seconds()/pyBars))
	var counts []uint64
	before := uint64(0)
	for _, i := range p.phase.Timeline {
		at := int((i.AtNS - 1 - p.phase.T0NS) / 1e9 / int64(width))
		for len(counts) <= at {
			counts = append(counts, 0)
		}
		counts[max(at, 0)] += i.Completed - before
		before = i.Completed
	}
	most := max(1, slices.Max(counts))
	p.title("THROUGHPUT TIMELINE")
	p.printf("  Requests/sec Timeline (%ds buckets):\n", width)
	for i, n := range counts {
		bar := strings.Repeat("#", int(float64(n)/float64(most)*pyWidth))
		p.printf("    %4ds | %-*s | %8.1f req/s\n", i*width, pyWidth, bar, float64(n)/float64(width))
	}
}
