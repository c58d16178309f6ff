package wire

import "bytes"

// Check verifies a body as it arrives. The zero Check stands at the start.
type Check struct {
	off int64 // bytes of the body so far
}

// Reset goes back to the start of a body.
func (c *Check) Reset() { c.off = 0 }

// Body takes the next bytes of the body. It is false at the first difference
// from the answer, or at surplus bytes.
func (c *Check) Body(a *Answer, span []byte) bool {
	off := c.off
	c.off += int64(len(span))
	if !a.Exact {
		return true
	}
	if c.off > int64(len(a.Body)) {
		return false
	}
	return bytes.Equal(a.Body[off:c.off], span)
}

// Done is called at the end of the response. It is false when bytes are
// missing.
func (c *Check) Done(a *Answer) bool {
	return !a.Exact || c.off == int64(len(a.Body))
}

// Seen is the number of body bytes taken so far.
func (c *Check) Seen() int64 { return c.off }
