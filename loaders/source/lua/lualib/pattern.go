package lualib

import "context"

// The bounds of a match, those of LuaJIT.
const (
	// mostCaptures is how many captures a pattern has at most, deepest how deep a match
	// goes into its pattern.
	mostCaptures = 32
	deepest      = 200
	// stepsBetween is the number of steps of a match between two looks at whether the
	// script is to end.
	stepsBetween = 1 << 16
)

// The lengths of captures that are no part of the subject.
const (
	openCapture     = -1
	positionCapture = -2
)

// none is the end of a match that there is not.
const none = -1

// matcher matches a pattern of Lua 5.1, with %f and %g, at places of a subject. It reads
// the pattern as it is: nothing is compiled, and nothing is kept between two matches.
type matcher struct {
	subject, pattern string
	captures         [mostCaptures]capture
	level            int
	depth            int
	steps            int
	// ctx ends the match; nil for none.
	ctx context.Context
	// problem says why the pattern, or the match, is impossible; empty for none.
	problem string
}

// capture is a part of the subject.
type capture struct{ at, length int }

// start matches the pattern behind its place p at the place of the subject. It returns the
// end of the match, or none.
func (m *matcher) start(at, p int) int {
	m.level, m.depth = 0, 0
	return m.match(at, p)
}

// fail keeps the first problem of a match, and returns none.
func (m *matcher) fail(problem string) int {
	if m.problem == "" {
		m.problem = problem
	}
	return none
}

// at returns the byte of the pattern, 0 behind its end.
func (m *matcher) at(p int) byte {
	if p < len(m.pattern) {
		return m.pattern[p]
	}
	return 0
}

// match matches the pattern from p on at s.
func (m *matcher) match(s, p int) int {
	if m.depth++; m.depth > deepest {
		return m.fail("pattern too complex")
	}
	if m.steps++; m.steps%stepsBetween == 0 && m.ctx != nil && m.ctx.Err() != nil {
		return m.fail("the run is over")
	}
	end := m.items(s, p)
	m.depth--
	return end
}

// items matches the items of the pattern one by one, up to one that decides over the rest.
func (m *matcher) items(s, p int) int {
	for p < len(m.pattern) && m.problem == "" {
		switch c, next := m.pattern[p], m.at(p+1); {
		case c == '(' && next == ')':
			return m.open(s, p+2, positionCapture)
		case c == '(':
			return m.open(s, p+1, openCapture)
		case c == ')':
			return m.close(s, p+1)
		case c == '$' && p+1 == len(m.pattern):
			if s == len(m.subject) {
				return s
			}
			return none
		case c == '%' && (next == 'b' || next == 'f' || isDigit(next)):
			s, p = m.special(s, p)
		default:
			end := m.classEnd(p)
			if suffix := m.at(end); m.problem == "" && (suffix == '*' || suffix == '+' || suffix == '-' || suffix == '?') {
				return m.repeat(s, p, end, suffix)
			}
			if m.problem != "" || !m.single(s, p, end) {
				return none
			}
			s, p = s+1, end
		}
		if s == none {
			return none
		}
	}
	if m.problem != "" {
		return none
	}
	return s
}

// special matches %b, %f or the text of an earlier capture. It returns the places behind.
func (m *matcher) special(s, p int) (end, next int) {
	switch c := m.pattern[p+1]; c {
	case 'b':
		return m.balanced(s, p+2), p + 4
	case 'f':
		p += 2
		if m.at(p) != '[' {
			return m.fail("missing '[' after '%f' in pattern"), p
		}
		end := m.classEnd(p)
		if m.problem != "" || m.inSet(m.byteAt(s-1), p, end-1) || !m.inSet(m.byteAt(s), p, end-1) {
			return none, p
		}
		return s, end
	default:
		return m.again(s, int(c)-'1'), p + 2
	}
}

// byteAt returns the byte of the subject, 0 before its begin and behind its end.
func (m *matcher) byteAt(s int) byte {
	if s < 0 || s >= len(m.subject) {
		return 0
	}
	return m.subject[s]
}

// repeat matches a class that may stand several times, and all that is behind it.
func (m *matcher) repeat(s, p, end int, suffix byte) int {
	switch suffix {
	case '?':
		if m.single(s, p, end) {
			if e := m.match(s+1, end+1); e != none || m.problem != "" {
				return e
			}
		}
		return m.match(s, end+1)
	case '-':
		for {
			if e := m.match(s, end+1); e != none || m.problem != "" {
				return e
			}
			if !m.single(s, p, end) {
				return none
			}
			s++
		}
	}
	least := s
	if suffix == '+' {
		least++
	}
	for m.single(s, p, end) {
		s++
	}
	for ; s >= least; s-- {
		if e := m.match(s, end+1); e != none || m.problem != "" {
			return e
		}
	}
	return none
}

// open begins a capture.
func (m *matcher) open(s, p, length int) int {
	if m.level == mostCaptures {
		return m.fail("too many captures")
	}
	m.captures[m.level] = capture{s, length}
	m.level++
	end := m.match(s, p)
	if end == none {
		m.level--
	}
	return end
}

// close ends the capture that was begun last.
func (m *matcher) close(s, p int) int {
	at := m.level - 1
	for at >= 0 && m.captures[at].length != openCapture {
		at--
	}
	if at < 0 {
		return m.fail("invalid pattern capture")
	}
	c := &m.captures[at]
	c.length = s - c.at
	end := m.match(s, p)
	if end == none {
		c.length = openCapture
	}
	return end
}

// balanced matches from an opening byte to the closing one that belongs to it.
func (m *matcher) balanced(s, p int) int {
	if p+1 >= len(m.pattern) {
		return m.fail("unbalanced pattern")
	}
	opening, closing := m.pattern[p], m.pattern[p+1]
	if s >= len(m.subject) || m.subject[s] != opening {
		return none
	}
	depth := 1
	for s++; s < len(m.subject); s++ {
		switch m.subject[s] {
		case closing:
			if depth--; depth == 0 {
				return s + 1
			}
		case opening:
			depth++
		}
	}
	return none
}

// again matches the text of the capture once more.
func (m *matcher) again(s, number int) int {
	if number < 0 || number >= m.level || m.captures[number].length < 0 {
		return m.fail("invalid capture index")
	}
	c := m.captures[number]
	text := m.subject[c.at : c.at+c.length]
	if len(m.subject)-s < len(text) || m.subject[s:s+len(text)] != text {
		return none
	}
	return s + len(text)
}

// classEnd returns the place behind the class that begins at p.
func (m *matcher) classEnd(p int) int {
	c := m.pattern[p]
	p++
	switch c {
	case '%':
		if p == len(m.pattern) {
			m.fail("malformed pattern (ends with '%')")
			return p
		}
		return p + 1
	case '[':
		if m.at(p) == '^' {
			p++
		}
		for first := true; first || m.at(p) != ']'; first = false {
			if p >= len(m.pattern) {
				m.fail("malformed pattern (missing ']')")
				return p
			}
			if p++; m.pattern[p-1] == '%' && p < len(m.pattern) {
				p++
			}
		}
		return p + 1
	}
	return p
}

// single reports whether the byte of the subject is in the class from p to end.
func (m *matcher) single(s, p, end int) bool {
	if s >= len(m.subject) {
		return false
	}
	c := m.subject[s]
	switch m.pattern[p] {
	case '.':
		return true
	case '%':
		return inClass(c, m.pattern[p+1])
	case '[':
		return m.inSet(c, p, end-1)
	}
	return c == m.pattern[p]
}

// inSet reports whether the byte is in the set whose brackets are at p and end.
func (m *matcher) inSet(c byte, p, end int) bool {
	in := true
	if m.pattern[p+1] == '^' {
		in = false
		p++
	}
	for p++; p < end; p++ {
		switch first := m.pattern[p]; {
		case first == '%':
			p++
			if inClass(c, m.pattern[p]) {
				return in
			}
		case m.pattern[p+1] == '-' && p+2 < end:
			p += 2
			if first <= c && c <= m.pattern[p] {
				return in
			}
		case first == c:
			return in
		}
	}
	return !in
}

// inClass reports whether the byte is in the class of the letter, such as d for digits. A
// letter that names no class stands for itself.
func inClass(c, letter byte) bool {
	var in bool
	switch letter | 0x20 {
	case 'a':
		in = isLetter(c)
	case 'c':
		in = c < ' ' || c == 0x7f
	case 'd':
		in = isDigit(c)
	case 'g':
		in = isGraphic(c)
	case 'l':
		in = 'a' <= c && c <= 'z'
	case 'p':
		in = isGraphic(c) && !isLetter(c) && !isDigit(c)
	case 's':
		in = isSpace(c)
	case 'u':
		in = 'A' <= c && c <= 'Z'
	case 'w':
		in = isLetter(c) || isDigit(c)
	case 'x':
		in = isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f'
	case 'z':
		in = c == 0
	default:
		return c == letter
	}
	return in == isLower(letter)
}

func isLetter(c byte) bool  { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isLower(c byte) bool   { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool   { return '0' <= c && c <= '9' }
func isGraphic(c byte) bool { return ' ' < c && c < 0x7f }
func isSpace(c byte) bool   { return c == ' ' || '\t' <= c && c <= '\r' }
