package sample

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/harness/tree"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/results"
)

// window is long enough for laws with wide margins on a quiet machine; holds
// lengthens it on a busy one, up to longest.
const (
	window  = 300 * time.Millisecond
	longest = 3 * time.Second
)

// some is the least CPU time, in nanoseconds, from which a test concludes.
const some = int64(tick)

// soon returns a window that opens a little later than now.
func soon(length time.Duration) (t0, t1 int64) {
	t0 = clock.Now() + int64(20*time.Millisecond)
	return t0, t0 + int64(length)
}

func usage(t *testing.T, tree Tree, length, poll time.Duration) results.Usage {
	t.Helper()
	t0, t1 := soon(length)
	u, err := tree.Usage(t.Context(), t0, t1, poll)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// wall returns the time between the two readings.
func wall(u results.Usage) int64 { return u.ReadT1NS - u.ReadT0NS }

// holds asserts a law about time that other programs of this machine share. After
// a window in which the law does not hold, the next one is longer.
func holds(t *testing.T, law func(length time.Duration) error) {
	t.Helper()
	length := window
	retry.Often(t, func() string {
		err := law(length)
		if err == nil {
			return ""
		}
		length = min(length+length/2, longest)
		return err.Error()
	})
}

// sameAs compares the CPU time with the process's own figure, which is for a little
// more than the window. The time of a child counts as a whole, when the child
// ends.
func sameAs(u results.Usage, own, child int64) error {
	said, got := time.Duration(own), time.Duration(u.CPUNS)
	switch {
	case own < some+3*child:
		return fmt.Errorf("the process used only %v: too little for a conclusion", said)
	case u.CPUNS > own+int64(3*tick)+child:
		return fmt.Errorf("CPU time %v, but the process itself used %v in a longer time", got, said)
	case u.CPUNS < own/2-child:
		return fmt.Errorf("CPU time %v, less than half of what the process says: %v", got, said)
	}
	return nil
}

func TestUsageOfProcesses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, mode, source string
		grouped            bool
		child              int64   // CPU time of one child, about, in nanoseconds
		most               float64 // CPU time by wall time
	}{
		{name: "spinning", mode: "spin", source: SourceClocks, most: 1.2},
		{name: "spinning, cgroup", mode: "spin", source: SourceCgroup, grouped: true, most: 1.2},
		{name: "children waited for", mode: "fork", source: SourceClocksReaped, child: 30e6, most: 2.1},
		{name: "children waited for, cgroup", mode: "fork", source: SourceCgroup, grouped: true, child: 30e6, most: 2.1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := start(t, tt.mode)
			tree := p.tree()
			if tt.grouped {
				tree = group(t, p)
			}
			holds(t, func(length time.Duration) error {
				before := p.cpu(t)
				u := usage(t, tree, length, 0)
				if err := sameAs(u, p.cpu(t)-before, tt.child); err != nil {
					return err
				}
				if u.CPUSource != tt.source {
					return fmt.Errorf("source %q, want %q", u.CPUSource, tt.source)
				}
				if share := float64(u.CPUNS) / float64(wall(u)); share > tt.most {
					return fmt.Errorf("%.2f cores, more than can be", share)
				}
				if u.UserNS == nil || u.SystemNS == nil || *u.UserNS+*u.SystemNS < u.CPUNS/2-int64(4*tick) {
					return fmt.Errorf("user and system time %v, %v do not make up %v", u.UserNS, u.SystemNS, u.CPUNS)
				}
				if u.Processes < 1 || u.Threads < u.Processes {
					return fmt.Errorf("%d processes with %d threads", u.Processes, u.Threads)
				}
				return nil
			})
		})
	}
}

func TestUsageOfSleeper(t *testing.T) {
	t.Parallel()
	p := start(t, "sleep")
	holds(t, func(length time.Duration) error {
		u := usage(t, p.tree(), length, 0)
		if u.Timeline != nil {
			return fmt.Errorf("a timeline of %d samples without polling", len(u.Timeline))
		}
		if u.CPUNS < 0 || u.CPUNS > wall(u)/10 {
			return fmt.Errorf("a sleeping process used %v of %v", time.Duration(u.CPUNS), time.Duration(wall(u)))
		}
		return nil
	})
}

func TestUsageCountsLivingChildren(t *testing.T) {
	t.Parallel()
	p := start(t, "parent")
	holds(t, func(length time.Duration) error {
		before := p.cpu(t)
		u := usage(t, p.tree(), length, 0)
		own := p.cpu(t) - before
		if u.Processes != 2 {
			return fmt.Errorf("%d processes, want 2", u.Processes)
		}
		if u.CPUNS < some || u.CPUNS < 2*own {
			return fmt.Errorf("CPU time %v of %v; the parent alone used %v", time.Duration(u.CPUNS), time.Duration(wall(u)), time.Duration(own))
		}
		return nil
	})
}

func TestUsageWarnsOfEndedChild(t *testing.T) {
	t.Parallel()
	holds(t, func(length time.Duration) error {
		p := start(t, "parent")
		t0, t1 := soon(length)
		ended := make(chan error, 1)
		go func() {
			err := wait(context.Background(), (t0+t1)/2)
			if err == nil {
				_, err = p.request("end")
			}
			ended <- err
		}()
		u, err := p.tree().Usage(t.Context(), t0, t1, 0)
		if err := errors.Join(err, <-ended); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(u.Warnings, "; "); !strings.Contains(got, "1 of the processes ended inside the window") {
			return fmt.Errorf("warnings %q do not name the ended child", got)
		}
		if u.CPUNS < some || u.CPUNS > wall(u)*9/10 {
			return fmt.Errorf("CPU time %v of %v: the child ran for half of it", time.Duration(u.CPUNS), time.Duration(wall(u)))
		}
		return nil
	})
}

func TestBusiestThread(t *testing.T) {
	t.Parallel()
	p := start(t, "threads")
	holds(t, func(length time.Duration) error {
		u := usage(t, p.tree(), length, 0)
		if u.Threads < 3 {
			return fmt.Errorf("%d threads, want 3 at least", u.Threads)
		}
		if u.BusiestThread == nil {
			t.Skip("this kernel counts no thread's time (schedstat)")
		}
		// The spinning thread uses most of the time of the process.
		process := float64(u.CPUNS) / float64(wall(u))
		if got := *u.BusiestThread; u.CPUNS < some || got < 0.6*process || got > process+0.1 {
			return fmt.Errorf("busiest thread %.2f of the window, the process %.2f", got, process)
		}
		return nil
	})
}

func TestPeakMemory(t *testing.T) {
	t.Parallel()
	p := start(t, "sleep")
	tree := p.tree()
	if err := tree.ResetPeak(); err != nil {
		t.Fatal(err)
	}
	idle, err := tree.Memory()
	if err != nil {
		t.Fatal(err)
	}
	quiet := peak(t, usage(t, tree, window/3, 0))
	p.ask(t, "map")
	after := usage(t, tree, window, 50*time.Millisecond)
	if got := peak(t, after); got < quiet+allocation*3/4 {
		t.Errorf("peak %d: the 64 MiB that were freed again do not show over %d", got, quiet)
	}
	for _, s := range after.Timeline {
		if s.MemoryBytes > idle+allocation/2 {
			t.Errorf("%d bytes resident after they were freed; %d idle", s.MemoryBytes, idle)
		}
	}
	if err := tree.ResetPeak(); err != nil {
		t.Fatal(err)
	}
	if got := peak(t, usage(t, tree, window/3, 0)); got > idle+allocation/2 {
		t.Errorf("peak %d after it was reset; idle %d", got, idle)
	}
}

func peak(t *testing.T, u results.Usage) uint64 {
	t.Helper()
	if u.PeakMemoryBytes == nil {
		t.Fatalf("no peak memory; warnings %q", u.Warnings)
	}
	return *u.PeakMemoryBytes
}

func TestTimelineRises(t *testing.T) {
	t.Parallel()
	for _, grouped := range []bool{false, true} {
		p := start(t, "spin")
		tree := p.tree()
		if grouped {
			tree = group(t, p)
		}
		holds(t, func(length time.Duration) error {
			u := usage(t, tree, length, 20*time.Millisecond)
			if n := len(u.Timeline); n < 3 || n > int(length/(20*time.Millisecond)) {
				return fmt.Errorf("%d samples in %v at 20 ms", n, length)
			}
			return rises(u)
		})
	}
}

// rises checks that a timeline leads from the first reading to the last.
func rises(u results.Usage) error {
	var last results.UsageSample
	for _, s := range u.Timeline {
		if s.AtNS <= max(last.AtNS, u.ReadT0NS) || s.CPUNS < last.CPUNS || s.MemoryBytes == 0 {
			return fmt.Errorf("sample %+v after %+v", s, last)
		}
		last = s
	}
	if last.CPUNS != u.CPUNS || last.AtNS != u.ReadT1NS {
		return fmt.Errorf("the last sample %+v is not the whole %d", last, u.CPUNS)
	}
	return nil
}

func TestUsageRefuses(t *testing.T) {
	t.Parallel()
	p := start(t, "sleep")
	ended := start(t, "sleep")
	ended.end()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	t0, t1 := soon(window)
	tests := []struct {
		name   string
		ctx    context.Context
		tree   Tree
		t0, t1 int64
		want   string
		is     error
	}{
		{"empty window", t.Context(), p.tree(), t0, t0, "longer than 0", nil},
		{"ended context", ctx, p.tree(), t0, t1, "waiting for the window", context.Canceled},
		{"ended process", t.Context(), ended.tree(), t0, t1, "all of them have ended", nil},
		{"no such cgroup", t.Context(), Tree{Root: 1, Groups: tree.Groups{Unified: t.TempDir() + "/none"}}, t0, t1, "cgroup", nil},
		{"no cgroup directory", t.Context(), Tree{Root: 1, Groups: tree.Groups{Unified: t.TempDir()}}, t0, t1, "cgroup", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := tt.tree.Usage(tt.ctx, tt.t0, tt.t1, 0)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want one with %q", err, tt.want)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("error %v is not %v", err, tt.is)
			}
		})
	}
	if _, err := ended.tree().Memory(); err == nil {
		t.Error("the memory of an ended process was read")
	}
	if err := ended.tree().ResetPeak(); err == nil {
		t.Error("the peak of an ended process was reset")
	}
}

func TestEndedGroupStillHasItsTime(t *testing.T) {
	t.Parallel()
	holds(t, func(length time.Duration) error {
		p := start(t, "spin")
		tree := group(t, p)
		t0, t1 := soon(length)
		killed := make(chan error, 1)
		go func() {
			err := errors.Join(wait(context.Background(), (t0+t1)/2), p.cmd.Process.Kill())
			p.end() // until it is waited for, its cgroup is not empty
			killed <- err
		}()
		u, err := tree.Usage(t.Context(), t0, t1, 20*time.Millisecond)
		if err := errors.Join(err, <-killed); err != nil {
			return err
		}
		if u.CPUNS < some || u.PeakMemoryBytes != nil || u.Processes != 0 {
			return fmt.Errorf("usage %+v of a process that ended in the middle", u)
		}
		if got := strings.Join(u.Warnings, "; "); !strings.Contains(got, "had ended") {
			return fmt.Errorf("warnings %q do not name the end", got)
		}
		return nil
	})
}

// A zombie's memory cannot be reset, and it has none.
func TestResetPeakSkipsZombies(t *testing.T) {
	t.Parallel()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), helperEnv+"=zombie")
	out, err := c.CombinedOutput()
	if err != nil || string(out) != "reset beside a zombie: <nil>\n" {
		t.Errorf("%s%v", out, err)
	}
}
