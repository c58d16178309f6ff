package dialect

import (
	"bytes"
	"math"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/joust-bench/joust/results"
)

func printWrk(p *printer) {
	p.threadStats(p.service, false)
	if p.line.has("--latency") {
		p.printf("  Latency Distribution\n")
		for _, percent := range []float64{50, 75, 90, 99} {
			p.printf("%7.0f%%%s\n", percent, cell(wrkTimes(p.service.percentile(percent)), 10))
		}
	}
	p.wrkTotals()
}

func printWrk2(p *printer) {
	p.threadStats(p.corrected, true)
	uncorrected := p.line.has("-U")
	if p.line.has("--latency") || uncorrected {
		p.spectrum(p.corrected, p.phase.Total.Corrected, "Recorded Latency")
	}
	if uncorrected {
		p.printf("\n")
		p.spectrum(p.service, p.phase.Total.Service, "Uncorrected Latency (measured without taking delayed starts into account)")
	}
	p.wrkTotals()
}

// threadStats prints the two rows about latency and requests a second. idle counts
// stretches without an answer too, as wrk2 does.
func (p *printer) threadStats(l latency, idle bool) {
	p.printf("  Thread Stats%6s%11s%8s%12s\n", "Avg", "Stdev", "Max", "+/- Stdev")
	row := func(name string, m moments, none bool, format func(float64) string) {
		mean, stdev := format(m.mean), format(m.stdev)
		if none && idle { // wrk2 prints the average of no values so
			unit := strings.TrimLeft(format(0), "0.")
			mean, stdev = "-nan"+unit, "-nan"+unit
		}
		p.printf("    %-10s%s%s%s%8.2f%%\n", name, cell(mean, 8), cell(stdev, 10), cell(format(m.max), 9), m.within)
	}
	rates := p.phase.WrkRates(p.report.Threads, idle)
	row("Latency", l.moments(), l.n == 0, wrkTimes)
	row("Req/Sec", momentsOf(rates), len(rates) == 0, wrkRates)
}

// momentsOf returns the figures of a list.
func momentsOf(list []float64) (m moments) {
	n := float64(len(list))
	if n == 0 {
		return m
	}
	for _, x := range list {
		m.mean += x / n
		m.max = max(m.max, x)
	}
	squares := 0.0
	for _, x := range list {
		squares += (x - m.mean) * (x - m.mean)
	}
	m.stdev = math.Sqrt(squares / max(1, n-1))
	for _, x := range list {
		if math.Abs(x-m.mean) <= m.stdev {
			m.within += 100 / n
		}
	}
	return m
}

// spectrum prints a distribution as HdrHistogram does.
func (p *printer) spectrum(l latency, h *results.Histogram, name string) {
	p.printf("  Latency Distribution (HdrHistogram - %s)\n", name)
	for _, percent := range []float64{50, 75, 90, 99, 99.9, 99.99, 99.999, 100} {
		p.printf("%7.3f%%%s\n", percent, cell(wrkTimes(l.percentile(percent)), 10))
	}
	p.printf("\n  Detailed Percentile spectrum:\n       Value   Percentile   TotalCount 1/(1-Percentile)\n\n")
	p.text.Write(spectrumOf(h))
	p.printf("----------------------------------------------------------\n")
}

// spectrumTicks is the number of lines for each halving of the share above a percentile.
const spectrumTicks = 5

// spectrumOf returns the lines of the percentiles of a distribution, in milliseconds.
func spectrumOf(h *results.Histogram) []byte {
	hdr := hdrhistogram.New(1, int64(time.Hour), 3)
	if h != nil && h.Count > 0 {
		// newPrinter has decoded it before.
		if decoded, err := hdrhistogram.Decode([]byte(h.HDRv2)); err == nil {
			hdr = decoded
		}
	}
	var all bytes.Buffer
	_, _ = hdr.PercentilesPrint(&all, spectrumTicks, float64(time.Millisecond)) // a buffer takes all
	_, lines, _ := bytes.Cut(all.Bytes(), []byte("\n\n"))
	return lines
}

// wrkTotals prints the lines behind the distributions.
func (p *printer) wrkTotals() {
	p.printf("  %d requests in %s, %sB read\n", p.answers(), wrkTimes(float64(p.phase.WindowNS())), wrkBytes(float64(p.phase.ReceivedBytes)))
	e := p.phase.WrkErrors()
	if e.Connect+e.Read+e.Write+e.Timeout > 0 {
		p.printf("  Socket errors: connect %d, read %d, write %d, timeout %d\n", e.Connect, e.Read, e.Write, e.Timeout)
	}
	if e.Status > 0 {
		p.printf("  Non-2xx or 3xx responses: %d\n", e.Status)
	}
	p.printf("Requests/sec: %9.2f\nTransfer/sec: %10sB\n", p.perSecond(float64(p.answers())), wrkBytes(p.perSecond(float64(p.phase.ReceivedBytes))))
	if script := p.report.Script; script != nil {
		p.printf("%s", script.Output)
	}
}
