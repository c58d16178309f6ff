package cli

import (
	"bufio"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal opens a pseudo-terminal with so many columns; what is written to it is
// read from screen.
func terminal(t testing.TB, columns uint16) (tty, screen *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err) // a container may have none
	}
	t.Cleanup(func() { screen.Close() })
	number, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(int(screen.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns})
	}
	if err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close() })
	return tty, screen
}

// Every live line is one display's: it is cut to the terminal, and a dumb terminal
// gets plain lines without codes. The environment is the process's own, so the test
// does not run in parallel.
func TestLiveLineFitsTheTerminal(t *testing.T) {
	long := "measuring 1.0 of 10.0 s: 100000 req/s, 0 failed, 64 open"
	for name, want := range map[string]string{
		"xterm": "\r\x1b[K" + long[:39] + "\r\x1b[Kit stays\r\n",
		"dumb":  "it stays\r\n",
	} {
		t.Setenv("TERM", name)
		tty, screen := terminal(t, 40)
		d := newDisplay(tty)
		d.draw(long)
		d.line("it stays")
		got, err := bufio.NewReader(screen).ReadString('\n')
		if err != nil || got != want {
			t.Errorf("TERM=%s: %q, %v, want %q", name, got, err, want)
		}
	}
}
