package cli

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/draw"
)

// glass is what a terminal of some columns shows. It knows the codes of the display, and
// breaks long lines.
type glass struct {
	columns int
	rows    [][]rune
	row     int
	column  int
}

var codes = regexp.MustCompile(`^\x1b\[(\??)([0-9]*)([A-Za-z])`)

func (g *glass) write(t *testing.T, text string) {
	t.Helper()
	for text != "" {
		if code := codes.FindStringSubmatch(text); code != nil {
			text = text[len(code[0]):]
			n, _ := strconv.Atoi(code[2])
			switch code[1] + code[3] {
			case "A":
				g.row = max(0, g.row-n)
			case "K":
				g.cut()
			case "J":
				g.cut()
				g.rows = g.rows[:min(len(g.rows), g.row+1)]
			case "?h", "?l":
			default:
				t.Fatalf("the code %q", code[0])
			}
			continue
		}
		r := []rune(text)[0]
		text = text[len(string(r)):]
		switch r {
		case '\r':
			g.column = 0
		case '\n':
			g.row++
		default:
			g.put(r)
		}
	}
}

func (g *glass) here() *[]rune {
	for len(g.rows) <= g.row {
		g.rows = append(g.rows, nil)
	}
	return &g.rows[g.row]
}

func (g *glass) cut() {
	if line := g.here(); len(*line) > g.column {
		*line = (*line)[:g.column]
	}
}

func (g *glass) put(r rune) {
	if g.column == g.columns {
		g.row, g.column = g.row+1, 0
	}
	line := g.here()
	for len(*line) <= g.column {
		*line = append(*line, ' ')
	}
	(*line)[g.column] = r
	g.column++
}

// narrow makes the terminal narrower: it breaks lines that have no room.
func (g *glass) narrow(columns int) {
	rows, at := g.rows, g.row
	g.rows, g.columns = nil, columns
	for i, line := range rows {
		if i == at {
			g.row = len(g.rows)
		}
		for len(line) > columns {
			g.rows, line = append(g.rows, line[:columns]), line[columns:]
		}
		g.rows = append(g.rows, line)
	}
	if at >= len(rows) {
		g.row = len(g.rows) + at - len(rows)
	}
}

// text is what the terminal shows, without blanks at the end.
func (g *glass) text() string {
	var lines []string
	for _, line := range g.rows {
		lines = append(lines, strings.TrimRight(string(line), " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// watched is a display on a terminal with what the terminal shows.
type watched struct {
	*display
	glass
	tty, screen *os.File
}

func follow(t *testing.T, columns, rows uint16) *watched {
	t.Helper()
	t.Setenv("TERM", "xterm")
	tty, screen := terminal(t, columns)
	w := &watched{display: newDisplay(tty), glass: glass{columns: int(columns)}, tty: tty, screen: screen}
	w.resize(t, columns, rows)
	if !w.live {
		t.Fatal("the display does not know the terminal")
	}
	return w
}

func (w *watched) resize(t *testing.T, columns, rows uint16) {
	t.Helper()
	if err := unix.IoctlSetWinsize(int(w.screen.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: columns}); err != nil {
		t.Fatal(err)
	}
}

// shows reads what was written up to here, and compares what stands on the terminal.
func (w *watched) shows(t *testing.T, want string) {
	t.Helper()
	const end = "\x1b[9h"
	if _, err := io.WriteString(w.tty, end); err != nil {
		t.Fatal(err)
	}
	var text string
	for buffer := make([]byte, 4096); !strings.HasSuffix(text, end); {
		n, err := w.screen.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		text += string(buffer[:n])
	}
	w.write(t, strings.TrimSuffix(text, end))
	if got := w.glass.text(); got != want {
		t.Errorf("the terminal shows\n%s\nand should show\n%s", got, want)
	}
}

// Lines are redrawn in place: what stays stands above them, nothing of an earlier frame
// or of the echo of a key is left, and nothing of them at the end.
func TestFramesOfATerminal(t *testing.T) {
	w := follow(t, 40, 24)
	w.line("a note")
	w.frame([]string{"one", "two", "three"})
	w.shows(t, "a note\none\ntwo\nthree")
	w.frame([]string{"one again", "two"})
	w.shows(t, "a note\none again\ntwo")
	w.glass.write(t, "^C") // the echo, at the cursor
	fmt.Fprintln(w.display, "stopping")
	w.shows(t, "a note\nstopping\none again\ntwo")
	w.frame([]string{strings.Repeat("x", 100), "two"})
	w.shows(t, "a note\nstopping\n"+strings.Repeat("x", 39)+"\ntwo")
	w.narrow(15)
	w.resize(t, 15, 24)
	w.frame([]string{"narrow", "two"})
	w.shows(t, "a note\nstopping\nnarrow\ntwo")
	w.resize(t, 15, 3)
	w.frame([]string{"low", "two"})
	w.shows(t, "a note\nstopping\nlow")
	w.end()
	w.shows(t, "a note\nstopping")
	fmt.Fprintln(w.display, "the result")
	w.shows(t, "a note\nstopping\nthe result")
}

// A load on a terminal shows its rate, the percentiles of the last second, failures and
// open connections, and where it stands.
func TestLiveLoad(t *testing.T) {
	for name, c := range map[string]struct {
		ascii bool
		count uint64
		want  string
	}{
		"blocks": {false, 0, `measuring  ██████░░░░░░░░░░░░░░░░░░░░░░░░  2.1 of 10.0 s
rate       1 000 req/s of 1 200   ▄█
last 1s    p50 2.00 ms, p90 3.00 ms, p99 * 3.00 ms, max 3.00 ms
requests   3 failed, 4 open`},
		"ascii": {true, 3000, `measuring  ################..............  1603 of 3000 requests
rate       1 000 req/s of 1 200   =#
last 1s    p50 2.00 ms, p90 3.00 ms, p99 * 3.00 ms, max 3.00 ms
requests   3 failed, 4 open`},
	} {
		t.Run(name, func(t *testing.T) {
			w := follow(t, 80, 24)
			p := &loadProgress{display: w.display, counts: map[string]uint64{"open": c.count}, view: loadView{signs: draw.Signs{ASCII: c.ascii}}}
			p.Window(loaders.Window{Phase: "open", T1NS: 10e9, Measured: true, RateRPS: 1200})
			for at := int64(1); at <= 21; at++ {
				i := loaders.Interval{Phase: "open", Interval: results.Interval{AtNS: at * 1e8, Completed: uint64(at) * 50, Failed: 3, Open: 4}}
				if at > 10 {
					i.Completed = 500 + uint64(at-10)*100
				}
				if at%5 == 0 {
					i.Segment = &results.Segment{FromNS: (at - 5) * 1e8, ToNS: at * 1e8, Latency: same(t, 100, time.Duration(at/10+1)*time.Millisecond)}
				}
				p.Interval(i)
			}
			w.shows(t, c.want)
			p.Window(loaders.Window{Phase: "next", T0NS: 20e9, T1NS: 21e9})
			p.Interval(loaders.Interval{Phase: "next", Interval: results.Interval{AtNS: 20.5e9, Completed: 5}})
			w.shows(t, map[bool]string{
				false: "warm-up    ███████████████░░░░░░░░░░░░░░░  0.5 of 1.0 s\nrate       10.0 req/s\nrequests   0 failed, 0 open",
				true:  "warm-up    ###############...............  0.5 of 1.0 s\nrate       10.0 req/s\nrequests   0 failed, 0 open",
			}[c.ascii])
			p.end()
			w.shows(t, "")
		})
	}
}

// The cost of a second of a load that is drawn, to the load's process: ten intervals, and
// two segments of many different latencies.
func BenchmarkLiveLoad(b *testing.B) {
	b.Setenv("TERM", "xterm")
	tty, screen := terminal(b, 80)
	go func() { _, _ = io.Copy(io.Discard, screen) }()
	var h record.Histogram
	for i := range 25_000 {
		h.Record(int64(50_000 + i*i/100))
	}
	latency, err := h.Result()
	if err != nil {
		b.Fatal(err)
	}
	p := &loadProgress{display: newDisplay(tty), counts: map[string]uint64{}}
	p.Window(loaders.Window{Phase: "closed", T1NS: 1e18, Measured: true})
	var began, ended unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &began); err != nil {
		b.Fatal(err)
	}
	for at := int64(1); b.Loop(); at++ {
		for tenth := at * 10; tenth < at*10+10; tenth++ {
			i := loaders.Interval{Phase: "closed", Interval: results.Interval{AtNS: tenth * 1e8, Completed: uint64(tenth) * 5000, Open: 64}}
			if tenth%5 == 0 {
				i.Segment = &results.Segment{FromNS: (tenth - 5) * 1e8, ToNS: tenth * 1e8, Latency: latency}
			}
			p.Interval(i)
		}
	}
	if err := unix.Getrusage(unix.RUSAGE_SELF, &ended); err != nil {
		b.Fatal(err)
	}
	cpu := ended.Utime.Nano() + ended.Stime.Nano() - began.Utime.Nano() - began.Stime.Nano()
	b.ReportMetric(float64(cpu)/float64(b.N)/1e9*100, "%-of-a-core")
	p.end()
}

// same is the histogram of n equal samples.
func same(t *testing.T, n int, d time.Duration) *results.Histogram {
	t.Helper()
	var h record.Histogram
	for range n {
		h.Record(int64(d))
	}
	r, err := h.Result()
	if err != nil {
		t.Fatal(err)
	}
	return r
}
