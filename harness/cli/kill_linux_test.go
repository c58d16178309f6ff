package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/harness/tree"
	"github.com/joust-bench/joust/results/journal"
)

const (
	// goneWithin bounds the time between the death of joust and that of all its
	// processes: the promised 2 s, and more on a machine that is shared with other
	// tests. The real time is logged.
	goneWithin = 10 * time.Second
	// killsEnv asks for more kills than a suite has time for.
	killsEnv = "JOUST_TEST_KILLS"
)

// TestKilledJoustLeavesNothing kills joust at random moments of a run that is
// resumed each time.
func TestKilledJoustLeavesNothing(t *testing.T) {
	t.Parallel()
	kills := numberFrom(t, killsEnv, 5)
	s := newSite(t)
	s.server(t, "forks", []string{"forks"})
	s.server(t, "stubborn", []string{"stubborn"}, "stop_timeout=50ms")
	servers, args := "forks,stubborn", s.run("--trials", "1000", "--duration", "1s")
	if _, err := exec.LookPath("nginx"); err == nil {
		servers += ",nginx"
		args = append(args, "--servers-dir", filepath.Join(checkout, "servers"))
	}
	args = append(args, "--servers", servers)
	random := rand.New(rand.NewPCG(1, 2))
	processes, loaders, cgroups, sockets := 0, 0, 0, 0
	var longest time.Duration
	for kill := range kills {
		p, within := s.joust(t, args...), 2*time.Second
		if kill%2 == 1 {
			// Half of the moments are counted from the first trial's load.
			p.until("a loader", func() bool { return hasLoader(marked(s.mark)) })
			within = 600 * time.Millisecond
		}
		moment := time.Duration(random.Int64N(int64(within)))
		select {
		case <-time.After(moment):
		case <-p.done:
			t.Fatalf("kill %d: joust ended by itself:\n%s", kill, p.out.String())
		}
		before := s.estate(t, p.cmd.Process.Pid)
		if err := p.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		killed := time.Now()
		if left := waitEmpty(t, before, s.mark, goneWithin); left != "" {
			t.Errorf("kill %d after %v: %v later there is still %s", kill, moment, goneWithin, left)
		}
		longest = max(longest, time.Since(killed))
		<-p.done
		processes, loaders = processes+len(before.pids), loaders+before.loaders
		cgroups, sockets = cgroups+len(before.cgroups), sockets+len(before.listening)
		if id := s.resumable(t); id != "" {
			args = []string{"run", "--resume", id, "--servers-dir", s.path("servers"), "--servers-dir", filepath.Join(checkout, "servers"), "--repeat-budget", "0"}
		}
	}
	t.Logf("%d kills met %d processes, a loader in %d of the kills, %d cgroups and %d listening sockets: none is left, after %v at the longest",
		kills, processes, loaders, cgroups, sockets, longest.Round(time.Millisecond))
	if processes <= kills || kills > 1 && loaders == 0 {
		t.Error("the kills met too little to prove anything")
	}
	s.sweeps(t)
}

// resumable reopens the run as --resume does and returns its ID, empty where
// joust was killed before it had one.
func (s *site) resumable(t *testing.T) string {
	t.Helper()
	dir, err := journal.Find(s.path("results"), journal.Latest)
	if errors.Is(err, journal.ErrNotFound) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	j, run, err := journal.Resume(dir)
	if err != nil {
		t.Fatalf("the run cannot be resumed: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	for trial, n := range counted(&run) {
		if n != 1 {
			t.Errorf("%s was measured %d times", trial, n)
		}
	}
	return run.ID
}

// sweeps holds the next start to removing the temporary files of the dead.
func (s *site) sweeps(t *testing.T) {
	t.Helper()
	s.server(t, "good", nil)
	s.joust(t, "check", "good", "--servers-dir", s.path("servers")).ends(patience, ExitOK)
	err := filepath.WalkDir(s.path("tmp"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != "joust-measuring.lock" {
			t.Errorf("the next start left %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// estate holds the processes, groups and sockets of a joust at one moment.
type estate struct {
	joust int
	pids  []int
	// loaders is 1 where a loader ran, else 0.
	loaders   int
	cgroups   []string
	listening map[string]bool
}

func (s *site) estate(t *testing.T, joust int) estate {
	t.Helper()
	e := estate{joust: joust, pids: marked(s.mark), cgroups: cgroupsOf(t, joust), listening: map[string]bool{}}
	if hasLoader(e.pids) {
		e.loaders = 1
	}
	all := listening(t)
	for _, pid := range e.pids {
		links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid)) // the pattern is right
		for _, link := range links {
			target, err := os.Readlink(link)
			inode, socket := strings.CutPrefix(target, "socket:[")
			if inode = strings.TrimSuffix(inode, "]"); err == nil && socket && all[inode] {
				e.listening[inode] = true
			}
		}
	}
	return e
}

// hasLoader reports whether one of the processes is a loader.
func hasLoader(pids []int) bool {
	return slices.ContainsFunc(pids, func(pid int) bool {
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // may be gone by now
		return strings.HasSuffix(string(line), "\x00loader\x00")
	})
}

// waitEmpty waits until nothing of the estate remains, for at most that time, and
// returns the rest in words.
func waitEmpty(t *testing.T, e estate, mark string, limit time.Duration) string {
	t.Helper()
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		var rest []string
		if lines := waitGone(mark, 0); len(lines) > 0 {
			rest = append(rest, fmt.Sprintf("%q", lines))
		}
		rest = append(rest, cgroupsOf(t, e.joust)...)
		for inode := range listening(t) {
			if e.listening[inode] {
				rest = append(rest, "a listening socket")
			}
		}
		if len(rest) == 0 || time.Since(began) > limit {
			return strings.Join(rest, ", ")
		}
	}
}

// cgroupsOf returns the control groups of a joust, by its pid.
func cgroupsOf(t *testing.T, joust int) []string {
	t.Helper()
	base, err := tree.CgroupBase()
	if errors.Is(err, tree.ErrNoCgroup) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	groups, err := filepath.Glob(filepath.Join(base, fmt.Sprintf("joust-%d-*", joust)))
	if err != nil {
		t.Fatal(err)
	}
	return groups
}

// listening returns the inodes of all TCP sockets that listen.
func listening(t *testing.T) map[string]bool {
	t.Helper()
	f, err := os.Open("/proc/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const state, listen, inode = 3, "0A", 9 // columns, and the state's number
	inodes := map[string]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > inode && fields[state] == listen {
			inodes[fields[inode]] = true
		}
	}
	return inodes
}

// numberFrom returns the environment's number, or the suite's.
func numberFrom(t *testing.T, env string, standard int) int {
	t.Helper()
	text := os.Getenv(env)
	if text == "" {
		return standard
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q is no number of at least 1", env, text)
	}
	return n
}
