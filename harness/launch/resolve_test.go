package launch_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/scenarios"
)

// nameserver answers each question of DNS with a loopback address of the asked type
// (RFC 1035 §4.1): every name is 127.0.0.1 and ::1, as localhost often is.
func nameserver(t *testing.T) *net.Resolver {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	go func() {
		query := make([]byte, 512)
		for {
			n, from, err := socket.ReadFrom(query)
			if err != nil {
				return // the end of the test
			}
			end := 12
			for query[end] != 0 { // the labels of the name
				end += 1 + int(query[end])
			}
			question := query[12:min(n, end+5)]
			address := net.IPv4(127, 0, 0, 1).To4()
			if binary.BigEndian.Uint16(question[len(question)-4:]) == 28 { // AAAA
				address = net.IPv6loopback
			}
			answer := append(query[:2:2], 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0)
			answer = append(answer, question...)
			answer = append(answer, 0xc0, 12)                           // the question's name
			answer = append(answer, question[len(question)-4:]...)      // its type and class
			answer = append(answer, 0, 0, 0, 60, 0, byte(len(address))) // a minute
			_, _ = socket.WriteTo(append(answer, address...), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", socket.LocalAddr().String())
	}}
}

// A server that listens on one of its name's addresses is found, as joust load finds
// it. The test replaces the process's resolver, so it does not run in parallel.
func TestAttachedServerOnOneAddressOfItsName(t *testing.T) {
	before := net.DefaultResolver
	net.DefaultResolver = nameserver(t)
	defer func() { net.DefaultResolver = before }()
	row := hello(t)
	for _, address := range []string{"127.0.0.1", "::1"} {
		listener, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
		if err != nil {
			t.Log(err) // there may be no IPv6
			continue
		}
		_, port, err := net.SplitHostPort(listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Host != "both.test:"+port {
				http.Error(w, "asked as "+r.Host, http.StatusMisdirectedRequest)
			}
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, "alive\r\n")
		}))
		server.Listener = listener
		server.Start()
		defer server.Close()
		f := attached("http://both.test:" + port)
		ip, err := launch.Reach(t.Context(), f, []*scenarios.Scenario{row})
		if err != nil || ip.String() != address {
			t.Errorf("reached %v, %v, want %s", ip, err, address)
		}
		f.Manifest.StartTimeout = 10 * time.Second
		s, err := launch.Launcher{}.StartServer(t.Context(), f, scenarios.H1, row)
		if err != nil || s.Address != net.JoinHostPort(address, port) {
			t.Errorf("server %+v, %v", s, err)
		}
	}
}
