package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

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

// checkInto returns an error where no table can be written into the file. It is called
// before anything is checked.
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

// writeField writes the outcome of the check between the marks of the file.
func (c *checker) writeField(path string) error {
	text, err := files.Read(path, mostReadme)
	if err != nil {
		return fmt.Errorf("--into: %w", err)
	}
	before, rest, _ := strings.Cut(string(text), fieldBegin)
	_, after, _ := strings.Cut(rest, fieldEnd)
	if err := os.WriteFile(path, []byte(before+fieldBegin+c.fieldMarkdown()+fieldEnd+after), 0o644); err != nil {
		return fmt.Errorf("--into: %w", err)
	}
	c.app.say("wrote the table into %s", path)
	return nil
}

// fieldColumns is the most servers of a table, so that it fits on a screen.
const fieldColumns = 12

// fieldMarkdown is the check of a field: tables with a line a row and a column a server,
// and the reasons for what is not right.
func (c *checker) fieldMarkdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s and %s, checked in %s: ✓ right, ✗ wrong, — unsupported, · not claimed, ? not installed where this was made.\n\n",
		results.Counted(len(c.Servers), "server"), results.Counted(len(c.rows), "row"), time.Duration(c.DurationNS).Round(time.Second))
	for servers := range slices.Chunk(c.Servers, fieldColumns) {
		b.WriteString(c.fieldTable(servers).Markdown() + "\n")
	}
	for _, s := range c.Servers {
		for _, line := range s.fieldRemarks() {
			fmt.Fprintf(&b, "- %s\n", table.Escape(line))
		}
	}
	return b.String()
}

// fieldTable is the table of some servers.
func (c *checker) fieldTable(servers []checkedServer) *table.Table {
	marks := map[string]string{rowOK: "✓", rowWrong: "✗", rowUnsupported: "—", rowNotClaimed: "·"}
	t := &table.Table{Head: []string{"row"}, Left: 1}
	for i, row := range c.rows {
		cells := []string{row.Name}
		for _, s := range servers {
			mark := "?"
			if s.NotHere == "" {
				mark = marks[s.Rows[i].Outcome]
			}
			cells = append(cells, mark)
		}
		t.Add(cells...)
	}
	scores := []string{"HTTP/1.1 battery"}
	for _, s := range servers {
		t.Head = append(t.Head, s.Name)
		score := "—"
		if s.Conformance != nil {
			score = scoreText(s.Conformance)
		}
		scores = append(scores, score)
	}
	t.Add(scores...)
	return t
}

// fieldRemarks are the lines below the table about one server.
func (s checkedServer) fieldRemarks() (lines []string) {
	if s.NotHere != "" {
		return []string{s.NotHere}
	}
	for _, r := range s.reasons(rowWrong) {
		lines = append(lines, fmt.Sprintf("%s answers %s wrongly: %s", s.Name, results.Listed(r.rows, "and"), firstLine(r.why)))
	}
	for _, r := range s.reasons(rowUnsupported) {
		lines = append(lines, fmt.Sprintf("%s without %s: %s", s.Name, results.Listed(r.rows, "and"), r.why))
	}
	if s.Conformance != nil && len(s.Conformance.Failed()) > 0 {
		lines = append(lines, s.Name+", HTTP/1.1, not in: "+strings.Join(s.Conformance.FailedNames(), "; "))
	}
	return lines
}
