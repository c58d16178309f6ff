package dialect

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/joust-bench/joust/results/metric"
)

// threshold is one of pywrkr's, with its limit in seconds, in percent or in requests a
// second.
type threshold struct {
	text, metric string
	op           metric.Op
	limit        float64
}

// thresholdForm is a threshold of pywrkr.
var thresholdForm = regexp.MustCompile(`^\s*(p50|p75|p90|p95|p99|avg_latency|max_latency|min_latency|error_rate|rps)\s*(<=?|>=?)\s*([0-9]*\.?[0-9]+)\s*(ms|s|us|%)?\s*$`)

// thresholds reads the thresholds of the line. The error has a line for each wrong one.
func (l *Line) thresholds() (list []threshold, err error) {
	for _, text := range l.values("--threshold") {
		t, wrong := parseThreshold(text)
		list, err = append(list, t), errors.Join(err, wrong)
	}
	return list, err
}

func parseThreshold(text string) (threshold, error) {
	m := thresholdForm.FindStringSubmatch(text)
	if m == nil {
		return threshold{}, fmt.Errorf("--threshold %q: write p50, p75, p90, p95, p99, avg_latency, max_latency, min_latency, error_rate or rps, one of < <= > >=, and a limit, such as p95 < 300ms", text)
	}
	limit, err := strconv.ParseFloat(m[3], 64)
	if err != nil {
		return threshold{}, fmt.Errorf("--threshold %q: %w", text, err)
	}
	t := threshold{text: text, metric: m[1], op: metric.Op(m[2]), limit: limit}
	latency := t.metric != "error_rate" && t.metric != "rps"
	switch unit := m[4]; {
	case unit == "%" && t.metric != "error_rate", unit != "" && unit != "%" && !latency:
		return t, fmt.Errorf("--threshold %q: %s has no limit in %s", text, t.metric, unit)
	case unit == "ms":
		t.limit /= 1e3
	case unit == "us":
		t.limit /= 1e6
	}
	return t, nil
}

// actual returns the value of the threshold's metric, in the unit of its limit, and as
// pywrkr prints it.
func (p *printer) actual(t threshold) (value float64, text string) {
	switch t.metric {
	case "error_rate":
		value = float64(p.errors()) / float64(max(1, p.ended())) * 100
		return value, fmt.Sprintf("%.2f%%", value)
	case "rps":
		value = p.perSecond(float64(p.ended()))
		return value, fmt.Sprintf("%.2f", value)
	case "avg_latency":
		value = p.service.mean
	case "max_latency":
		value = p.service.high
	case "min_latency":
		value = p.service.low
	default:
		percent, _ := strconv.ParseFloat(t.metric[1:], 64) // the form knows no other
		value = p.service.percentile(percent)
	}
	return value / 1e9, pyDuration(value / 1e9)
}

// holds reports whether the threshold is kept. A latency that was not measured keeps none.
func (p *printer) holds(t threshold) bool {
	value, _ := p.actual(t)
	measured := p.service.n > 0 || t.metric == "error_rate" || t.metric == "rps"
	return measured && p.ended() > 0 && t.op.Holds(value, t.limit)
}

// printThresholds prints the outcome of each threshold.
func (p *printer) printThresholds() {
	list, _ := p.line.thresholds() // settlePywrkr has refused wrong ones
	if len(list) == 0 {
		return
	}
	p.title("SLO THRESHOLDS")
	broken := 0
	for _, t := range list {
		_, actual := p.actual(t)
		outcome := "PASS"
		if !p.holds(t) {
			outcome = "FAIL"
			broken++
		}
		p.printf("    %-19s Actual: %-14s %s\n", t.text, actual, outcome)
	}
	if broken == 0 {
		p.printf("\n  Result: ALL THRESHOLDS PASSED\n")
	} else {
		p.printf("\n  Result: %d THRESHOLD(S) FAILED\n", broken)
	}
}

// pywrkrCode returns 2 where a threshold is broken, and else 1 where all requests of one of
// several URLs failed.
func pywrkrCode(p *printer) int {
	list, _ := p.line.thresholds() // settlePywrkr has refused wrong ones
	for _, t := range list {
		if !p.holds(t) {
			return 2
		}
	}
	for i := range p.endpoints {
		if p.endpoints[i].failed() {
			return 1
		}
	}
	return 0
}
