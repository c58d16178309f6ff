package enginetest

import "syscall"

// SendLast sends text and the end of the stream in one segment, and waits until
// the loader has closed the connection.
func (p *Peer) SendLast(text string) {
	raw, err := p.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		// The kernel keeps the text back until the end is there.
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_CORK, 1)
	})
	p.Send(text)
	_ = p.CloseWrite()
	p.Hold()
}
