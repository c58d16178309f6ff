package core_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec/h1"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

// overBackends runs a test of the engine over each backend of this system.
func overBackends(t *testing.T, test func(*testing.T, core.Engine)) {
	t.Helper()
	for _, system := range systems() {
		t.Run(system.Name, func(t *testing.T) { test(t, core.Engine{System: system, Codec: h1.New}) })
	}
}

// long bounds phases that end by their count.
const long = time.Minute

// counted is a closed-loop phase of exactly n requests.
func counted(n uint64) loaders.Phase {
	p := enginetest.Closed(long)
	p.Count = n
	return p
}

func drive(t testing.TB, e core.Engine, spec loaders.Spec) results.Report {
	t.Helper()
	return enginetest.Drive(t, e, spec, &enginetest.Steer{})
}

// refused runs a load that cannot begin and returns its error.
func refused(t *testing.T, e core.Engine, spec loaders.Spec) *loaders.ConnectError {
	t.Helper()
	_, err := e.Run(t.Context(), spec, &enginetest.Steer{})
	var refusal *loaders.ConnectError
	if !errors.As(err, &refusal) {
		t.Fatalf("got %v, want a connect error", err)
	}
	return refusal
}

// exactly fails unless a phase had n right answers in its window, and nothing else.
func exactly(t *testing.T, p *results.Phase, n uint64) {
	t.Helper()
	if p.Total.Completed != n || p.Failures() != 0 || p.CompletedBefore+p.CompletedAfter+p.Unanswered != 0 {
		t.Errorf("phase %s: %d right answers in the window (%d before, %d after), %d failures, %d unfinished, want %d: %s",
			p.Name, p.Total.Completed, p.CompletedBefore, p.CompletedAfter, p.Failures(), p.Unanswered, n, p.Total.FirstError)
	}
}

// raw runs a server that serves each connection by the function.
func raw(t testing.TB, network, address string, serve func(net.Conn, *bufio.Reader)) net.Listener {
	t.Helper()
	return enginetest.Accept(t, network, address, func(c net.Conn) { serve(c, bufio.NewReader(c)) })
}

func local(t testing.TB, serve func(net.Conn, *bufio.Reader)) string {
	t.Helper()
	return raw(t, "tcp", "127.0.0.1:0", serve).Addr().String()
}

// silent accepts and says nothing.
func silent(_ net.Conn, in *bufio.Reader) { _, _ = io.Copy(io.Discard, in) }

// site is a net/http server that counts requests, body bytes, resumed TLS sessions and
// connections.
type site struct {
	*httptest.Server
	requests, body, resumed, connects atomic.Int64
	wrong                             atomic.Pointer[string]
}

func (s *site) complain(what string) { s.wrong.CompareAndSwap(nil, &what) }

func (s *site) address() string { return s.Listener.Addr().String() }

// serveSite answers with the body, once it has read the request's.
func serveSite(t *testing.T, body string, secure *tls.Config, look func(*site, *http.Request)) *site {
	t.Helper()
	s := &site{}
	s.start(t, secure, func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			return
		}
		s.requests.Add(1)
		s.body.Add(n)
		if r.TLS != nil && r.TLS.DidResume {
			s.resumed.Add(1)
		}
		if look != nil {
			look(s, r)
		}
		_, _ = io.WriteString(w, body)
	})
	return s
}

// start serves the handler until the test ends.
func (s *site) start(t *testing.T, secure *tls.Config, handler http.HandlerFunc) {
	t.Helper()
	s.Server = httptest.NewUnstartedServer(handler)
	s.Config.ErrorLog = quiet()
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connects.Add(1)
		}
	}
	if secure != nil {
		s.TLS = secure
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
}

// authority issues certificates as files.
type authority struct {
	t    testing.TB
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
	pool *x509.CertPool
}

func newAuthority(t testing.TB) *authority {
	a := &authority{t: t, dir: t.TempDir(), pool: x509.NewCertPool()}
	a.file = filepath.Join(a.dir, "ca.pem")
	template := &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	a.cert, a.key = a.issue("ca", template)
	a.pool.AddCert(a.cert)
	return a
}

// issue signs a certificate and writes it and its key into files of the name.
func (a *authority) issue(name string, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber, template.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: name}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.write(name+".pem", "CERTIFICATE", der)
	a.write(name+".key", "PRIVATE KEY", secret)
	return cert, key
}

func (a *authority) write(name, kind string, der []byte) {
	a.t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

// server is the configuration of a server named joust.test.
func (a *authority) server() *tls.Config {
	cert, key := a.issue("server", &x509.Certificate{DNSNames: []string{"joust.test"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}, NextProtos: []string{"http/1.1"}}
}

// client issues a client's certificate and returns its files.
func (a *authority) client() (cert, key string) {
	a.issue("client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return filepath.Join(a.dir, "client.pem"), filepath.Join(a.dir, "client.key")
}

// secureSpec is a load over TLS that trusts the authority.
func (a *authority) secureSpec(address string, phases ...loaders.Phase) loaders.Spec {
	spec := specAt(address, phases...)
	spec.Protocol, spec.TLS = scenarios.H1S, &loaders.TLS{CAFile: a.file, ServerName: "joust.test"}
	return spec
}

func specAt(address string, phases ...loaders.Phase) loaders.Spec {
	spec := enginetest.Spec(phases...)
	spec.Target.Address, spec.Target.Host = address, "joust.test"
	return spec
}

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

func hello() string { return enginetest.Hello }

func post(length int64) scenarios.Request {
	r := enginetest.Get("post", "/", hello())
	r.Method, r.Body = "POST", &scenarios.Body{Text: "joust", Length: length}
	return r
}

func contains(t *testing.T, err error, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}
