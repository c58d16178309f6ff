package scenarios_test

import (
	"fmt"
	"strings"

	"github.com/joust-bench/joust/scenarios"
)

// markdown renders the table of README.md: one line a row, in catalogue order.
func markdown(rows scenarios.Rows) string {
	var b strings.Builder
	b.WriteString("| name | what | protocols | modes | request | answer that counts | shape |\n")
	b.WriteString("|---|---|---|---|---|---|---|\n")
	for i := range rows {
		s := &rows[i]
		name := code(s.Name)
		if s.Headline {
			name += " *"
		}
		cells := []string{
			name, s.Title, list(s.Protocols), list(s.Modes),
			eachRequest(s, requestWords), eachRequest(s, answerWords), shape(s),
		}
		for j := range cells {
			cells[j] = escapeCell(cells[j])
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	return b.String()
}

// eachRequest describes the requests, numbered where there are several.
func eachRequest(s *scenarios.Scenario, describe func(*scenarios.Request) string) string {
	parts := make([]string, len(s.Requests))
	for i := range s.Requests {
		parts[i] = describe(&s.Requests[i])
		if len(s.Requests) > 1 {
			parts[i] = fmt.Sprintf("(%d) %s", i+1, parts[i])
		}
	}
	return strings.Join(parts, "; ")
}

// requestWords describes a request, such as "POST /echo, 256 bytes".
func requestWords(r *scenarios.Request) string {
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

// answerWords describes the right answer, such as "200, text/plain, the same 256
// bytes".
func answerWords(r *scenarios.Request) string {
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

// shape lists the differences of a row from plain keep-alive requests.
func shape(s *scenarios.Scenario) string {
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
	add(s.Unit != scenarios.Requests, "counts %s", s.Unit)
	add(s.RankBy != scenarios.ByThroughput, "ranked by %s", s.RankBy)
	add(s.MinCompletions > 0, "at least %d completions a window", s.MinCompletions)
	add(s.Notes != "", "%s", s.Notes)
	return strings.Join(parts, "; ")
}

func list[T ~string](values []T) string { return strings.Trim(fmt.Sprint(values), "[]") }

// code formats text as code. A backtick within it needs a longer fence.
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
