package dialect

import (
	"fmt"
	"strings"
)

// endpoint is a URL of a file, or a group of several, with a printer of its requests alone.
type endpoint struct {
	// method is empty for a group of several URLs.
	method, url string
	*printer
}

// readEndpoints reads the endpoints of a load on the URLs of a file; none for others.
func (p *printer) readEndpoints() error {
	for _, name := range p.line.Groups {
		of := p.phase.Total
		if len(p.phase.Groups) > 0 {
			of = p.phase.Groups[name]
		}
		alone := *p.phase
		alone.Total, alone.Groups = of, nil
		service, err := latencyOf(of.Service)
		if err != nil {
			return fmt.Errorf("reading the latency of %s: %w", name, err)
		}
		e := endpoint{url: name, printer: &printer{line: p.line, report: p.report, phase: &alone, service: service}}
		if p.report.GroupedBy == "" {
			e.method, e.url, _ = strings.Cut(name, " ")
		}
		if strings.HasPrefix(e.url, "/") {
			e.url = p.line.Origin + e.url
		}
		p.endpoints = append(p.endpoints, e)
	}
	if p.report.GroupedBy != "" && len(p.endpoints) > 0 {
		p.note("%d URLs are too many to tell apart: their results stand together by %s", p.report.URLs, p.report.GroupedBy)
	}
	return nil
}

// failed reports whether all requests of the endpoint failed.
func (e *endpoint) failed() bool { return e.ended() > 0 && e.errors() == e.ended() }

// The widths of pywrkr's table of URLs.
const (
	pyTable = 90
	pyURL   = 40
)

// shown returns the URL as the table has room for it.
func (e *endpoint) shown() string {
	if len(e.url) <= pyURL {
		return e.url
	}
	return e.url[:pyURL-3] + "..."
}

// pywrkrURLs prints the table of the URLs.
func (p *printer) pywrkrURLs() {
	if len(p.endpoints) == 0 {
		return
	}
	wide := strings.Repeat("=", pyTable)
	p.printf("\n%s\n  MULTI-URL COMPARISON SUMMARY\n%s\n", wide, wide)
	row := func(number, method, url, requests, rps, p50, p95, p99, errors string) {
		p.printf("  %3s  %-7s %-*s %7s %9s %9s %9s %9s %6s\n", number, method, pyURL, url, requests, rps, p50, p95, p99, errors)
	}
	dashes := func(n int) string { return strings.Repeat("─", n) }
	p.printf("\n")
	row("#", "Method", "URL", "Reqs", "RPS", "p50", "p95", "p99", "Errs")
	row(dashes(3), dashes(7), dashes(pyURL), dashes(7), dashes(9), dashes(9), dashes(9), dashes(9), dashes(6))
	for i := range p.endpoints {
		e := &p.endpoints[i]
		at := func(percent float64) string { return pyDuration(e.service.percentile(percent) / 1e9) }
		share := float64(e.errors()) / float64(max(1, e.ended())) * 100
		row(fmt.Sprint(i+1), e.method, e.shown(), commasOf(e.ended()), commas(e.perSecond(float64(e.ended())), 1),
			at(50), at(95), at(99), fmt.Sprintf("%.1f%%", share))
	}
	p.printf("\n%s\n  Total: %d endpoints, %s requests, %s errors, %s transferred\n%s\n\n", wide, len(p.endpoints),
		commasOf(p.ended()), commasOf(p.errors()), pyBytes(float64(p.phase.ReceivedBodyBytes)), wide)
}

// pywrkrURLsJSON returns the results in the keys of pywrkr's JSON of several URLs. What is
// counted for all URLs together stands in none.
func (p *printer) pywrkrURLsJSON() object {
	list := make([]object, len(p.endpoints))
	for i := range p.endpoints {
		e := &p.endpoints[i]
		list[i] = append(e.durationJSON(0), e.endedJSON()...)
		list[i] = append(append(list[i], e.causesJSON()...), e.latencyJSON()...)
		list[i] = append(list[i], member{"url", e.url}, member{"method", e.method})
	}
	return object{
		{"mode", "multi_url"}, {"endpoint_count", len(list)}, {"total_requests", p.ended()}, {"total_errors", p.errors()},
		{"endpoints", list},
	}
}
