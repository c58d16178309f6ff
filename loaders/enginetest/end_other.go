//go:build !linux

package enginetest

// SendLast sends text and ends the stream right behind it, which may be in
// another segment, and waits until the loader has closed the connection.
func (p *Peer) SendLast(text string) {
	p.Send(text)
	_ = p.CloseWrite()
	p.Hold()
}
