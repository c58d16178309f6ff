// Package secure is TLS between backend and codec, and the tunnel that a proxy
// is asked for on the way to it.
package secure

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

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend"
)

// Config makes the client's configuration from the Spec's; host is the target's,
// alpn the names of the protocol that is spoken.
func Config(t *loaders.TLS, host string, alpn []string) (*tls.Config, error) {
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

// Conn is one connection's TLS. The handshake runs in a goroutine on the lent
// stream; afterwards the connection belongs to its loop again.
type Conn struct {
	conn *tls.Conn
	wire *wire
	// tunnel is the host:port that a proxy is asked to connect to, empty without
	// a proxy.
	tunnel string
}

// New wraps a connection that is made for a client's handshake. A tunnel is the
// host:port that a proxy at the other end is asked to connect to first.
func New(under backend.Conn, config *tls.Config, tunnel string) *Conn {
	w := &wire{under: under}
	return &Conn{conn: tls.Client(w, config), wire: w, tunnel: tunnel}
}

// Shake asks for the tunnel, where there is one, and makes the handshake on the
// lent stream.
func (c *Conn) Shake(stream io.ReadWriter) error {
	c.wire.stream = stream
	if c.tunnel != "" {
		if err := c.dig(); err != nil {
			return fmt.Errorf("%w: %w", ErrTunnel, err)
		}
	}
	if err := c.conn.Handshake(); err != nil {
		return explain(err)
	}
	c.wire.stream = nil
	return nil
}

// ErrTunnel marks failures of the proxy on the way to the handshake.
var ErrTunnel = errors.New("proxy")

// maxHead is the greatest length in bytes of a proxy's answer.
const maxHead = 64 << 10

// dig asks the proxy for the tunnel (RFC 9110 §9.3.6).
func (c *Conn) dig() error {
	ask := fmt.Sprintf("CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", c.tunnel, c.tunnel)
	if _, err := c.wire.Write([]byte(ask)); err != nil {
		return fmt.Errorf("asking the proxy for a tunnel: %w", err)
	}
	// One byte at a time: what follows the head belongs to TLS.
	var head []byte
	for one := make([]byte, 1); !bytes.HasSuffix(head, []byte("\r\n\r\n")); head = append(head, one[0]) {
		if _, err := c.wire.Read(one); err != nil {
			return fmt.Errorf("waiting for the proxy's tunnel: %w", err)
		}
		if len(head) > maxHead {
			return fmt.Errorf("waiting for the proxy's tunnel: its answer is longer than %d bytes", maxHead)
		}
	}
	answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), &http.Request{Method: http.MethodConnect})
	switch {
	case err != nil:
		return fmt.Errorf("reading the proxy's answer: %w", err)
	case answer.StatusCode/100 != 2:
		return fmt.Errorf("the proxy refuses a tunnel to %s: %s", c.tunnel, answer.Status)
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

// Seal encrypts; Sealed returns what is to be written for it.
func (c *Conn) Seal(plain []byte) error {
	_, err := c.conn.Write(plain)
	return err
}

// Sealed is what TLS wants to have written, good until the next call of Seal or
// Open.
func (c *Conn) Sealed() []byte {
	defer c.wire.out.Reset()
	return c.wire.out.Bytes()
}

// Open decrypts into buf what the connection has. again is true when it has
// nothing left now.
func (c *Conn) Open(buf []byte) (n int, again bool, err error) {
	n, err = c.conn.Read(buf)
	if errors.Is(err, errAgain) {
		return n, true, nil
	}
	return n, false, err
}

// errAgain says that the connection has nothing now. It is temporary, so that
// crypto/tls keeps what it has and lets itself be asked again.
var errAgain net.Error = againError{}

type againError struct{}

func (againError) Error() string   { return "nothing to read now" }
func (againError) Timeout() bool   { return true }
func (againError) Temporary() bool { return true }

// wire is the net.Conn under crypto/tls: the lent stream during the handshake;
// afterwards reads never wait and writes only collect, since an incomplete write
// is fatal to crypto/tls.
type wire struct {
	under  backend.Conn
	stream io.ReadWriter
	out    bytes.Buffer
}

var _ net.Conn = (*wire)(nil)

func (w *wire) Read(p []byte) (int, error) {
	if w.stream != nil {
		return w.stream.Read(p)
	}
	n, err := w.under.Read(p)
	if n == 0 && err == nil {
		return 0, errAgain
	}
	return n, err
}

func (w *wire) Write(p []byte) (int, error) {
	if w.stream != nil {
		return w.stream.Write(p)
	}
	return w.out.Write(p)
}

// The rest of net.Conn is not used by a client that neither closes nor bounds
// through it: the loop closes the connection and bounds the handshake.
func (w *wire) Close() error                     { return nil }
func (w *wire) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (w *wire) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }
