package scenarios_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/scenarios"
)

// markdown renders the rows for README.md: a table of all, and a section a row.
func markdown(rows scenarios.Rows) string {
	var b strings.Builder
	b.WriteString(overview(rows))
	for _, family := range rows.Families() {
		fmt.Fprintf(&b, "\n## Rows of %s\n", family)
		for i := range rows {
			if rows[i].Family == family {
				b.WriteString("\n" + section(&rows[i]))
			}
		}
	}
	return b.String()
}

// overview renders one line a row, in catalogue order.
func overview(rows scenarios.Rows) string {
	var b strings.Builder
	b.WriteString("| name | what | family | protocols | loops | clients |\n|---|---|---|---|---|---|\n")
	for i := range rows {
		s := &rows[i]
		clients := "the plan's"
		if s.Clients > 0 {
			clients = fmt.Sprint(s.Clients)
		}
		cells := []string{title(s), s.Title, s.Family, list(s.Protocols), list(s.Modes), clients}
		for j := range cells {
			cells[j] = escapeCell(cells[j])
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	return b.String()
}

// title is the row's name with the mark of the headline rows.
func title(s *scenarios.Scenario) string {
	if s.Headline {
		return code(s.Name) + " *"
	}
	return code(s.Name)
}

// section describes a row.
func section(s *scenarios.Scenario) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n%s.\n\n", title(s), upper(s.Title))
	point := func(what, text string) {
		if text != "" {
			fmt.Fprintf(&b, "- **%s**: %s\n", what, text)
		}
	}
	point("Why", s.Why)
	point("Blind to", s.BlindTo)
	entries := entriesOf(s)
	if len(entries) == 1 {
		point("Request", requestWords(entries[0]))
		point("Answer", answerWords(entries[0][0]))
		point("Exchange", exchangeWords(entries[0][0].Exchange))
		point("Conformance", varyWords(entries[0][0]))
	} else {
		b.WriteString("- **Requests and answers**:\n")
		for _, e := range entries {
			parts := []string{requestWords(e) + " → " + answerWords(e[0]), exchangeWords(e[0].Exchange), varyWords(e[0])}
			parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
			fmt.Fprintf(&b, "  - %s\n", strings.Join(parts, "; "))
		}
	}
	point("Loops", list(s.Modes))
	point("Shape", shape(s))
	point("Note", s.Notes)
	return b.String()
}

func upper(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// entriesOf returns the requests of a row, those of one entry together.
func entriesOf(s *scenarios.Scenario) [][]*scenarios.Request {
	var out [][]*scenarios.Request
	for i := range s.Requests {
		r := &s.Requests[i]
		if n := len(out); n > 0 && r.Group != "" && out[n-1][0].Group == r.Group {
			out[n-1] = append(out[n-1], r)
			continue
		}
		out = append(out, []*scenarios.Request{r})
	}
	return out
}

// requestWords describes the requests of an entry, such as "POST /echo, 256 bytes".
func requestWords(entry []*scenarios.Request) string {
	r := entry[0]
	out := code(r.Method + " " + r.Path)
	if n := len(entry); n > 1 {
		out += fmt.Sprintf(" to %s, %d requests", code(entry[n-1].Path), n)
	}
	if most := 4; len(r.Headers) > most {
		out += fmt.Sprintf(", %d headers from %s to %s", len(r.Headers), headerWords(r.Headers[0]), headerWords(r.Headers[len(r.Headers)-1]))
	} else {
		for _, h := range r.Headers {
			out += ", " + headerWords(h)
		}
	}
	if r.Body != nil {
		out += ", " + bodyWords(r.Body)
		if r.Body.Chunk > 0 {
			out += fmt.Sprintf(" in chunks of %d", r.Body.Chunk)
		}
	}
	return out
}

func headerWords(h scenarios.Header) string { return code(h.Name + ": " + h.Value) }

// maxShownBody is the longest body, in bytes, that is printed in full.
const maxShownBody = 120

// bodyWords describes a body, such as "16396 bytes, document(1)".
func bodyWords(b *scenarios.Body) string {
	switch {
	case b.Size() == 0:
		return "an empty body"
	case b.Origin() != "":
		return fmt.Sprintf("%d bytes, %s", b.Size(), code(b.Origin()))
	case b.Size() <= maxShownBody:
		shown := fmt.Sprintf("%q", b.Bytes())
		shown = strings.ReplaceAll(shown[1:len(shown)-1], `\"`, `"`)
		return code(shown)
	}
	return fmt.Sprintf("%d bytes", b.Size())
}

// answerWords describes the right answer, such as "200, text/plain, the same 256
// bytes".
func answerWords(r *scenarios.Request) string {
	e := &r.Expect
	if r.Abandons() {
		return "none: the client is gone"
	}
	parts := []string{fmt.Sprint(e.Status)}
	for i, h := range e.Headers {
		switch {
		case i > 0 && e.Headers[i-1].Name == h.Name:
			parts[len(parts)-1] += " or " + code(h.Value)
		case strings.EqualFold(h.Name, "Content-Type"):
			parts = append(parts, code(h.Value))
		default:
			parts = append(parts, headerWords(h))
		}
	}
	if len(e.Encodings) > 0 {
		parts = append(parts, "as "+strings.Join(strings.Fields(list(e.Encodings)), " or "))
	}
	switch {
	case e.NoBody:
		parts = append(parts, "no body")
	case e.Echo:
		parts = append(parts, "the request's body")
	case e.Body != nil:
		parts = append(parts, bodyWords(e.Body))
	default:
		parts = append(parts, "any body")
	}
	return strings.Join(parts, ", ")
}

// exchangeWords describes the steps of an exchange; "" for plain "send, await".
func exchangeWords(x scenarios.Exchange) string {
	var steps []string
	for _, op := range x {
		switch {
		case op.SendHead != nil:
			steps = append(steps, "send the head")
		case op.SendBytes != nil && *op.SendBytes < 0:
			steps = append(steps, "send the rest")
		case op.SendBytes != nil:
			steps = append(steps, fmt.Sprintf("send %d bytes", *op.SendBytes))
		case op.PauseMicros != nil:
			steps = append(steps, fmt.Sprintf("pause %d µs", *op.PauseMicros))
		case op.AwaitStatus != nil:
			steps = append(steps, fmt.Sprintf("await the status %d", *op.AwaitStatus))
		case op.AwaitContinueMicros != nil:
			steps = append(steps, fmt.Sprintf("await the status 100 for at most %d µs", *op.AwaitContinueMicros))
		case op.AwaitEnd != nil:
			steps = append(steps, "await the end")
		case op.AwaitEvents != nil:
			steps = append(steps, fmt.Sprintf("await %d events", *op.AwaitEvents))
		case op.Close != nil:
			steps = append(steps, "close ("+string(*op.Close)+")")
		}
	}
	return strings.Join(steps, ", ")
}

// varyWords describes the random requests of a conformance check.
func varyWords(r *scenarios.Request) string {
	v := r.Vary
	if v == nil {
		return ""
	}
	parts := []string{code(cmp.Or(v.Path, r.Path))}
	for _, h := range v.Headers {
		parts = append(parts, headerWords(h))
	}
	if v.Body != nil {
		parts = append(parts, "body "+templateWords(v.Body))
	}
	out := "asked with random numbers as " + strings.Join(parts, ", ")
	if v.Expect != nil {
		out += " → " + templateWords(v.Expect)
	}
	return out
}

// templateWords describes a body whose numbers are not known yet.
func templateWords(b *scenarios.Body) string { return code(cmp.Or(b.Generate, b.Text)) }

// shape lists the differences of a row from plain keep-alive requests.
func shape(s *scenarios.Scenario) string {
	var parts []string
	add := func(when bool, format string, args ...any) {
		if when {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(s.Clients > 0, "%d clients", s.Clients)
	add(len(s.Rates) > 0, "%s req/s", strings.Trim(fmt.Sprintf("%.0f", s.Rates), "[]"))
	add(s.Depth > 1, "depth %d", s.Depth)
	every := s.Connection.ReconnectEvery
	add(every == 1, "a connection for each request (%s)", s.Connection.CloseWith)
	add(every > 1, "a new connection after %d requests (%s)", every, s.Connection.CloseWith)
	add(s.Connection.Together, "all connections connect at one moment, in waves")
	add(len(entriesOf(s)) > 1, "rotation %s", s.Rotation)
	add(s.LeastTime > 0, "no right answer in less than %v", s.LeastTime)
	add(s.Server.KeepAliveRequests > 0, "the server closes a connection after %d requests", s.Server.KeepAliveRequests)
	add(s.Server.MaxConnections > 0, "the server accepts %d connections", s.Server.MaxConnections)
	add(s.Unit != scenarios.Requests, "counts %s", s.Unit)
	add(s.RankBy != scenarios.ByThroughput, "ranked by %s", s.RankBy)
	add(s.MinCompletions > 0, "at least %d completions a window", s.MinCompletions)
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
