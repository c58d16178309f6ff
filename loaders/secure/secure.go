// Package secure is TLS between backend and codec, and the tunnel through a proxy
// that may precede it.
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

// Config makes the client's configuration from the Spec's. host is the target's;
// alpn are the names of the protocol.
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

// Channel is one connection's TLS. The handshake runs in a goroutine on the lent
// stream; afterwards the connection belongs to its loop again.
type Channel struct {
	conn      *tls.Conn
	transport *transport
	proxy     *loaders.Proxy
	target    string
}

// New wraps an established connection for a client's handshake. proxy, where it is not
// nil, is at the other end, and is to connect to target, host:port, first.
func New(under backend.Conn, config *tls.Config, proxy *loaders.Proxy, target string) *Channel {
	t := &transport{under: under}
	return &Channel{conn: tls.Client(t, config), transport: t, proxy: proxy, target: target}
}

// Shake asks for the tunnel, where there is one, and makes the handshake on the
// lent stream.
func (c *Channel) Shake(stream io.ReadWriter) error {
	c.transport.stream = stream
	if c.proxy != nil {
		if err := c.dig(); err != nil {
			return fmt.Errorf("%w: %w", ErrTunnel, err)
		}
	}
	if err := c.conn.Handshake(); err != nil {
		return explain(err)
	}
	c.transport.stream = nil
	return nil
}

// ErrTunnel marks failures of the proxy on the way to the handshake.
var ErrTunnel = errors.New("proxy")

// maxHead is the greatest length in bytes of a proxy's answer.
const maxHead = 64 << 10

// dig asks the proxy for the tunnel (RFC 9110 §9.3.6).
func (c *Channel) dig() error {
	ask := fmt.Appendf(nil, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", c.target, c.target)
	for _, h := range c.proxy.Headers {
		ask = fmt.Appendf(ask, "%s: %s\r\n", h.Name, h.Value)
	}
	if _, err := c.transport.Write(append(ask, "\r\n"...)); err != nil {
		return fmt.Errorf("asking the proxy for a tunnel: %w", err)
	}
	// One byte at a time: the bytes behind the head belong to TLS.
	var head []byte
	for one := make([]byte, 1); !bytes.HasSuffix(head, []byte("\r\n\r\n")); head = append(head, one[0]) {
		if _, err := c.transport.Read(one); err != nil {
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
	case answer.StatusCode == http.StatusProxyAuthRequired:
		return fmt.Errorf("the proxy refuses a tunnel to %s: %s: give the user and the password that it knows, as in http://user:password@host:port", c.target, answer.Status)
	case answer.StatusCode/100 != 2:
		return fmt.Errorf("the proxy refuses a tunnel to %s: %s", c.target, answer.Status)
	}
	return nil
}

// explain adds the most likely reason of a failed handshake.
func explain(err error) error {
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return fmt.Errorf("TLS handshake: %w: the server speaks plain HTTP here: use http://", err)
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return fmt.Errorf("TLS handshake: %w: trust its authority or switch verification off", err)
	}
	return fmt.Errorf("TLS handshake: %w", err)
}

// Seal encrypts. Sealed returns the bytes to write.
func (c *Channel) Seal(plain []byte) error {
	_, err := c.conn.Write(plain)
	return err
}

// Sealed returns the bytes that TLS wants to write, good until the next call of Seal
// or Open.
func (c *Channel) Sealed() []byte {
	defer c.transport.out.Reset()
	return c.transport.out.Bytes()
}

// Open reads and decrypts into buf. again is true where nothing more has arrived
// yet.
func (c *Channel) Open(buf []byte) (n int, again bool, err error) {
	n, err = c.conn.Read(buf)
	if errors.Is(err, errAgain) {
		return n, true, nil
	}
	return n, false, err
}

// errAgain says that nothing has arrived yet. It is temporary: crypto/tls keeps the
// bytes that it has and can be asked again.
var errAgain net.Error = againError{}

type againError struct{}

func (againError) Error() string   { return "nothing to read now" }
func (againError) Timeout() bool   { return true }
func (againError) Temporary() bool { return true }

// transport is the net.Conn under crypto/tls: the lent stream during the handshake;
// afterwards reads never wait and writes only collect, since an incomplete write
// is fatal to crypto/tls.
type transport struct {
	under  backend.Conn
	stream io.ReadWriter
	out    bytes.Buffer
}

var _ net.Conn = (*transport)(nil)

func (t *transport) Read(p []byte) (int, error) {
	if t.stream != nil {
		return t.stream.Read(p)
	}
	n, err := t.under.Read(p)
	if n == 0 && err == nil {
		return 0, errAgain
	}
	return n, err
}

func (t *transport) Write(p []byte) (int, error) {
	if t.stream != nil {
		return t.stream.Write(p)
	}
	return t.out.Write(p)
}

// The other methods of net.Conn do nothing: the loop closes the connection and
// bounds the handshake.
func (t *transport) Close() error                     { return nil }
func (t *transport) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (t *transport) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (t *transport) SetDeadline(time.Time) error      { return nil }
func (t *transport) SetReadDeadline(time.Time) error  { return nil }
func (t *transport) SetWriteDeadline(time.Time) error { return nil }
