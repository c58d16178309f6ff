package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
)

// checkOutcome is the outcome of joust check, as --format json prints it.
type checkOutcome struct {
	// Seed is that of the random inputs.
	Seed       uint64          `json:"seed"`
	DurationNS int64           `json:"duration_ns"`
	Servers    []checkedServer `json:"servers"`
	// Broken are servers whose manifest cannot be used.
	Broken []brokenServer `json:"broken,omitempty"`
}

// brokenServer is a server with the mistakes in its manifest.
type brokenServer struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// checkedServer is the outcome of one server.
type checkedServer struct {
	Name string `json:"name"`
	// NotHere says why the server cannot run here; empty where it was checked.
	NotHere    string       `json:"not_here,omitempty"`
	DurationNS int64        `json:"duration_ns,omitempty"`
	Rows       []checkedRow `json:"rows,omitempty"`
	// Conformance is absent where no row passed.
	Conformance *results.Conformance `json:"conformance,omitempty"`
	NotChecked  []string             `json:"not_checked,omitempty"`
	// Killed says that the server did not end when it was asked to.
	Killed string `json:"killed,omitempty"`
}

// checkedRow is the outcome of one row on one server. Why is the first difference, or
// the reason why the row is unsupported.
type checkedRow struct {
	Name    string `json:"name"`
	Outcome string `json:"outcome"`
	Why     string `json:"why,omitempty"`
}

// The outcomes of a row.
const (
	rowOK          = "ok"
	rowWrong       = "wrong"
	rowUnsupported = "unsupported"
	rowNotClaimed  = "not-claimed"
)

// count returns the number of rows with the outcome.
func (s checkedServer) count(outcome string) int {
	n := 0
	for _, r := range s.Rows {
		if r.Outcome == outcome {
			n++
		}
	}
	return n
}

// summary says in one line how the server did.
func (s checkedServer) summary() string {
	text := fmt.Sprintf("%s: %s ok", s.Name, results.Counted(s.count(rowOK), "row"))
	if wrong := s.count(rowWrong); wrong > 0 {
		text += fmt.Sprintf(", %d wrong", wrong)
	}
	if s.Conformance != nil {
		text += ", HTTP/1.1 " + scoreText(s.Conformance)
	}
	return text + ", " + time.Duration(s.DurationNS).Round(100*time.Millisecond).String()
}

// scoreText returns the score of the battery, such as "30 of 33".
func scoreText(c *results.Conformance) string {
	passed, asked := c.Score()
	return fmt.Sprintf("%d of %d", passed, asked)
}

// report prints the outcome. Wrong answers and broken servers make the exit code.
func (c *checker) report(f checkFlags) error {
	if f.format == formatJSON {
		if err := c.app.printJSON(c.checkOutcome); err != nil {
			return err
		}
	} else if err := c.print(f.verbose); err != nil {
		return err
	}
	if c.wrong() > 0 {
		return exit(ExitWrong)
	}
	if len(c.Broken) > 0 {
		return exit(ExitUsage)
	}
	return nil
}

func (o *checkOutcome) wrong() int {
	wrong := 0
	for _, s := range o.Servers {
		wrong += s.count(rowWrong)
	}
	return wrong
}

// print prints the grid of rows and servers, the score of each server, and the reasons.
func (c *checker) print(verbose bool) error {
	here := slices.DeleteFunc(slices.Clone(c.Servers), func(s checkedServer) bool { return s.NotHere != "" })
	for _, block := range blocks(here, c.gridWidth()) {
		if err := c.grid(block); err != nil {
			return err
		}
		if verbose {
			if err := c.points(block); err != nil {
				return err
			}
		}
	}
	for _, s := range c.Servers {
		c.remarks(s, verbose)
	}
	for _, b := range c.Broken {
		c.remark("%s: broken: %s", b.Name, indented(b.Why))
	}
	ok := 0
	for _, s := range here {
		ok += s.count(rowOK)
	}
	c.remark("%s and %s in %v: %d ok, %d wrong", results.Counted(len(here), "server"), results.Counted(len(c.rows), "row"),
		time.Duration(c.DurationNS).Round(100*time.Millisecond), ok, c.wrong())
	return nil
}

// usualWidth is the width of grids where there is no terminal, in columns.
const usualWidth = 120

// gridWidth is the width that is left for the servers.
func (c *checker) gridWidth() int {
	const frame = 6
	widest := 0
	for _, r := range c.rows {
		widest = max(widest, len(r.Name))
	}
	return cmp.Or(columns(c.app.stdout), usualWidth) - widest - frame
}

// blocks cuts the servers into groups whose columns have that width, with one server
// or more in each.
func blocks(servers []checkedServer, width int) [][]checkedServer {
	var out [][]checkedServer
	left := 0
	for _, s := range servers {
		const frame, narrowest = 3, len("30 of 33")
		need := max(narrowest, len(s.Name)) + frame
		if left -= need; left < 0 || len(out) == 0 {
			out = append(out, nil)
			left = width - need
		}
		out[len(out)-1] = append(out[len(out)-1], s)
	}
	return out
}

// grid prints a line a row and a column a server. The last line has the scores.
func (c *checker) grid(servers []checkedServer) error {
	marks := map[string]string{rowOK: "ok", rowWrong: "WRONG", rowUnsupported: "—", rowNotClaimed: ""}
	head, scores := []string{"scenario"}, []string{"HTTP/1.1 battery"}
	var lines [][]string
	for i, row := range c.rows {
		line := []string{row.Name}
		for _, s := range servers {
			line = append(line, marks[s.Rows[i].Outcome])
		}
		lines = append(lines, line)
	}
	for _, s := range servers {
		head = append(head, s.Name)
		score := "not asked"
		if s.Conformance != nil {
			score = scoreText(s.Conformance)
		}
		scores = append(scores, score)
	}
	return c.app.printTable(head, append(lines, scores))
}

// points prints a line a point of the battery and a column a server.
func (c *checker) points(servers []checkedServer) error {
	marks := map[results.ConformanceOutcome]string{results.ConformancePassed: "ok", results.ConformanceFailed: "FAILED", results.ConformanceNotAsked: "—"}
	head := []string{"HTTP/1.1 battery", "section"}
	var lines [][]string
	for _, s := range servers {
		if s.Conformance == nil {
			continue
		}
		head = append(head, s.Name)
		for i, p := range s.Conformance.Points {
			if i == len(lines) {
				lines = append(lines, []string{p.Name, p.Section})
			}
			lines[i] = append(lines[i], marks[p.Outcome])
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return c.app.printTable(head, lines)
}

// remarks prints what stands behind the marks of one server.
func (c *checker) remarks(s checkedServer, verbose bool) {
	if s.NotHere != "" {
		c.remark("%s: not here: %s", s.Name, s.NotHere)
		return
	}
	for _, outcome := range []string{rowWrong, rowUnsupported} {
		for _, r := range s.reasons(outcome) {
			c.remark("%s %s: %s: %s", s.Name, strings.Join(r.rows, ", "), outcome, indented(r.why))
		}
	}
	if s.Conformance != nil {
		c.failedPoints(s, verbose)
	}
	for _, why := range s.NotChecked {
		c.remark("%s: not checked: %s", s.Name, why)
	}
	if s.Killed != "" {
		c.remark("%s: %s", s.Name, s.Killed)
	}
}

// reason is why rows of a server have an outcome.
type reason struct {
	why  string
	rows []string
}

// reasons returns why rows have the outcome, each reason once with its rows.
func (s checkedServer) reasons(outcome string) (list []reason) {
	for _, r := range s.Rows {
		if r.Outcome != outcome {
			continue
		}
		i := slices.IndexFunc(list, func(known reason) bool { return known.why == r.Why })
		if i < 0 {
			list = append(list, reason{why: r.Why})
			i = len(list) - 1
		}
		list[i].rows = append(list[i].rows, r.Name)
	}
	return list
}

// failedPoints names the points of the battery that failed, with what was sent and what
// came where that is asked for.
func (c *checker) failedPoints(s checkedServer, verbose bool) {
	failed := s.Conformance.Failed()
	if !verbose {
		if len(failed) > 0 {
			c.remark("%s HTTP/1.1: not in: %s", s.Name, strings.Join(s.Conformance.FailedNames(), "; "))
		}
		return
	}
	for _, p := range failed {
		c.remark("%s HTTP/1.1: %s (%s)\n    sent     %q\n    expected %s\n    got      %s", s.Name, p.Name, p.Section, p.Sent, p.Expected, p.Got)
	}
	for _, p := range s.Conformance.Points {
		if p.Outcome == results.ConformanceNotAsked {
			c.remark("%s HTTP/1.1: %s was not asked: %s", s.Name, p.Name, p.Got)
		}
	}
}

func (c *checker) remark(format string, args ...any) {
	fmt.Fprintf(c.app.stdout, format+"\n", args...)
}
