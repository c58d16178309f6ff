package export

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/gate"
	"github.com/joust-bench/joust/results/metric"
)

// The elements of JUnit's XML that CI systems read.
type (
	suites struct {
		XMLName  xml.Name `xml:"testsuites"`
		Name     string   `xml:"name,attr"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Errors   int      `xml:"errors,attr"`
		Skipped  int      `xml:"skipped,attr"`
		Suites   []*suite `xml:"testsuite"`
	}
	suite struct {
		Name      string     `xml:"name,attr"`
		Timestamp string     `xml:"timestamp,attr"`
		Tests     int        `xml:"tests,attr"`
		Failures  int        `xml:"failures,attr"`
		Errors    int        `xml:"errors,attr"`
		Skipped   int        `xml:"skipped,attr"`
		Cases     []testCase `xml:"testcase"`
	}
	testCase struct {
		Class   string   `xml:"classname,attr"`
		Name    string   `xml:"name,attr"`
		Seconds string   `xml:"time,attr"`
		Error   *message `xml:"error"`
		Failure *message `xml:"failure"`
		Skipped *message `xml:"skipped"`
		Output  string   `xml:"system-out,omitempty"`
	}
	message struct {
		Message string `xml:"message,attr"`
	}
)

// seconds is the form of an instant without its zone, as JUnit has it.
const seconds = "2006-01-02T15:04:05"

// writeJUnit writes a suite a scenario and protocol, with a case a cell: it passes where
// some trial counts, is in error where all are void, and is skipped where it was not
// measured. Thresholds have a suite of their own, with a case a cell.
func writeJUnit(out *bytes.Buffer, from Source) error {
	all := suites{Name: "joust run " + from.Set.Run.ID}
	byName := map[string]*suite{}
	for _, p := range places(from.Set) {
		if p.Phase == cells.WholeLadder {
			continue
		}
		name := p.Table.Scenario + " on " + p.Table.Protocol
		if byName[name] == nil {
			byName[name] = &suite{Name: name, Timestamp: from.Set.Run.Started.UTC().Format(seconds)}
			all.Suites = append(all.Suites, byName[name])
		}
		byName[name].add(p.testCase())
	}
	if len(from.Gates) > 0 {
		all.Suites = append(all.Suites, &suite{Name: "thresholds", Timestamp: from.Set.Run.Started.UTC().Format(seconds)})
	}
	for i := range from.Gates {
		all.Suites[len(all.Suites)-1].add(gateCase(&from.Gates[i]))
	}
	for _, s := range all.Suites {
		all.Failures += s.Failures
		all.Tests += s.Tests
		all.Errors += s.Errors
		all.Skipped += s.Skipped
	}
	out.WriteString(xml.Header)
	e := xml.NewEncoder(out)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return fmt.Errorf("writing the run as JUnit's XML: %w", err)
	}
	out.WriteByte('\n')
	return nil
}

func (s *suite) add(c testCase) {
	s.Tests++
	switch {
	case c.Error != nil:
		s.Errors++
	case c.Failure != nil:
		s.Failures++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

// testCase returns the case of the place: its time is that of the windows of its trials.
func (p *place) testCase() testCase {
	c := testCase{Class: p.Table.Scenario + "." + p.Server.Name, Name: p.Server.Name + " " + p.Phase + " is valid"}
	var windows time.Duration
	for _, s := range p.Valid {
		windows += time.Duration(s.Load.WindowNS())
	}
	c.Seconds = fmt.Sprintf("%.3f", windows.Seconds())
	switch {
	case p.Absent == cells.Void:
		c.Error = &message{"void: " + p.Why}
	case p.Absent != "":
		c.Skipped = &message{string(p.Absent) + ": " + p.Why}
	}
	var text strings.Builder
	for _, f := range p.figures() {
		fmt.Fprintf(&text, "%s %s%s %s\n", f.name, f.mark(), number(f.Value), f.unitText())
	}
	c.Output = text.String()
	return c
}

// gateCase returns the case of a bound in one cell. One that cannot be told passes, and says
// so.
func gateCase(r *gate.Result) testCase {
	c := testCase{Class: "threshold", Name: strings.TrimSpace(r.Gate.Text + " " + r.Cell), Seconds: "0", Output: r.String()}
	switch r.Outcome {
	case metric.Broken:
		c.Failure = &message{r.String()}
	case metric.NotMeasured:
		c.Skipped = &message{r.String()}
	}
	return c
}
