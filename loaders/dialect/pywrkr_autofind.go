package dialect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/joust-bench/joust/results"
)

// Step is one load of a search for the capacity.
type Step struct {
	Users int
	// RPS is in requests a second, the percentiles are in seconds, ErrorRate is in percent.
	RPS, P50, P95, P99, ErrorRate float64
	Requests, Errors              uint64
	// Kept is true where the step kept the limits of the search.
	Kept bool
}

// Searches reports whether the line asks for a search for the capacity, which has a report
// of its own.
func (l *Line) Searches() bool { return l.has("--autofind") }

// autofind completes a line that searches for the most users.
func (l *Line) autofind() error {
	from, to, factor := l.number("--start-users"), l.number("--max-users"), l.number("--step-multiplier")
	switch {
	case from < 1:
		return fmt.Errorf("--start-users must be at least 1, got %s", l.value("--start-users"))
	case to <= from:
		return fmt.Errorf("--max-users (%.0f) must be greater than --start-users (%.0f)", to, from)
	case factor <= 1:
		return fmt.Errorf("--step-multiplier (%g) must be greater than 1.0", factor)
	}
	l.setThink()
	l.behave("--find=users", fmt.Sprintf("--keep=p95<=%ss,error_rate<=%s%%", l.value("--max-p95"), l.value("--max-error-rate")),
		"--find-from="+l.value("--start-users"), "--find-to="+l.value("--max-users"), "--find-factor="+l.value("--step-multiplier"),
		"--step="+l.value("--step-duration"))
	return nil
}

// PrintSearch returns the report of a search; most is 0 where no step kept the limits.
func (l *Line) PrintSearch(steps []Step, most int) Printed {
	var b bytes.Buffer
	line := strings.Repeat("=", 60)
	answer := "could not be determined"
	if most > 0 {
		answer = fmt.Sprintf("%d users", most)
	}
	fmt.Fprintf(&b, "\n%s\n  AUTOFIND RESULTS\n%s\n  Maximum sustainable load: %s\n\n  Step Results:\n", line, line, answer)
	fmt.Fprintf(&b, "  %5s | %8s | %7s | %7s | %7s | %6s | Status\n", "Users", "RPS", "p50", "p95", "p99", "Errors")
	for _, s := range steps {
		status := "OK"
		if !s.Kept {
			status = "FAIL"
		}
		fmt.Fprintf(&b, "  %5d | %8.1f | %7s | %7s | %7s | %5.1f%% | %s\n", s.Users, s.RPS, brief(s.P50), brief(s.P95), brief(s.P99), s.ErrorRate, status)
	}
	fmt.Fprintf(&b, "%s\n", line)
	out := Printed{Text: b.Bytes()}
	if l.has("--json") {
		// Numbers and texts are always JSON.
		if text, err := json.MarshalIndent(l.searchJSON(steps, most), "", "  "); err == nil {
			out.Files = []File{{"--json", l.value("--json"), text}}
		}
	}
	return out
}

// brief prints seconds in the table of a search.
func brief(s float64) string {
	if s < 1 {
		return fmt.Sprintf("%.0fms", s*1e3)
	}
	return fmt.Sprintf("%.1fs", s)
}

// searchJSON returns a search in the keys of pywrkr's JSON.
func (l *Line) searchJSON(steps []Step, most int) object {
	var list []object
	for _, s := range steps {
		list = append(list, object{
			{"users", s.Users}, {"rps", rounded(s.RPS, 2)}, {"p50", rounded(s.P50, 4)}, {"p95", rounded(s.P95, 4)}, {"p99", rounded(s.P99, 4)},
			{"error_rate", rounded(s.ErrorRate, 2)}, {"total_requests", s.Requests}, {"total_errors", s.Errors}, {"passed", s.Kept},
		})
	}
	var found any // null where there is none
	if most > 0 {
		found = most
	}
	return object{
		{"url", results.Redacted(l.URL)}, {"max_error_rate", l.number("--max-error-rate")}, {"max_p95", l.number("--max-p95")},
		{"step_duration", l.number("--step-duration")}, {"max_sustainable_users", found}, {"steps", list},
	}
}
