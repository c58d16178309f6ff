package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/harness/certify"
	truth "github.com/joust-bench/joust/loaders/certify"
)

// aCertificate has a row of every kind, and one that misses its bound.
func aCertificate() *certify.Certificate {
	c := &certify.Certificate{Schema: certify.Schema, Engine: "evloop", Took: 90 * time.Second}
	c.Host.CPUModel, c.Host.Kernel = "Some CPU", "6.1"
	c.Checks = []truth.Check{
		{Law: "stall", Figure: "corrected p95", Unit: truth.Nanoseconds, Expected: 550e6, Measured: 551.234567e6, Deviation: 0.00224, Bound: truth.Bound{Kind: truth.Relative, Limit: 0.02}, OK: true},
		{Law: "stall", Figure: "p50", Unit: truth.Nanoseconds, Expected: 80e3, Measured: 50e3, Deviation: -30e3, Bound: truth.Bound{Kind: truth.Absolute, Limit: 100e3}, OK: true},
		{Law: "stall", Figure: "service p95", Unit: truth.Nanoseconds, Expected: 1e8, Measured: 1e6, Deviation: -99e6, Bound: truth.Bound{Kind: truth.AtMost}, OK: true},
		{Law: "counting", Figure: "requests", Unit: truth.Requests, Expected: 1234567, Measured: 1234568, Deviation: 1, Bound: truth.Bound{Kind: truth.Exact}},
		{Law: "overload", Figure: "achieved", Unit: truth.PerSecond, Expected: 10000, Measured: 9990, Deviation: -0.001, Bound: truth.Bound{Kind: truth.Relative, Limit: 0.02}, OK: true},
		{Law: "hang", Figure: "cause", Unit: truth.UnitText, ExpectedText: "timeout", MeasuredText: "timeout 8", OK: true},
	}
	return c
}

func TestCertificateTable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := (&app{stdout: &out}).printCertificate(aCertificate(), "text", nil)
	if exitCode(t.Context(), err) != ExitWrong {
		t.Errorf("a missed bound ends with %v, want exit status %d", err, ExitWrong)
	}
	for _, want := range []string{
		"corrected p95 │ 550ms     │ 551.2ms   │ +0.22 %   │ ± 2 %",
		"p50           │ 80µs      │ 50µs      │ -30µs     │ ± 100µs",
		"service p95   │ 100ms     │ 1ms       │           │ at most",
		"requests      │ 1234567   │ 1234568   │ +1        │ exact   │ MISSED",
		"achieved      │ 10000.0/s │ 9990.0/s  │ -0.10 %   │ ± 2 %   │ ok",
		"cause         │ timeout   │ timeout 8 │           │         │ ok",
		"evloop on Some CPU, kernel 6.1: 6 figures, 1 miss their bound, 0 cases could not be run, 1m30s",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no line with %q in\n%s", want, out.String())
		}
	}
	if strings.Count(out.String(), "stall") != 1 {
		t.Error("a law is named in more than its first line")
	}
}

func TestCertificateAsJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := aCertificate()
	c.OK = true
	if err := (&app{stdout: &out}).printCertificate(c, "json", nil); err != nil {
		t.Error(err)
	}
	var again certify.Certificate
	if err := json.Unmarshal(out.Bytes(), &again); err != nil || len(again.Checks) != 6 || again.Checks[3] != c.Checks[3] {
		t.Errorf("got %+v, %v", again.Checks, err)
	}
	if err := (&app{stdout: &out}).printCertificate(c, "json", errors.New("interrupted")); err == nil {
		t.Error("a battery that ended early ends well")
	}
}

func TestCertifyRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, says string }{
		{"--laws gravity", "stall, delay"},
		{"--rates 0", "rate 0"},
		{"--rates fast", "--rates"},
		{"--format yaml", "the formats are text, json"},
		{"--idle doze", "spin, gather, hybrid or wait"},
		{"--engine steam", "evloop"},
		{"--threads 0", "from 1"},
		{"--pin sideways", "sideways"},
		{"now", "takes no arguments"},
	} {
		var out, errs bytes.Buffer
		got := Run(append([]string{"certify"}, strings.Fields(c.args)...), strings.NewReader(""), &out, &errs)
		if got != ExitUsage || !strings.Contains(errs.String(), c.says) {
			t.Errorf("certify %s: exit status %d, %q, want %d and %q", c.args, got, errs.String(), ExitUsage, c.says)
		}
	}
}
