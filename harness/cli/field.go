package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/files"
	"github.com/joust-bench/joust/results/table"
)

// The marks around the table that joust check --into writes.
const (
	fieldBegin = "<!-- check: begin (written by `make field`) -->\n"
	fieldEnd   = "<!-- check: end -->\n"
)

// mostReadme bounds a file into which a table is written, in bytes.
const mostReadme = 4 << 20

// fieldServer is one server of a check with its outcome.
type fieldServer struct {
	session.Isolated
	launch.Checked
	// notHere is the reason why the server could not be checked, "" where it was.
	notHere string
}

// checkInto reports whether a table can be written into the file, before anything is
// checked.
func checkInto(path string) error {
	if path == "" {
		return nil
	}
	text, err := files.Read(path, mostReadme)
	if err == nil && !(strings.Contains(string(text), fieldBegin) && strings.Contains(string(text), fieldEnd)) {
		err = fmt.Errorf("%s has no lines %q and %q between which the table could stand", path, strings.TrimSpace(fieldBegin), strings.TrimSpace(fieldEnd))
	}
	if err != nil {
		return session.Usage(fmt.Errorf("--into: %w", err))
	}
	return nil
}

// writeField writes the outcome of a check between the marks of the file.
func (c *checker) writeField(path string, took time.Duration) error {
	text, err := files.Read(path, mostReadme)
	if err != nil {
		return fmt.Errorf("--into: %w", err)
	}
	before, rest, _ := strings.Cut(string(text), fieldBegin)
	_, after, _ := strings.Cut(rest, fieldEnd)
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("--into: %w", err)
	}
	if err := os.WriteFile(path, []byte(before+fieldBegin+c.fieldMarkdown(took)+fieldEnd+after), info.Mode()); err != nil {
		return fmt.Errorf("--into: %w", err)
	}
	c.app.say("wrote the table into %s", path)
	return nil
}

// fieldMarkdown is the check of a field: a line a row, a column a server, and below
// them why a cell is not right.
func (c *checker) fieldMarkdown(took time.Duration) string {
	t := table.Table{Head: []string{"row"}, Left: 1}
	for _, s := range c.servers {
		t.Head = append(t.Head, s.Name)
	}
	for i := range c.rows {
		cells := []string{c.rows[i].Name}
		for _, s := range c.servers {
			cells = append(cells, s.mark(c.rows[i].Name))
		}
		t.Add(cells...)
	}
	score := []string{"HTTP/1.1 points"}
	for _, s := range c.servers {
		score = append(score, s.score())
	}
	t.Add(score...)
	var b strings.Builder
	fmt.Fprintf(&b, "%s and %s, checked in %s. ✓ right, ✗ wrong, — unsupported, · not claimed, ? not here.\n\n",
		results.Counted(len(c.servers), "server"), results.Counted(len(c.rows), "row"), took.Round(time.Second))
	b.WriteString(t.Markdown() + "\n")
	for _, s := range c.servers {
		for _, line := range s.remarks(c) {
			fmt.Fprintf(&b, "- %s\n", table.Escape(line))
		}
	}
	return b.String()
}

// mark is the cell of a row.
func (s *fieldServer) mark(row string) string {
	difference, checked := s.Differences[row]
	switch {
	case s.Unsupported[row] != "":
		return "—"
	case !slices.Contains(s.Scenarios, row):
		return "·"
	case s.notHere != "" || !checked:
		return "?"
	case difference != "":
		return "✗"
	}
	return "✓"
}

// score is the number of points of the HTTP/1.1 battery that passed, of those asked.
func (s *fieldServer) score() string {
	if s.Conformance == nil {
		return "—"
	}
	passed, asked := s.Conformance.Score()
	return fmt.Sprintf("%d/%d", passed, asked)
}

// remarks are the lines below the table: what is wrong, the points of HTTP/1.1 that
// failed, and the reasons for unsupported rows, each with its rows.
func (s *fieldServer) remarks(c *checker) (lines []string) {
	if s.notHere != "" {
		return []string{s.Name + " is not here: " + s.notHere}
	}
	var reasons []string
	rowsOf := map[string][]string{}
	for i := range c.rows {
		row := c.rows[i].Name
		if difference := s.Differences[row]; difference != "" {
			lines = append(lines, fmt.Sprintf("%s %s is wrong: %s", s.Name, row, firstLine(difference)))
		}
		if reason := s.Unsupported[row]; reason != "" {
			if rowsOf[reason] == nil {
				reasons = append(reasons, reason)
			}
			rowsOf[reason] = append(rowsOf[reason], row)
		}
	}
	if s.Conformance != nil {
		var points []string
		for _, p := range s.Conformance.Failed() {
			points = append(points, p.Name+" ("+p.Section+"): "+firstLine(p.Got))
		}
		if len(points) > 0 {
			lines = append(lines, s.Name+" HTTP/1.1: "+strings.Join(points, "; "))
		}
	}
	for _, reason := range reasons {
		lines = append(lines, fmt.Sprintf("%s without %s: %s", s.Name, results.Listed(rowsOf[reason], "and"), reason))
	}
	return lines
}
