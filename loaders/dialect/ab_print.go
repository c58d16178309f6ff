package dialect

import (
	"fmt"
	"math"
	"strings"

	"github.com/joust-bench/joust/results"
)

// abRow is a row of ab's report above the times. One without a name is printed as it is.
type abRow struct{ name, value string }

// done returns the number of requests that ab takes for complete: with an answer or a
// part of one.
func (p *printer) abDone() uint64 { return p.ended() - p.failures(abConnect) }

// abSends reports whether ab's report counts the bytes that it sent.
func (l *Line) abSends() bool { return l.has("-p") || l.has("-u") }

// abRows returns the rows above the connection times; an empty one is an empty line.
func (p *printer) abRows() []abRow {
	host, port, path := p.line.place()
	bad := p.phase.Total.Failed + p.phase.FailedConnects() - p.failures(func(c results.Cause) bool { return c == results.CauseWrite })
	rows := []abRow{
		{"Server Software", p.report.ServerHeader}, {"Server Hostname", host}, {"Server Port", port}, {},
		{"Document Path", path}, {"Document Length", p.documentLength()}, {},
		{"Concurrency Level", p.line.value("-c")},
		{"Time taken for tests", fmt.Sprintf("%.3f seconds", p.seconds())},
		{"Complete requests", count(p.abDone())},
		{"Failed requests", count(bad)},
	}
	add := func(is bool, name, format string, args ...any) {
		if is {
			rows = append(rows, abRow{name, fmt.Sprintf(format, args...)})
		}
	}
	add(bad > 0, "", "   (Connect: %d, Receive: %d, Length: %d, Exceptions: %d)", p.phase.FailedConnects()+p.failures(abConnect), p.abReceive(), p.failures(abLength), 0)
	writes := p.failures(func(c results.Cause) bool { return c == results.CauseWrite })
	add(writes > 0, "Write errors", "%d", writes)
	others := p.statuses(func(code int) bool { return code < 200 || code > 299 })
	add(others > 0, "Non-2xx responses", "%d", others)
	add(p.line.has("-k"), "Keep-Alive requests", "%d", p.keptAlive())
	add(true, "Total transferred", "%d bytes", p.phase.ReceivedBytes)
	add(p.line.abSends(), "Total body sent", "%d", p.phase.SentBytes)
	add(true, "HTML transferred", "%d bytes", p.phase.ReceivedBodyBytes)
	return append(rows, p.abRates()...)
}

// abRates returns the rows about what came in a second; none where nothing did.
func (p *printer) abRates() []abRow {
	done, taken := float64(p.abDone()), p.seconds()
	if done == 0 || taken == 0 {
		return nil
	}
	received, sent := float64(p.phase.ReceivedBytes)/1024/taken, float64(p.phase.SentBytes)/1024/taken
	rows := []abRow{
		{"Requests per second", fmt.Sprintf("%.2f [#/sec] (mean)", done/taken)},
		{"Time per request", fmt.Sprintf("%.3f [ms] (mean)", p.line.number("-c")*taken*1000/done)},
		{"Time per request", fmt.Sprintf("%.3f [ms] (mean, across all concurrent requests)", taken*1000/done)},
		{"Transfer rate", fmt.Sprintf("%.2f [Kbytes/sec] received", received)},
	}
	if p.line.abSends() {
		rows = append(rows, abRow{"", fmt.Sprintf("%24s%.2f kb/s sent", "", sent)}, abRow{"", fmt.Sprintf("%24s%.2f kb/s total", "", sent+received)})
	}
	return rows
}

// documentLength returns the length of the answers' bodies, which is that of each where
// ab demands one length of all.
func (p *printer) documentLength() string {
	if p.line.has("-l") {
		return "Variable"
	}
	length := 0.0
	if n := p.answers(); n > 0 {
		length = math.Round(float64(p.phase.ReceivedBodyBytes) / float64(n))
	}
	return fmt.Sprintf("%.0f bytes", length)
}

// keptAlive returns the number of answers behind which the connection stayed.
func (p *printer) keptAlive() uint64 {
	closed := p.phase.AnnouncedCloses + p.phase.RequestedCloses
	return p.answers() - min(closed, p.answers())
}

func count(n uint64) string { return fmt.Sprintf("%d", n) }

func printAB(p *printer) {
	switch {
	case p.line.has("-w"):
		p.abHTML()
		return
	case p.line.abHeartbeat() > 0:
		p.notes = append(p.notes, fmt.Sprintf("Finished %d requests", p.abDone()))
	default:
		p.printf("done\n")
	}
	p.printf("\n\n")
	for _, r := range p.abRows() {
		switch {
		case r.name != "":
			p.printf("%-24s%s\n", r.name+":", r.value)
		default:
			p.printf("%s\n", r.value)
		}
	}
	if p.abDone() == 0 {
		return
	}
	p.connectionTimes()
	if times := p.abTimes(); !p.line.has("-d") && times.total.n > 1 {
		p.printf("\nPercentage of the requests served within a certain time (ms)\n")
		for _, percent := range []uint64{50, 66, 75, 80, 90, 95, 98, 99} {
			p.printf("  %d%%  %5.0f\n", percent, milliseconds(times.total.at(times.total.n*percent/100)))
		}
		p.printf(" 100%%  %5.0f (longest request)\n", milliseconds(times.total.high))
	}
}

// milliseconds rounds nanoseconds as ab does: to microseconds, then to milliseconds.
func milliseconds(ns float64) float64 { return math.Floor((math.Floor(ns/1000) + 500) / 1000) }

// abHTML prints the report as ab's -w does.
func (p *printer) abHTML() {
	const tr, td = ` bgcolor=white`, ` bgcolor=white`
	p.printf("\n\n<table >\n")
	for _, r := range p.abRows() {
		switch {
		case r.name != "":
			p.printf("<tr%s><th colspan=2%s>%s:</th><td colspan=2%s>%s</td></tr>\n", tr, td, r.name, td, htmlText(r.value))
		case r.value != "":
			p.printf("<tr%s><td colspan=4%s>%s</td></tr>\n", tr, td, htmlText(r.value))
		}
	}
	times := p.abTimes()
	if times.total.n > 0 {
		p.printf("<tr%s><th%s colspan=4>Connection Times (ms)</th></tr>\n", tr, td)
		p.printf("<tr%s><th%s>&nbsp;</th> <th%s>min</th>   <th%s>avg</th>   <th%s>max</th></tr>\n", tr, td, td, td, td)
		for _, r := range times.rows() {
			p.printf("<tr%s><th%s>%s</th>", tr, td, r.name)
			for _, ns := range []float64{r.min, r.mean, r.max} {
				p.printf("<td%s>%5.0f</td>", td, milliseconds(ns))
			}
			p.printf("</tr>\n")
		}
	}
	p.printf("</table>\n")
}

func htmlText(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(strings.TrimSpace(text))
}
