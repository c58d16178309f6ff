// Package eventstream counts the events of a stream of server-sent events, as the HTML
// standard interprets one (§9.2.6), wherever the stream is cut.
package eventstream

const (
	// mark is the byte order mark with which a stream may begin.
	mark = "\xEF\xBB\xBF"
	// field is the name of the field that makes an event.
	field = "data"
)

// Counter counts events. The zero Counter stands at the begin of a stream. One goroutine
// may use it.
type Counter struct {
	events uint64
	// marked is how many bytes of the mark were read; begun is true behind the place
	// where a mark may stand.
	marked uint8
	begun  bool
	// returned is true behind a CR, whose line end a LF may be part of.
	returned bool
	// named is how many bytes of the field's name the line begins with, line what else
	// is known of the line.
	named uint8
	line  lineKind
	// filled is true where the event that has begun has a data field.
	filled bool
}

// lineKind is the kind of a line, as far as it was read.
type lineKind uint8

const (
	// openLine may still become any kind: it is empty or begins with the field's name.
	openLine lineKind = iota
	// dataLine is a data field.
	dataLine
	// otherLine is another field or a comment.
	otherLine
)

// Count returns the number of events whose end has come.
func (c *Counter) Count() uint64 { return c.events }

// Feed takes the next bytes of the stream.
func (c *Counter) Feed(stream []byte) {
	for _, b := range stream {
		if !c.begun && c.markByte(b) {
			continue
		}
		if c.returned {
			c.returned = false
			if b == '\n' {
				continue
			}
		}
		switch {
		case b == '\n', b == '\r':
			c.endLine()
			c.returned = b == '\r'
		case c.line != openLine:
		case int(c.named) < len(field) && b == field[c.named]:
			c.named++
		case int(c.named) == len(field) && b == ':':
			c.line = dataLine
		default:
			c.line = otherLine
		}
	}
}

// markByte reports whether the byte is the next one of the mark. A part of a mark is the
// begin of some other line.
func (c *Counter) markByte(b byte) bool {
	if b == mark[c.marked] {
		c.marked++
		c.begun = int(c.marked) == len(mark)
		return true
	}
	c.begun = true
	if c.marked > 0 {
		c.line = otherLine
	}
	return false
}

// endLine ends a line. An empty one ends the event, which counts where it has data; a
// line of the field's name alone is a field without a value.
func (c *Counter) endLine() {
	empty := c.line == openLine && c.named == 0
	if empty && c.filled {
		c.events++
	}
	c.filled = !empty && (c.filled || c.line == dataLine || c.line == openLine && int(c.named) == len(field))
	c.line, c.named = openLine, 0
}
