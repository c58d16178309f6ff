package journal_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/results/journal"
	"github.com/joust-bench/joust/results/journal/journaltest"
)

// readers are the ways to read a stored run; each counts the trials.
var readers = []struct {
	name string
	read func(dir string) (int, error)
}{
	{"trials", func(dir string) (n int, err error) {
		for _, err := range journal.Trials(dir) {
			if err != nil {
				return n, err
			}
			n++
		}
		return n, nil
	}},
	{"outline", func(dir string) (int, error) {
		run, err := journal.Outline(dir)
		return len(run.Trials), err
	}},
	{"open", func(dir string) (int, error) {
		run, err := journal.Open(dir)
		return len(run.Trials), err
	}},
}

// BenchmarkRead reads stored runs of a default run's size, of ten times as many
// trials, and of ten thousand. It reports the process's CPU time, collections
// included, and the growth of its peak memory.
func BenchmarkRead(b *testing.B) {
	for _, n := range []int{79, 775, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			dir := journaltest.Grow(b, stored, n)
			for _, r := range readers {
				b.Run(r.name, func(b *testing.B) {
					before, began := beginPeak(b), cpuTime(b)
					for b.Loop() {
						if got, err := r.read(dir); err != nil || got != n {
							b.Fatalf("%d trials, %v", got, err)
						}
					}
					b.ReportMetric((cpuTime(b)-began).Seconds()/float64(b.N), "cpu-s/op")
					b.ReportMetric(float64(peak(b)-before)/(1<<20), "peak-MB")
				})
			}
		})
	}
}

// cpuTime returns the CPU time of the process.
func cpuTime(t testing.TB) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// stored is a run that joust wrote before the journal trimmed trials.
const stored = "testdata/full"

// Reading trial by trial takes no more memory for many trials than for few.
func TestTrialsTakeTheMemoryOfOne(t *testing.T) {
	dir := journaltest.Grow(t, stored, 1000)
	info, err := os.Stat(filepath.Join(dir, journal.TrialsFile))
	if err != nil {
		t.Fatal(err)
	}
	before := beginPeak(t)
	if n, err := readers[0].read(dir); err != nil || n != 1000 {
		t.Fatalf("%d trials, %v", n, err)
	}
	if took := peak(t) - before; took > info.Size()/4 {
		t.Errorf("%d bytes of a file of %d were in memory at once", took, info.Size())
	}
}

// beginPeak resets the kernel's peak of resident memory, and returns the resident
// memory in bytes.
func beginPeak(t testing.TB) int64 {
	t.Helper()
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		t.Skip(err)
	}
	return peak(t)
}

// peak returns the process's largest resident memory in bytes.
func peak(t testing.TB) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(text, []byte("VmHWM:"))
	kilobytes, err := strconv.ParseInt(string(bytes.Fields(rest)[0]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}
