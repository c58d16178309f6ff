package dialect

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
)

// hey is rakyll's hey.
func hey() *Dialect {
	return &Dialect{
		Name: "hey", Title: "closed loop for a number of requests or a time, rate a worker", Example: "joust as hey -n 20000 -c 100 http://127.0.0.1:8080/",
		Usage: "Usage: hey [options...] <url>", Flags: heyFlags(), BadUsage: 1, goFlags: true,
		settle: settleHey, print: printHey,
	}
}

// heyUA is what hey calls itself.
const heyUA = "hey/0.0.1"

var heyOutput = &Form{Fits: regexp.MustCompile(`^csv$`), Words: "csv"}

func heyFlags() []Flag {
	return []Flag{
		{Names: "-n", Value: true, Form: whole, Default: "200", Joust: "-n {}", Printed: true},
		{Names: "-c", Value: true, Form: whole, Default: "50", Joust: "-c {}"},
		{Names: "-q", Value: true, Form: Number, Joust: "-R {all}", Printed: true},
		{Names: "-z", Value: true, Form: Duration, Joust: "-d {}"},
		{Names: "-o", Value: true, Form: heyOutput, Printed: true, Missing: "joust writes no line for each request: take --format json"},
		{Names: "-m", Value: true, Default: "GET", Joust: "-m {}", Printed: true},
		{Names: "-H", Value: true, Joust: "-H {}"},
		{Names: "-t", Value: true, Form: heyTimeout, Default: "20", Joust: "--timeout {}"},
		{Names: "-A", Value: true, Form: MediaType, Joust: "-H Accept:~{}"},
		{Names: "-d", Value: true, Joust: "-b {}"},
		{Names: "-D", Value: true, Joust: "--body-file {}"},
		{Names: "-T", Value: true, Form: MediaType, Default: "text/html", Joust: "-H Content-Type:~{}"},
		{Names: "-U", Value: true, Joust: "-H User-Agent:~{}", As: "-H User-Agent:~{}~" + heyUA},
		{Names: "-a", Value: true, Joust: "-A {}"},
		{Names: "-x", Value: true, Joust: "--proxy {http}"},
		{Names: "-h2", Missing: NoHTTP2},
		{Names: "-host", Value: true, Joust: "-H Host:~{}"},
		{Names: "-disable-compression", Leaves: "--compressed", Note: AsksPlain},
		{Names: "-disable-keepalive", Joust: "--reconnect 1"},
		{Names: "-disable-redirects", Leaves: "--follow", Note: FollowsNone},
		{Names: "-cpus", Value: true, Form: whole, Joust: "-t {}", Printed: true},
		{Names: "-more", Printed: true, Note: Percentiles},
		{Names: "-h -help", Tells: tellsHelp, Note: toldHelp},
	}
}

// settleHey completes the line: hey follows redirects, accepts compressed answers, trusts
// every certificate and takes any status for an answer.
func settleHey(l *Line) error {
	var errs []error
	if l.URL == "" {
		errs = append(errs, errors.New("there is no URL to ask"))
	}
	n, c := l.number("-n"), l.number("-c")
	switch timed := l.has("-z"); {
	case c < 1 || n < 1 && !timed:
		errs = append(errs, errors.New("-n and -c cannot be smaller than 1"))
	case n < c && !timed:
		errs = append(errs, errors.New("-n cannot be less than -c"))
	case !timed:
		l.behave("-n", l.value("-n"))
	}
	l.behave("-c", l.value("-c"), "--timeout", l.value("-t"), "-m", strings.ToUpper(l.value("-m")), "--warmup", "0", "--expect-status", "any")
	if l.number("-q") > 0 {
		l.behave("-R", strconv.FormatFloat(l.number("-q")*c, 'f', -1, 64))
	}
	if l.number("-cpus") > 0 { // a thread without a connection has nothing to do
		l.behave("-t", strconv.FormatFloat(min(l.number("-cpus"), c), 'f', 0, 64))
	}
	l.behave("--follow", "--compressed", "--breakdown", "-H", "Content-Type: "+l.value("-T"), "-H", "User-Agent: "+heyUA)
	l.trustAnybody()
	return errors.Join(errs...)
}

func printHey(p *printer) {
	if p.line.has("-o") {
		p.heyRows()
		return
	}
	p.printf("\n")
	if p.service.n > 0 {
		p.heySummary()
	}
	if failed := p.phase.Total.Failed; failed > 0 || p.service.n == 0 {
		p.printf("Error distribution:\n")
		for _, cause := range results.MostFrequent(p.phase.Total.Errors) {
			p.printf("  [%d]\t%s\n", p.phase.Total.Errors[cause], cause)
		}
	}
	p.printf("\n")
}

func (p *printer) heySummary() {
	p.printf("Summary:\n  Total:\t%4.4f secs\n", p.seconds())
	p.printf("  Slowest:\t%4.4f secs\n  Fastest:\t%4.4f secs\n  Average:\t%4.4f secs\n", p.service.high/1e9, p.service.low/1e9, p.service.mean/1e9)
	p.printf("  Requests/sec:\t%4.4f\n  \n", p.perSecond(float64(p.ended())))
	if size := p.phase.ReceivedBodyBytes; size > 0 {
		p.printf("  Total data:\t%d bytes\n  Size/request:\t%d bytes\n", size, size/max(1, p.answers()))
	}
	p.heyHistogram()
	p.printf("\n\nLatency distribution:\n")
	for _, percent := range []uint64{10, 25, 50, 75, 90, 95, 99} {
		// hey takes the first value in whose place the share has been reached.
		if rank := (percent*p.service.n + 99) / 100; rank < p.service.n {
			p.printf("  %d%% in %4.4f secs\n", percent, p.service.at(rank)/1e9)
		}
	}
	p.heyDetails()
	p.printf("\nStatus code distribution:\n")
	for _, code := range slices.Sorted(maps.Keys(p.phase.Total.Status)) {
		p.printf("  [%s]\t%d responses\n", code, p.phase.Total.Status[code])
	}
	p.printf("\n\n")
}

// heyBars is the number of stretches of hey's histogram, behind a bar for the fastest.
const heyBars = 10

func (p *printer) heyHistogram() {
	bounds := make([]float64, heyBars+1)
	for i := range bounds {
		bounds[i] = p.service.low + (p.service.high-p.service.low)/heyBars*float64(i)
	}
	bounds[heyBars] = p.service.high
	counts := p.service.upTo(bounds)
	most := slices.Max(counts)
	p.printf("\nResponse time histogram:\n")
	for i, n := range counts {
		p.printf("  %4.3f [%d]\t|%s\n", bounds[i]/1e9, n, strings.Repeat("■", int((n*40+most/2)/max(1, most))))
	}
}

// heyDetails prints the steps of a request. On a connection that was there a request
// needs no time for the first two.
func (p *printer) heyDetails() {
	s := p.steps
	if s.total.n == 0 {
		return
	}
	p.printf("\nDetails (average, fastest, slowest):\n")
	for _, step := range []struct {
		name string
		of   latency
	}{
		{"DNS+dialup", s.connect.withZeros(s.total.n)}, {"DNS-lookup", s.lookup.withZeros(s.total.n)},
		{"req write", s.write}, {"resp wait", s.wait}, {"resp read", s.transfer},
	} {
		p.printf("  %s:\t%4.4f secs, %4.4f secs, %4.4f secs\n", step.name, step.of.mean/1e9, step.of.low/1e9, step.of.high/1e9)
	}
}

// mostRows is the most requests whose times hey keeps.
const mostRows = 1_000_000

// heyRows prints hey's CSV: a row for each answer, in rising order of its time. The report
// does not have the other figures of a single request: their fields are empty. The status
// is known where all answers have one.
func (p *printer) heyRows() {
	status := ""
	if len(p.phase.Total.Status) == 1 {
		for code := range p.phase.Total.Status {
			status = code
		}
	}
	p.printf("response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset")
	left := uint64(mostRows)
	for _, s := range p.service.samples {
		row := []byte(fmt.Sprintf("\n%4.4f,,,,,,%s,", float64(s.NS)/1e9, status))
		n := min(s.Count, left)
		left -= n
		p.text.Write(bytes.Repeat(row, int(n)))
	}
	p.printf("\n")
	p.note("-o csv: joust keeps a histogram and not each request, so the rows stand in rising order of their time, and fields that it does not have are empty")
}
