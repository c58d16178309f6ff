package backend_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/results"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait for an event that must come, in nanoseconds.
const patience = int64(20e9)

// overSystems runs a test of a loop over each backend of this system. The test gets
// a loop of one connection to a peer, and the peer's listener.
func overSystems(t *testing.T, test func(*testing.T, backend.Loop, *net.TCPListener)) {
	t.Helper()
	for _, system := range systems() {
		t.Run(system.Name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			spec := loaders.Spec{Target: loaders.Target{Network: "tcp", Address: l.Addr().String()}, Threads: 1}
			loop, err := system.NewLoop(&spec, 1)
			if err != nil {
				t.Fatal(err)
			}
			defer loop.Close()
			if err := loop.Enter(-1); err != nil {
				t.Fatal(err)
			}
			test(t, loop, l.(*net.TCPListener))
		})
	}
}

// event waits for one of the events in what.
func event(t *testing.T, loop backend.Loop, what backend.What) {
	t.Helper()
	for limit := time.Now().Add(time.Duration(patience)); time.Now().Before(limit); {
		events, err := loop.Wait(patience)
		if err != nil {
			t.Fatal(err)
		}
		for _, ev := range events {
			if ev.Conn == 0 && ev.What&what != 0 {
				return
			}
		}
	}
	t.Fatalf("no event %b came", what)
}

// connected returns an established connection and its other end.
func connected(t *testing.T, loop backend.Loop, l *net.TCPListener) (backend.Conn, *net.TCPConn) {
	t.Helper()
	c, established, err := loop.Dial(0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !established {
		event(t, loop, backend.Writable)
		if err := c.Finish(); err != nil {
			t.Fatal(err)
		}
	}
	peer, err := l.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	return c, peer
}

// watched is connected, and its loop watches the connection.
func watched(t *testing.T, loop backend.Loop, l *net.TCPListener) (backend.Conn, *net.TCPConn) {
	t.Helper()
	c, peer := connected(t, loop, l)
	if err := c.Watch(false); err != nil {
		t.Fatal(err)
	}
	return c, peer
}

func write(t *testing.T, w io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
}

// expectRead reads once and compares the result with the text and the error.
func expectRead(t *testing.T, c backend.Conn, want string, end error) {
	t.Helper()
	buf := make([]byte, 100)
	if n, err := c.Read(buf); string(buf[:n]) != want || err != end {
		t.Errorf("read %q and %v, want %q and %v", buf[:n], err, want, end)
	}
}

func TestReading(t *testing.T) {
	t.Parallel()
	overSystems(t, func(t *testing.T, loop backend.Loop, l *net.TCPListener) {
		c, peer := watched(t, loop, l)
		defer c.Close(false)
		expectRead(t, c, "", nil)
		if n, err := c.Unread(); n != 0 || err != nil {
			t.Errorf("%d bytes unread and %v, want none", n, err)
		}
		write(t, peer, "hello")
		event(t, loop, backend.Readable)
		event(t, loop, backend.Readable) // as long as it is not read
		if n, err := c.Unread(); n < 1 || err != nil {
			t.Errorf("%d bytes unread and %v, want some", n, err)
		}
		expectRead(t, c, "hello", nil)
		expectRead(t, c, "", nil)
		write(t, peer, "bye")
		event(t, loop, backend.Readable)
		if err := peer.Close(); err != nil {
			t.Fatal(err)
		}
		expectRead(t, c, "bye", nil)
		event(t, loop, backend.Ended)
		expectRead(t, c, "", io.EOF)
	})
}

// A write to a peer that has closed is refused; one that the peer has read before its
// close is not.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, read := range []bool{false, true} {
		t.Run(fmt.Sprintf("read %v", read), func(t *testing.T) {
			t.Parallel()
			overSystems(t, func(t *testing.T, loop backend.Loop, l *net.TCPListener) {
				c, peer := watched(t, loop, l)
				defer c.Close(false)
				ask := func() {
					if n, err := c.Write([]byte("hello")); n != 5 || err != nil {
						t.Fatalf("%d bytes taken and %v", n, err)
					}
				}
				if read {
					ask()
					if _, err := io.ReadFull(peer, make([]byte, 5)); err != nil {
						t.Fatal(err)
					}
				}
				if err := peer.Close(); err != nil {
					t.Fatal(err)
				}
				event(t, loop, backend.Ended)
				if !read {
					ask()
				}
				expectRead(t, c, "", io.EOF)
				if got := c.Refused(); got == read {
					t.Errorf("refused %v where the peer has read: %v", got, read)
				}
			})
		})
	}
}

func TestWriting(t *testing.T) {
	t.Parallel()
	overSystems(t, func(t *testing.T, loop backend.Loop, l *net.TCPListener) {
		c, peer := watched(t, loop, l)
		defer c.Close(false)
		sent, block := int64(0), make([]byte, 64<<10)
		for full := false; !full; {
			n, err := c.Write(block)
			if err != nil {
				t.Fatal(err)
			}
			sent, full = sent+int64(n), n == 0
		}
		if err := c.Watch(true); err != nil {
			t.Fatal(err)
		}
		if n, err := io.CopyN(io.Discard, peer, sent); n != sent || err != nil {
			t.Fatalf("the peer has %d of %d bytes: %v", n, sent, err)
		}
		event(t, loop, backend.Writable)
		event(t, loop, backend.Writable) // as long as it is watched for
		if n, err := c.Write(block); n == 0 || err != nil {
			t.Errorf("%d bytes taken and %v", n, err)
		}
	})
}

func TestResets(t *testing.T) {
	t.Parallel()
	overSystems(t, func(t *testing.T, loop backend.Loop, l *net.TCPListener) {
		c, peer := watched(t, loop, l)
		if err := errors.Join(peer.SetLinger(0), peer.Close()); err != nil {
			t.Fatal(err)
		}
		event(t, loop, backend.Ended)
		if _, err := c.Read(make([]byte, 1)); err == nil || backend.CauseOf(err) != results.CauseReset {
			t.Errorf("read gives %v, want %q", err, results.CauseReset)
		}
		c.Close(false)
		c, peer = watched(t, loop, l)
		defer func() { _ = peer.Close() }()
		c.Close(true)
		if _, err := peer.Read(make([]byte, 1)); err == nil || err == io.EOF {
			t.Errorf("the peer reads %v, want a reset", err)
		}
	})
}

func TestRefusedConnects(t *testing.T) {
	t.Parallel()
	overSystems(t, func(t *testing.T, loop backend.Loop, l *net.TCPListener) {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		c, _, err := loop.Dial(0, 0, 0)
		if err == nil {
			event(t, loop, backend.Writable|backend.Ended)
			err = c.Finish()
			c.Close(false)
		}
		if err == nil || backend.CauseOf(err) != results.CauseConnectRefused {
			t.Errorf("got %v, want %q", err, results.CauseConnectRefused)
		}
	})
}

func TestLending(t *testing.T) {
	t.Parallel()
	overSystems(t, func(t *testing.T, loop backend.Loop, l *net.TCPListener) {
		c, peer := connected(t, loop, l)
		defer c.Close(false)
		defer func() { _ = peer.Close() }()
		stream, err := c.Lend(2 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 100)
		write(t, stream, "question")
		if n, err := peer.Read(buf); string(buf[:n]) != "question" || err != nil {
			t.Errorf("the peer reads %q and %v", buf[:n], err)
		}
		write(t, peer, "answer")
		if n, err := stream.Read(buf); string(buf[:n]) != "answer" || err != nil {
			t.Errorf("the stream reads %q and %v", buf[:n], err)
		}
		if _, err := stream.Read(buf); !errors.Is(err, backend.ErrTimeout) {
			t.Errorf("a read of nothing gives %v, want %v", err, backend.ErrTimeout)
		}
		if err := c.TakeBack(); err != nil {
			t.Fatal(err)
		}
		expectRead(t, c, "", nil)
		write(t, peer, "more")
		event(t, loop, backend.Readable)
		expectRead(t, c, "more", nil)
	})
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	overSystems(t, func(t *testing.T, loop backend.Loop, l *net.TCPListener) {
		c, peer := connected(t, loop, l)
		defer c.Close(false)
		defer func() { _ = peer.Close() }()
		stream, err := c.Lend(time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() {
			_, err := stream.Read(make([]byte, 1))
			ended <- err
		}()
		c.Interrupt()
		if err := <-ended; err == nil {
			t.Error("a read of an interrupted stream succeeds")
		}
	})
}

func TestWake(t *testing.T) {
	t.Parallel()
	overSystems(t, func(t *testing.T, loop backend.Loop, _ *net.TCPListener) {
		go loop.Wake()
		for {
			events, err := loop.Wait(patience)
			if err != nil {
				t.Fatal(err)
			}
			if len(events) == 1 && events[0].Conn == backend.Woken {
				break
			}
		}
		if events, err := loop.Wait(0); len(events) != 0 || err != nil {
			t.Errorf("behind the wake: %v, %v", events, err)
		}
	})
}

func TestClocks(t *testing.T) {
	t.Parallel()
	overSystems(t, func(t *testing.T, loop backend.Loop, _ *net.TCPListener) {
		before := loop.CPU()
		for limit := time.Now().Add(time.Duration(patience)); loop.CPU() == before; {
			if time.Now().After(limit) {
				t.Fatal("the CPU clock stands still")
			}
		}
		if d := loop.RunDelay(); d < -1 {
			t.Errorf("a wait of %d ns for a processor", d)
		}
	})
}
