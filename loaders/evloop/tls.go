//go:build linux

package evloop

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/wire"
)

// tlsConfig makes the client's configuration from the Spec's.
func tlsConfig(t *loaders.TLS, host string, alpn []string) (*tls.Config, error) {
	config := &tls.Config{
		ServerName: t.ServerName, InsecureSkipVerify: t.Insecure, NextProtos: alpn,
		MinVersion: tls.VersionTLS12,
	}
	if config.ServerName == "" {
		config.ServerName = host
		if name, _, err := net.SplitHostPort(host); err == nil {
			config.ServerName = name
		}
	}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("reading the authority to trust: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("reading the authority to trust: %s holds no PEM certificate", t.CAFile)
		}
	}
	if t.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("reading the client certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{cert}
	}
	if t.Resume {
		config.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	}
	return config, nil
}

// secret is one connection's TLS. The handshake runs in a goroutine on the
// blocking descriptor; afterwards the connection belongs to its loop and the
// descriptor never blocks again.
type secret struct {
	conn *tls.Conn
	wire *tlsWire
	// tunnel is the host:port that a proxy is asked to connect to, empty without
	// a proxy.
	tunnel string
}

// newSecret wraps a connected descriptor for a client handshake.
func newSecret(fd int, config *tls.Config) *secret {
	w := &tlsWire{fd: fd, handshake: true}
	return &secret{conn: tls.Client(w, config), wire: w}
}

// shake makes the handshake; no read or write in it takes longer than the
// timeout. The descriptor is blocking meanwhile; it is non-blocking again when
// shake returns nil.
func (s *secret) shake(timeout time.Duration) error {
	tv := unix.NsecToTimeval(int64(timeout))
	for _, option := range []int{unix.SO_RCVTIMEO, unix.SO_SNDTIMEO} {
		if err := unix.SetsockoptTimeval(s.wire.fd, unix.SOL_SOCKET, option, &tv); err != nil {
			return fmt.Errorf("bounding the TLS handshake: %w", err)
		}
	}
	if err := unix.SetNonblock(s.wire.fd, false); err != nil {
		return fmt.Errorf("preparing the TLS handshake: %w", err)
	}
	if s.tunnel != "" {
		if err := s.dig(); err != nil {
			return fmt.Errorf("%w: %w", errTunnel, err)
		}
	}
	if err := s.conn.Handshake(); err != nil {
		return explain(err)
	}
	s.wire.handshake = false
	if err := unix.SetNonblock(s.wire.fd, true); err != nil {
		return fmt.Errorf("after the TLS handshake: %w", err)
	}
	return nil
}

// errTunnel marks failures of the proxy on the way to the handshake.
var errTunnel = errors.New("proxy")

// dig asks the proxy for the tunnel (RFC 9110 §9.3.6).
func (s *secret) dig() error {
	ask := fmt.Sprintf("CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", s.tunnel, s.tunnel)
	if _, err := s.wire.Write([]byte(ask)); err != nil {
		return fmt.Errorf("asking the proxy for a tunnel: %w", err)
	}
	// One byte at a time: what follows the head belongs to TLS.
	var head []byte
	for one := make([]byte, 1); !bytes.HasSuffix(head, []byte("\r\n\r\n")); head = append(head, one[0]) {
		if _, err := s.wire.Read(one); err != nil {
			return fmt.Errorf("waiting for the proxy's tunnel: %w", err)
		}
		if len(head) > wire.MaxHead {
			return fmt.Errorf("waiting for the proxy's tunnel: its answer is longer than %d bytes", wire.MaxHead)
		}
	}
	answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), &http.Request{Method: http.MethodConnect})
	switch {
	case err != nil:
		return fmt.Errorf("reading the proxy's answer: %w", err)
	case answer.StatusCode/100 != 2:
		return fmt.Errorf("the proxy refuses a tunnel to %s: %s", s.tunnel, answer.Status)
	}
	return nil
}

// explain says what a failed handshake most likely means.
func explain(err error) error {
	var plain tls.RecordHeaderError
	if errors.As(err, &plain) {
		return fmt.Errorf("TLS handshake: %w: the server speaks plain HTTP here: use http://", err)
	}
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unknown) {
		return fmt.Errorf("TLS handshake: %w: trust its authority or switch verification off", err)
	}
	return fmt.Errorf("TLS handshake: %w", err)
}

// seal encrypts; take returns what is to be written for it.
func (s *secret) seal(plain []byte) error {
	_, err := s.conn.Write(plain)
	return err
}

// take is what TLS wants to have written, good until the next call of seal or
// open.
func (s *secret) take() []byte {
	defer s.wire.out.Reset()
	return s.wire.out.Bytes()
}

// open decrypts into buf from bytes that the kernel has. again is true when it
// has none left.
func (s *secret) open(buf []byte) (n int, again bool, err error) {
	n, err = s.conn.Read(buf)
	if errors.Is(err, errAgain) {
		return n, true, nil
	}
	return n, false, err
}

// errAgain says that the descriptor has nothing now. It is temporary, so that
// crypto/tls keeps what it has and lets itself be asked again.
var errAgain net.Error = againError{}

type againError struct{}

func (againError) Error() string   { return "nothing to read now" }
func (againError) Timeout() bool   { return true }
func (againError) Temporary() bool { return true }

// tlsWire is the net.Conn under crypto/tls: blocking during the handshake;
// afterwards reads never wait and writes only collect, since an incomplete
// write is fatal to crypto/tls.
type tlsWire struct {
	fd        int
	handshake bool
	out       bytes.Buffer
}

var _ net.Conn = (*tlsWire)(nil)

func (w *tlsWire) Read(p []byte) (int, error) {
	if w.handshake {
		return w.readBlocking(p)
	}
	n, errno := read(int32(w.fd), p)
	switch {
	case errno == unix.EAGAIN:
		return 0, errAgain
	case errno != 0:
		return 0, errno
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

func (w *tlsWire) readBlocking(p []byte) (int, error) {
	for {
		n, err := unix.Read(w.fd, p)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return 0, os.ErrDeadlineExceeded
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

func (w *tlsWire) Write(p []byte) (int, error) {
	if !w.handshake {
		return w.out.Write(p)
	}
	for done := 0; done < len(p); {
		n, err := unix.SendmsgN(w.fd, p[done:], nil, nil, unix.MSG_NOSIGNAL)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return done, os.ErrDeadlineExceeded
		case err != nil:
			return done, err
		}
		done += max(0, n)
	}
	return len(p), nil
}

// The rest of net.Conn is not used by a client that neither closes nor bounds
// through it: the loop closes the descriptor and bounds the handshake.
func (w *tlsWire) Close() error                     { return nil }
func (w *tlsWire) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (w *tlsWire) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (w *tlsWire) SetDeadline(time.Time) error      { return nil }
func (w *tlsWire) SetReadDeadline(time.Time) error  { return nil }
func (w *tlsWire) SetWriteDeadline(time.Time) error { return nil }
