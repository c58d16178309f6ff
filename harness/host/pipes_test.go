//go:build linux

package host

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestPipes(t *testing.T) {
	t.Parallel()
	h := launch(t, LocalOptions{}, Program{Argv: []string{"sh", "-c", "echo warning >&2; exec cat"}, Pipes: true})
	// A program started later must not hold the first one's input open.
	launch(t, LocalOptions{}, Program{Argv: []string{"sleep", "1000"}})
	if _, err := io.WriteString(h.Stdin(), "there and back\n"); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(h.Stdout())
	if got, err := lines.ReadString('\n'); err != nil || got != "there and back\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := h.Stdin().Close(); err != nil {
		t.Fatal(err)
	}
	if got := awaitExit(t, h); got != (Exit{}) {
		t.Errorf("exit is %+v", got)
	}
	if got, err := io.ReadAll(lines); err != nil || len(got) != 0 {
		t.Errorf("after the end got %q, %v", got, err)
	}
	if got := h.LogTail(100); got != "warning" {
		t.Errorf("log is %q", got)
	}
}

// Output from before Stop can still be read after it.
func TestOutputOutlivesStop(t *testing.T) {
	t.Parallel()
	h := launch(t, LocalOptions{}, Program{Argv: []string{"sh", "-c", "echo report; echo written >&2; exec sleep 1000"}, Pipes: true})
	if _, err := awaitLog(h, "written"); err != nil {
		t.Fatal(err)
	}
	stopAndCheck(t, h, family(t, h))
	if got, err := io.ReadAll(h.Stdout()); err != nil || string(got) != "report\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

// A pipe in non-blocking mode makes plain programs fail with EAGAIN.
func TestPipesBlock(t *testing.T) {
	t.Parallel()
	h := launch(t, LocalOptions{}, Program{
		Argv:  []string{"sh", "-c", "cat /proc/self/fdinfo/0 /proc/self/fdinfo/1 | grep flags"},
		Pipes: true,
	})
	text, err := io.ReadAll(h.Stdout())
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != 2 {
		t.Fatalf("got %q", text)
	}
	for _, line := range lines {
		flags, err := strconv.ParseInt(strings.Fields(line)[1], 8, 64)
		if err != nil || flags&unix.O_NONBLOCK != 0 {
			t.Errorf("%q is in non-blocking mode (%v)", line, err)
		}
	}
}

func TestLogIsCutInTheMiddle(t *testing.T) {
	t.Parallel()
	const limit = 4096
	log := filepath.Join(t.TempDir(), "log")
	h := launch(t, LocalOptions{}, Program{Argv: []string{"sh", "-c", "seq 1 20000; exec sleep 1000"}, Log: log, LogCap: limit})
	if _, err := awaitLog(h, "\n20000"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > limit || len(text) < limit-64 {
		t.Errorf("the log has %d bytes, not nearly %d", len(text), limit)
	}
	if !strings.HasPrefix(string(text), "1\n2\n3\n") || !strings.HasSuffix(string(text), "\n19999\n20000\n") {
		t.Errorf("first or last lines are missing:\n%s", text)
	}
	if !strings.Contains(string(text), "[joust cut 10") {
		t.Errorf("nothing says what was cut:\n%s", text)
	}
	if got := h.LogTail(12); got != "19999\n20000" {
		t.Errorf("tail is %q", got)
	}
}

func TestTail(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		n    int
		want string
	}{
		{"one\ntwo\nthree\n", 100, "one\ntwo\nthree"}, {"one\ntwo\nthree\n", 9, "two\nthree"},
		{"one\ntwo\nthree\n", 8, "three"}, {"one\nthree\n", 3, "ree"}, {"", 3, ""},
	} {
		if got := Tail([]byte(test.text), test.n); got != test.want {
			t.Errorf("the last %d bytes of %q are %q, want %q", test.n, test.text, got, test.want)
		}
	}
}
