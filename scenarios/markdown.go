package scenarios

import (
	"fmt"
	"strings"
)

// Markdown renders the table as the reference that documentation shows: one
// line a row, in catalogue order.
func Markdown(t *Table) string {
	var b strings.Builder
	b.WriteString("| name | what | protocols | modes | request | answer that counts | shape |\n")
	b.WriteString("|---|---|---|---|---|---|---|\n")
	for i := range t.rows {
		s := &t.rows[i]
		cells := []string{
			s.markdownName(), s.Title, list(s.Protocols), list(s.Modes),
			s.eachRequest((*Request).describe), s.eachRequest((*Request).describeAnswer), s.shape(),
		}
		for j := range cells {
			cells[j] = escapeCell(cells[j])
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	return b.String()
}

func (s *Scenario) markdownName() string {
	if s.Headline {
		return "`" + s.Name + "` *"
	}
	return "`" + s.Name + "`"
}

// eachRequest describes the requests, numbered where there are several.
func (s *Scenario) eachRequest(describe func(*Request) string) string {
	parts := make([]string, len(s.Requests))
	for i := range s.Requests {
		parts[i] = describe(&s.Requests[i])
		if len(s.Requests) > 1 {
			parts[i] = fmt.Sprintf("(%d) %s", i+1, parts[i])
		}
	}
	return strings.Join(parts, "; ")
}

// describe says what is asked, such as "POST /echo, 256 bytes".
func (r *Request) describe() string {
	out := code(r.Method + " " + r.Path)
	switch n := len(r.Headers); {
	case n == 1:
		out += ", " + code(r.Headers[0].Name+": "+r.Headers[0].Value)
	case n > 1:
		out += fmt.Sprintf(", %d headers", n)
	}
	if r.Body != nil {
		out += fmt.Sprintf(", %d bytes", r.Body.Size())
		if r.Body.Chunk > 0 {
			out += fmt.Sprintf(" in chunks of %d", r.Body.Chunk)
		}
	}
	if len(r.Exchange) > 0 {
		out += fmt.Sprintf(", in %d steps", len(r.Exchange))
	}
	return out
}

// maxShownBody is the longest body, in bytes, that is printed in full.
const maxShownBody = 24

// describeAnswer says which answer counts, such as "200, text/plain, the same
// 256 bytes".
func (r *Request) describeAnswer() string {
	e := &r.Expect
	parts := []string{fmt.Sprint(e.Status)}
	if e.Status == 0 {
		parts[0] = "none"
	}
	for _, h := range e.Headers {
		if strings.EqualFold(h.Name, "Content-Type") {
			parts = append(parts, h.Value)
			continue
		}
		parts = append(parts, code(h.Name+": "+h.Value))
	}
	switch {
	case e.NoBody:
		parts = append(parts, "no body")
	case e.Echo:
		parts = append(parts, fmt.Sprintf("the same %d bytes", r.Body.Size()))
	case e.Body != nil && e.Body.Size() <= maxShownBody:
		shown := fmt.Sprintf("%q", e.Body.Bytes())
		parts = append(parts, code(shown[1:len(shown)-1]))
	case e.Body != nil:
		parts = append(parts, fmt.Sprintf("%d exact bytes", e.Body.Size()))
	}
	if r.Vary != nil {
		parts = append(parts, "checked as "+code(r.Vary.Path)+" too")
	}
	return strings.Join(parts, ", ")
}

// shape says how the row differs from plain keep-alive requests.
func (s *Scenario) shape() string {
	var parts []string
	add := func(when bool, format string, args ...any) {
		if when {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(s.Depth > 1, "depth %d", s.Depth)
	add(s.Clients > 0, "%d clients", s.Clients)
	add(s.Connection.ReconnectEvery > 0, "reconnects every %d (%s)", s.Connection.ReconnectEvery, s.Connection.CloseWith)
	add(len(s.Requests) > 1, "rotation %s", s.Rotation)
	add(s.Unit != Requests, "counts %s", s.Unit)
	add(s.RankBy != ByThroughput, "ranked by %s", s.RankBy)
	add(s.MinCompletions > 0, "at least %d completions a window", s.MinCompletions)
	add(s.Notes != "", "%s", s.Notes)
	return strings.Join(parts, "; ")
}

func list[T ~string](values []T) string { return strings.Join(words(values...), " ") }

// code sets text as code; a backtick within it needs a longer fence.
func code(text string) string {
	if strings.Contains(text, "`") {
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}

// escapeCell keeps a text within its cell: a pipe ends a cell even in code,
// and a line break ends the table.
func escapeCell(text string) string {
	text = strings.ReplaceAll(text, "|", `\|`)
	return strings.Join(strings.Fields(text), " ")
}
