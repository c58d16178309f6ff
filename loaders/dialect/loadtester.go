package dialect

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/joust-bench/joust/results"
)

// loadTester is the mini load tester.
func loadTester() *Dialect {
	return &Dialect{
		Name: "load-tester", Title: "exactly so many requests, a new connection each", Example: "joust as load-tester --url http://127.0.0.1:8080/ --requests 1000 --concurrency 20",
		Usage: "Usage: load-tester --url URL [--requests N] [--concurrency C]", Flags: loadTesterFlags(), BadUsage: 2, Interrupted: 130,
		settle: settleLoadTester, head: loadTesterHead, print: printLoadTester, progress: loadTesterProgress, redraws: true,
	}
}

func loadTesterFlags() []Flag {
	return []Flag{
		{Names: "--url -u", Value: true, Form: webURL, Printed: true, Note: "the URL is joust load's argument"},
		{Names: "--requests -n", Value: true, Form: whole, Default: "100", Joust: "-n {}"},
		{Names: "--concurrency -c", Value: true, Form: whole, Default: "10", Joust: "-c {}"},
		{Names: "-h --help", Tells: tellsHelp, Note: toldHelp},
	}
}

// settleLoadTester completes the line: each request has a connection and an id of its
// own, and its time begins before the connect.
func settleLoadTester(l *Line) error {
	if l.has("--url") {
		l.URL = l.value("--url")
	}
	var errs []error
	n, c := l.number("-n"), l.number("-c")
	if l.URL == "" {
		errs = append(errs, errors.New("there is no URL to ask: give it with --url"))
	}
	if n < 1 || c < 1 {
		errs = append(errs, fmt.Errorf("--requests %.0f, --concurrency %.0f: both must be at least 1", n, c))
	}
	l.behave("-n", l.value("-n"), "-c", l.value("-c"), "--warmup", "0")
	l.behave("--reconnect", "1", "--latency-from", "connect", "--request-id")
	return errors.Join(errs...)
}

func loadTesterHead(w io.Writer, l *Line) {
	fmt.Fprintf(w, "Target: %s\nRequests: %s, Concurrency: %s\n", results.Redacted(l.URL), l.value("-n"), l.value("-c"))
}

func loadTesterProgress(l *Line, done, _ uint64) string {
	return fmt.Sprintf("Running...  [%d/%s]", done, l.value("-n"))
}

// mostListed is the number of slowest requests that are printed.
const mostListed = 5

func printLoadTester(p *printer) {
	total, failed := p.ended(), p.phase.Total.Failed
	p.printf("Running...  [%d/%s] done\n\n", total, p.line.value("-n"))
	p.printf("Total:      %d\nSucceeded:  %d\nFailed:     %d\n", total, total-failed, failed)
	p.printf("Duration:   %.3fs\nThroughput: %.2f req/s\n", p.seconds(), p.perSecond(float64(total)))
	if n := p.service.n; n > 0 {
		p.printf("\nLatency:\n")
		for _, percent := range []uint64{50, 90, 99} {
			p.printf("  p%d: %s\n", percent, short(p.service.at(min(n*percent/100, n-1))))
		}
		p.printf("  max: %s\n", short(p.service.high))
	}
	if len(p.phase.Total.Status) > 0 {
		p.printf("\nStatus codes:\n")
		for _, code := range slices.Sorted(maps.Keys(p.phase.Total.Status)) {
			p.printf("  %s: %d\n", code, p.phase.Total.Status[code])
		}
	}
	if list := p.phase.Slowest; len(list) > 0 {
		p.printf("\nSlowest requests:\n")
		for _, s := range list[:min(len(list), mostListed)] {
			p.printf("  %s  %d  %s\n", short(float64(s.EndNS-s.SentNS)), s.Status, s.ID)
		}
	}
}

// short prints nanoseconds as a duration.
func short(ns float64) string { return time.Duration(ns).Round(time.Microsecond).String() }
