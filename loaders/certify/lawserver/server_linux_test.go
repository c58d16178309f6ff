package lawserver_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/joust-bench/joust/loaders/certify/lawserver"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/scenarios"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of these tests.
const patience = 20 * time.Second

const (
	get     = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	hello   = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, World!"
	interim = "HTTP/1.1 100 Continue\r\n\r\n"
)

func start(t *testing.T, law lawserver.Law) *lawserver.Local {
	t.Helper()
	s, err := lawserver.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	set(t, s, law)
	return s
}

func set(t *testing.T, s *lawserver.Local, law lawserver.Law) {
	t.Helper()
	if err := s.SetLaw(law); err != nil {
		t.Fatal(err)
	}
}

func dial(t *testing.T, s *lawserver.Local) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c
}

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, c io.Reader, bytes int) string {
	t.Helper()
	buf := make([]byte, bytes)
	n, err := io.ReadFull(c, buf)
	if err != nil {
		t.Fatalf("%v after %q", err, buf[:n])
	}
	return string(buf)
}

// Requests and bytes are counted exactly in any pieces and pipelines.
func TestCountsAreExact(t *testing.T) {
	t.Parallel()
	s := start(t, lawserver.Law{})
	const upload = "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n12345"
	stream := strings.Repeat(get+upload, 50)
	var want lawserver.Counts
	for _, step := range []int{1, 7, 64, len(stream)} {
		c := dial(t, s)
		go func() {
			for from := 0; from < len(stream); from += step {
				if _, err := io.WriteString(c, stream[from:min(len(stream), from+step)]); err != nil {
					return // the reading side fails
				}
			}
		}()
		if got := receive(t, c, 100*len(hello)); got != strings.Repeat(hello, 100) {
			t.Fatalf("steps of %d: a wrong answer: %.200q", step, got)
		}
		want.Connections++
		want.Requests += 100
		want.Answers += 100
		want.ReceivedBytes += uint64(len(stream))
		want.SentBytes += uint64(100 * len(hello))
	}
	got, err := s.Counts()
	if err != nil || got != want {
		t.Errorf("got %+v, want %+v (%v)", got, want, err)
	}
	set(t, s, lawserver.Law{})
	if got, err := s.Counts(); err != nil || got != (lawserver.Counts{}) {
		t.Errorf("a new law begins with %+v, %v", got, err)
	}
}

// An answer larger than every socket buffer comes whole, though the client
// reads late.
func TestLargeAnswers(t *testing.T) {
	t.Parallel()
	body := scenarios.Body{Text: "joust ", Length: 16 << 20}
	s := start(t, lawserver.Law{Body: body})
	c := dial(t, s)
	send(t, c, get)
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r.Body)
	if err != nil || !slices.Equal(got, body.Bytes()) {
		t.Errorf("%d bytes of %d, %v", len(got), body.Length, err)
	}
}

// ask sends n requests on a connection each, at once, and waits for all.
func ask(t *testing.T, s *lawserver.Local, n int) {
	t.Helper()
	conns := make([]net.Conn, n)
	for i := range conns {
		conns[i] = dial(t, s)
	}
	for _, c := range conns {
		send(t, c, get)
	}
	for _, c := range conns {
		receive(t, c, len(hello))
	}
}

func stamps(t *testing.T, s *lawserver.Local, n int) lawserver.Stamps {
	t.Helper()
	st, err := s.Stamps()
	if err != nil || len(st.ArrivedNS) != n || len(st.AnsweredNS) != n {
		t.Fatalf("%d and %d stamps of %d, %v", len(st.ArrivedNS), len(st.AnsweredNS), n, err)
	}
	return st
}

// A delay is never too short, and many delays run at once.
func TestDelay(t *testing.T) {
	t.Parallel()
	const n, delay = 200, 30 * time.Millisecond
	calmly(t, lawserver.Law{Delay: delay, Stamps: n}, n, func(st lawserver.Stamps) string {
		late := make([]int64, n)
		for i := range late {
			late[i] = st.AnsweredNS[i] - st.ArrivedNS[i] - int64(delay)
		}
		slices.Sort(late)
		if late[0] < 0 {
			t.Fatalf("an answer came %v early", time.Duration(-late[0]))
		}
		if late[n/2] > int64(20*time.Millisecond) {
			return fmt.Sprintf("half of all answers are %v late", time.Duration(late[n/2]))
		}
		if all := time.Duration(st.AnsweredNS[n-1] - st.ArrivedNS[0]); all > n*delay/4 {
			return fmt.Sprintf("%d delays of %v took %v: they waited for one another", n, delay, all)
		}
		return ""
	})
}

// calmly makes n requests at once to a server of that law, a new server each time,
// and fails unless the stamps hold often enough: answers are late on a machine that
// stopped.
func calmly(t *testing.T, law lawserver.Law, n int, hold func(lawserver.Stamps) (why string)) {
	t.Helper()
	retry.Often(t, func() string {
		s := start(t, law)
		ask(t, s, n)
		return hold(stamps(t, s, n))
	})
}

// A single server's answers are in order and no sooner than their share of the
// capacity. A server that was late catches up.
func TestCapacity(t *testing.T) {
	t.Parallel()
	const n, rate = 100, 1000
	calmly(t, lawserver.Law{CapacityRPS: rate, Stamps: n}, n, func(st lawserver.Stamps) string {
		begin := st.ArrivedNS[0]
		for i, at := range st.AnsweredNS {
			if earliest := begin + int64(i+1)*1e9/rate; at < earliest-int64(i) {
				t.Fatalf("answer %d came %v early", i, time.Duration(earliest-at))
			}
		}
		if took := time.Duration(st.AnsweredNS[n-1] - begin); took > 3*n*time.Second/rate {
			return fmt.Sprintf("%d requests at %d/s took %v", n, rate, took)
		}
		return ""
	})
}

// Nothing is read or answered during a stop, and everything after it.
func TestStall(t *testing.T) {
	t.Parallel()
	const n = 20
	const length, period = 150 * time.Millisecond, time.Hour
	s := start(t, lawserver.Law{})
	c := dial(t, s)
	send(t, c, get)
	receive(t, c, len(hello))
	anchor := clock.Now() + int64(5*time.Millisecond)
	set(t, s, lawserver.Law{Stamps: n, Stall: &lawserver.Stall{Length: length, Period: period, AnchorNS: anchor}})
	for clock.Now() < anchor+int64(5*time.Millisecond) {
		time.Sleep(time.Millisecond)
	}
	send(t, c, strings.Repeat(get, n))
	if _, err := s.Counts(); err != nil {
		t.Error("no counts during a stop:", err)
	}
	receive(t, c, n*len(hello))
	st := stamps(t, s, n)
	if early := anchor + int64(length) - st.ArrivedNS[0]; early > 0 {
		t.Errorf("a request was read %v before the end of the stop", time.Duration(early))
	}
}

// A stop that a new law lifts is over at once.
func TestStallIsLifted(t *testing.T) {
	t.Parallel()
	s := start(t, lawserver.Law{})
	set(t, s, lawserver.Law{Stall: &lawserver.Stall{Length: time.Hour, Period: 2 * time.Hour, AnchorNS: clock.Now()}})
	set(t, s, lawserver.Law{})
	ask(t, s, 1)
}

// Each behaviour writes these bytes and has this end: io.EOF for a close, a reset,
// or nil for a connection that stays.
func TestBehaviours(t *testing.T) {
	t.Parallel()
	head := hello[:strings.Index(hello, "Hello")]
	for _, c := range []struct {
		behaviour lawserver.Behaviour
		request   string
		want      string
		end       error
	}{
		{lawserver.Continue, get, interim + hello, nil},
		{lawserver.Drip, get, hello, nil},
		{lawserver.WrongBody, get, head + "Hello, World ", nil},
		{lawserver.ShortBody, get, strings.Replace(head, "13", "6", 1) + "Hello,", nil},
		{lawserver.LongBody, get, strings.Replace(head, "13", "26", 1) + "Hello, World!Hello, World!", nil},
		{lawserver.ExtraBytes, get, hello + "surplus", nil},
		{lawserver.Status500, get, strings.Replace(hello, "200 OK", "500 Internal Server Error", 1), nil},
		{lawserver.Garbage, get, "\x00\x01 this is not HTTP\r\n\r\n", nil},
		{lawserver.CloseMidBody, get, head + "Hello,", io.EOF},
		{lawserver.CloseUnanswered, get, "", io.EOF},
		{lawserver.ResetUnanswered, get, "", syscall.ECONNRESET},
		{lawserver.EarlyReply, "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n1234", hello, syscall.ECONNRESET},
		{lawserver.ContinueOnly, get, interim, nil},
		{lawserver.Hang, get, "", nil},
		{lawserver.Silent, get, "", nil},
	} {
		t.Run(string(c.behaviour), func(t *testing.T) {
			t.Parallel()
			s := start(t, lawserver.Law{Behaviour: c.behaviour, Delay: time.Millisecond})
			conn := dial(t, s)
			send(t, conn, c.request)
			if got := receive(t, conn, len(c.want)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if c.end == nil {
				if err := conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
					t.Fatal(err)
				}
				c.end = os.ErrDeadlineExceeded
			}
			if n, err := conn.Read(make([]byte, 1)); n != 0 || !errors.Is(err, c.end) {
				t.Errorf("then came %d bytes and %v, want %v", n, err, c.end)
			}
		})
	}
}

// Each third request over all connections gets no answer, and the connections stay.
func TestSwallow(t *testing.T) {
	t.Parallel()
	s := start(t, lawserver.Law{Behaviour: lawserver.Swallow, Every: 3})
	a, b := dial(t, s), dial(t, s)
	for range 2 {
		send(t, a, get)
		receive(t, a, len(hello))
		send(t, b, get)
		receive(t, b, len(hello))
		send(t, b, get)
	}
	counts, err := s.Counts()
	for limit := time.Now().Add(patience); err == nil && counts.Requests < 6 && time.Now().Before(limit); {
		counts, err = s.Counts() // the last request may still be on its way
	}
	if err != nil || counts.Requests != 6 || counts.Answers != 4 || counts.Connections != 2 {
		t.Errorf("got %+v, %v; want 4 answers to 6 requests on 2 connections", counts, err)
	}
	send(t, b, get)
	receive(t, b, len(hello))
}

// The second answer comes with the first, or the law's delay later.
func TestTwice(t *testing.T) {
	t.Parallel()
	for _, gap := range []time.Duration{0, 50 * time.Millisecond} {
		s := start(t, lawserver.Law{Behaviour: lawserver.Twice, Delay: gap})
		c := dial(t, s)
		began := time.Now()
		for n := range 2 {
			send(t, c, get)
			if got := receive(t, c, 2*len(hello)); got != hello+hello {
				t.Fatalf("%v apart: got %q", gap, got)
			}
			if took := time.Since(began); took < time.Duration(n+1)*gap {
				t.Errorf("%v apart: %d requests were answered twice in %v", gap, n+1, took)
			}
		}
		if got, err := s.Counts(); err != nil || got.Requests != 2 || got.Answers != 4 {
			t.Errorf("%v apart: got %+v, %v; want 4 answers to 2 requests", gap, got, err)
		}
	}
}

// The end of the stream is there as soon as the last answer is.
func TestCloseAfter(t *testing.T) {
	t.Parallel()
	s := start(t, lawserver.Law{Behaviour: lawserver.CloseAfter, Every: 3})
	for range 20 {
		c := dial(t, s)
		for range 3 {
			send(t, c, get)
			receive(t, c, len(hello))
		}
		raw, err := c.(syscall.Conn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		n := -1
		if controlled := raw.Control(func(fd uintptr) { n, _, err = syscall.Recvfrom(int(fd), make([]byte, 1), 0) }); controlled != nil {
			t.Fatal(controlled)
		}
		if n != 0 || err != nil {
			t.Fatalf("behind the answer: %d, %v, want the end of the stream", n, err)
		}
	}
	if got, err := s.Counts(); err != nil || got.Connections != 20 || got.Answers != 60 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// A refusing server does not listen, and is back at the same address under another
// law.
func TestRefuse(t *testing.T) {
	t.Parallel()
	s := start(t, lawserver.Law{})
	ask(t, s, 1)
	set(t, s, lawserver.Law{Behaviour: lawserver.Refuse})
	if c, err := net.Dial("tcp", s.Address()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, %v, want a refusal", c, err)
	}
	set(t, s, lawserver.Law{})
	ask(t, s, 1)
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	s := start(t, lawserver.Law{})
	for _, address := range []string{"", "localhost:80", s.Address(), "192.0.2.1:0"} {
		if other, err := lawserver.Start(address); err == nil {
			t.Errorf("%q was accepted: %v", address, other.Close())
		}
	}
	if s.SetLaw(lawserver.Law{Behaviour: "polite"}) == nil {
		t.Error("an unknown behaviour was accepted")
	}
	six, err := lawserver.Start("[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here: ", err)
	}
	ask(t, six, 1)
	for range 2 {
		if err := six.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := six.Counts(); err == nil {
		t.Error("a closed server counts")
	}
}

// The side channel does what the methods do.
func TestRemote(t *testing.T) {
	t.Parallel()
	orders, theirIn, errIn := pipe()
	theirOut, replies, errOut := pipe()
	if err := errors.Join(errIn, errOut); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- lawserver.Serve(t.Context(), orders, replies, "127.0.0.1:0") }()
	r, err := lawserver.Connect(theirIn, theirOut)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.SetLaw(lawserver.Law{Stamps: 1}); err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", r.Address())
	if err != nil {
		t.Fatal(err)
	}
	send(t, c, get)
	receive(t, c, len(hello))
	counts, err := r.Counts()
	if want := (lawserver.Counts{Connections: 1, Requests: 1, Answers: 1, ReceivedBytes: uint64(len(get)), SentBytes: uint64(len(hello))}); err != nil || counts != want {
		t.Errorf("got %+v, %v", counts, err)
	}
	if st, err := r.Stamps(); err != nil || len(st.AnsweredNS) != 1 {
		t.Errorf("got %+v, %v", st, err)
	}
	if err := r.SetLaw(lawserver.Law{Delay: -1}); err == nil || !strings.Contains(err.Error(), "delay") {
		t.Errorf("a negative delay: %v", err)
	}
	if err := errors.Join(c.Close(), theirIn.Close(), <-served, replies.Close()); err != nil {
		t.Error(err)
	}
	if _, err := r.Counts(); err == nil {
		t.Error("a server that has ended counts")
	}
}

func pipe() (io.ReadCloser, io.WriteCloser, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, fmt.Errorf("making a pipe: %w", err)
	}
	return r, w, nil
}

// A stream has its events one a chunk, and the connection stays.
func TestStream(t *testing.T) {
	t.Parallel()
	s := start(t, lawserver.Law{Behaviour: lawserver.Stream, Every: 12})
	c := dial(t, s)
	in := bufio.NewReader(c)
	for range 2 {
		send(t, c, get)
		r, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		if want := lawserver.Events(12); err != nil || string(body) != want || strings.Count(want, "data: ") != 12 || !strings.HasSuffix(want, "data: 12\n\n") {
			t.Errorf("read %q and %v, want %q", body, err, want)
		}
	}
}

// A client that closes inside a body is counted, one that closes between requests is not.
func TestHalves(t *testing.T) {
	t.Parallel()
	s := start(t, lawserver.Law{})
	for i, text := range []string{
		"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n12345",
		"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n",
		"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n12345",
		get,
	} {
		c := dial(t, s)
		send(t, c, text)
		if i >= 2 {
			receive(t, c, len(hello))
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	var counts lawserver.Counts
	var err error
	for limit := time.Now().Add(patience); err == nil && counts.Halves < 2 && time.Now().Before(limit); {
		counts, err = s.Counts()
	}
	if err != nil || counts.Halves != 2 || counts.Requests != 2 || counts.Answers != 2 {
		t.Errorf("got %+v, %v, want 2 halves and 2 whole requests", counts, err)
	}
}
