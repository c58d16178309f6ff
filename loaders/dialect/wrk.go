package dialect

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
)

// wrk is wrk 4.
func wrk() *Dialect {
	return &Dialect{
		Name: "wrk", Title: "closed loop for a time", Example: "joust as wrk -t2 -c100 -d30s --latency http://127.0.0.1:8080/",
		Usage: "Usage: wrk <options> <url>", Flags: wrkFlags(), BadUsage: 1, script: true,
		settle: settleWrk, head: wrkHead, print: printWrk,
	}
}

// wrk2 is wrk at a constant rate.
func wrk2() *Dialect {
	return &Dialect{
		Name: "wrk2", Title: "open loop at a constant rate", Example: "joust as wrk2 -t2 -c100 -d30s -R2000 --latency http://127.0.0.1:8080/",
		Usage: "Usage: wrk2 <options> <url>", Flags: slices.Concat(wrkFlags(), wrk2Flags()), BadUsage: 1, script: true,
		settle: settleWrk2, head: wrkHead, print: printWrk2,
	}
}

func wrkFlags() []Flag {
	return []Flag{
		{Names: "-c --connections", Value: true, Form: wrkCount, Default: "10", Joust: "-c {}"},
		{Names: "-t --threads", Value: true, Form: wrkCount, Default: "2", Joust: "-t {}"},
		{Names: "-d --duration", Value: true, Form: wrkTime, Default: "10s", Joust: "-d {}"},
		{Names: "-H --header", Value: true, Joust: "-H {}"},
		{Names: "-s --script", Value: true, Form: luaFile, Joust: "--script {}"},
		{Names: "--latency -L", Printed: true, Note: Percentiles},
		{Names: "-T --timeout", Value: true, Form: wrkTime, Default: "2s", Joust: "--timeout {}"},
		{Names: "-v --version", Tells: tellsVersion, Missing: toldVersion},
		{Names: "-h --help", Tells: tellsHelp, Note: toldHelp},
	}
}

func wrk2Flags() []Flag {
	return []Flag{
		{Names: "-R --rate", Value: true, Form: wrkCount, Joust: "-R {}"},
		{Names: "-U --u_latency", Printed: true, Note: "joust prints service time beside the corrected latency"},
		{Names: "-B --batch_latency", Missing: "joust measures each request by itself"},
	}
}

// The texts that a flag may ask for in place of a load.
const (
	tellsHelp    = "help"
	tellsVersion = "version"
	toldHelp     = "the help is joust load --help"
	toldVersion  = "the version is told by joust --version"
)

// settleWrk checks the line. wrk has no warm-up, and counts every status.
func settleWrk(l *Line) error {
	var errs []error
	if l.URL == "" {
		errs = append(errs, errors.New("there is no URL to ask"))
	}
	connections, threads := l.number("-c"), l.number("-t")
	if connections < threads || connections == 0 {
		errs = append(errs, fmt.Errorf("-c %.0f with -t %.0f: number of connections must be >= threads", connections, threads))
	}
	for _, name := range []string{"-t", "-d", "-T"} {
		if strings.Trim(l.value(name), "0smh") == "" {
			errs = append(errs, fmt.Errorf("%s %s: must be above 0", name, l.value(name)))
		}
	}
	l.behave("-c", l.value("-c"), "-t", l.value("-t"), "-d", l.value("-d"), "--timeout", l.value("-T"), "--warmup", "0", "--expect-status", "any")
	for _, header := range l.values("-H") {
		if name, value, ok := strings.Cut(header, ":"); ok && !strings.HasPrefix(value, " ") {
			l.Notes = append(l.Notes, fmt.Sprintf("-H %s: wrk leaves out a header without a space behind its colon; joust sends it as %s: %s", header, name, value))
		}
	}
	l.trustAnybody()
	return errors.Join(errs...)
}

func settleWrk2(l *Line) error {
	var missing error
	if l.number("-R") == 0 {
		missing = errors.New("throughput MUST be specified with the --rate or -R option")
	}
	if l.has("-s") {
		l.behave("--compat", "wrk2")
	}
	return errors.Join(settleWrk(l), missing)
}

// trustAnybody adds the argument for tools that verify no certificate.
func (l *Line) trustAnybody() {
	if l.secure() {
		l.behave("-k")
	}
}

// scale is a row of units that wrk prints: each is per times the one before.
type scale struct {
	base  string
	units []string
	per   float64
}

var (
	microseconds = scale{base: "us", units: []string{"ms", "s"}, per: 1000}
	minutes      = scale{base: "s", units: []string{"m", "h"}, per: 60}
	binary       = scale{units: []string{"K", "M", "G", "T", "P"}, per: 1024}
	metrical     = scale{units: []string{"k", "M", "G", "T", "P"}, per: 1000}
)

// format prints a value in the unit that wrk takes: the next one from 85 % of it on, and
// never the last.
func (s scale) format(value float64, decimals int) string {
	unit := s.base
	for i := 0; i+1 < len(s.units) && value >= s.per*0.85; i++ {
		value, unit = value/s.per, s.units[i]
	}
	return strconv.FormatFloat(value, 'f', decimals, 64) + unit
}

// wrkTimes prints a duration in nanoseconds.
func wrkTimes(ns float64) string {
	if us := ns / 1000; us < 1e6 {
		return microseconds.format(us, 2)
	}
	return minutes.format(ns/1e9, 2)
}

func wrkRates(rps float64) string { return metrical.format(rps, 2) }

// wrkBytes prints a size without its letter B.
func wrkBytes(n float64) string { return binary.format(n, 2) }

// cell prints a value in a column, in which the units have places of their own.
func cell(text string, width int) string {
	pad := 2
	for i := len(text) - 1; i >= len(text)-2 && i >= 0 && (text[i] < '0' || text[i] > '9'); i-- {
		pad--
	}
	width -= pad
	return fmt.Sprintf("%*.*s%.*s", width, width, text, pad, "  ")
}

func wrkHead(w io.Writer, l *Line) {
	seconds, _ := secondsOf(l.value("-d"))
	fmt.Fprintf(w, "Running %s test @ %s\n", minutes.format(seconds, 0), results.Redacted(l.URL))
	fmt.Fprintf(w, "  %.0f threads and %.0f connections\n", l.number("-t"), l.number("-c"))
}

// secondsOf reads a duration as joust load does.
func secondsOf(text string) (seconds float64, err error) {
	d, err := results.ParseDuration(text)
	return d.Seconds(), err
}

// moments are the figures of a row of wrk's thread statistics.
type moments struct{ mean, stdev, max, within float64 }

func (l latency) moments() moments {
	low, high := l.mean-l.stdev(), l.mean+l.stdev()
	return moments{mean: l.mean, stdev: l.stdev(), max: l.high, within: l.within(low, high)}
}
