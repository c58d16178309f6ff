package cpuset

import (
	"bufio"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/sys/unix"
)

// helperEnv makes the test binary a process that lives until its standard
// input ends.
const helperEnv = "JOUST_CPUSET_HELPER"

func TestMain(m *testing.M) {
	if os.Getenv(helperEnv) != "" {
		os.Stdout.WriteString("ready\n")
		bufio.NewReader(os.Stdin).ReadString('\n')
		return
	}
	os.Exit(m.Run())
}

// sys returns a /sys with the given files below the processors' directory.
func sys(files map[string]string) fs.FS {
	out := fstest.MapFS{}
	for name, text := range files {
		out[cpuDir+"/"+name] = &fstest.MapFile{Data: []byte(text + "\n")}
	}
	return out
}

func TestReadFrom(t *testing.T) {
	t.Parallel()
	full := map[string]string{
		"cpu0/topology/physical_package_id": "0", "cpu0/topology/core_id": "4", "cpu0/topology/thread_siblings_list": "0,2", "cpu0/cpufreq/cpuinfo_max_freq": "5000000",
		"cpu2/topology/physical_package_id": "0", "cpu2/topology/core_id": "4", "cpu2/topology/thread_siblings_list": "0,2", "cpu2/cpufreq/cpuinfo_max_freq": "5000000",
		"cpu1/topology/physical_package_id": "1", "cpu1/topology/core_id": "0", "cpu1/topology/thread_siblings_list": "1", "cpu1/cpufreq/cpuinfo_max_freq": "3000000",
	}
	got, err := readFrom(sys(full), []int{0, 1, 2})
	if err != nil {
		t.Fatal(err)
	}
	want := []CPU{
		{ID: 0, Package: 0, Core: 4, Siblings: []int{0, 2}, Capacity: 5000000},
		{ID: 1, Package: 1, Core: 0, Siblings: []int{1}, Capacity: 3000000},
		{ID: 2, Package: 0, Core: 4, Siblings: []int{0, 2}, Capacity: 5000000},
	}
	if !slices.EqualFunc(got.CPUs, want, sameCPU) {
		t.Errorf("got %+v, want %+v", got.CPUs, want)
	}

	full["cpu0/cpu_capacity"] = "1024" // only one has it: not comparable, the frequency counts
	if got, err = readFrom(sys(full), []int{0, 1}); err != nil || got.CPUs[0].Capacity != 5000000 || got.CPUs[1].Capacity != 3000000 {
		t.Errorf("got %+v, %v", got.CPUs, err)
	}
	full["cpu1/cpu_capacity"] = "512"
	if got, err = readFrom(sys(full), []int{0, 1}); err != nil || got.CPUs[0].Capacity != 1024 || got.CPUs[1].Capacity != 512 {
		t.Errorf("got %+v, %v", got.CPUs, err)
	}

	bare, err := readFrom(sys(nil), []int{0, 3})
	if err != nil || len(bare.CPUs) != 2 || !sameCPU(bare.CPUs[1], CPU{ID: 3, Package: -1, Core: -1, Siblings: []int{3}}) {
		t.Errorf("without topology files: %+v, %v", bare, err)
	}
	if _, err := readFrom(sys(map[string]string{"cpu0/topology/thread_siblings_list": "x"}), []int{0}); err == nil || !strings.Contains(err.Error(), "processor 0") {
		t.Errorf("error %v for a list that cannot be read", err)
	}
}

func sameCPU(a, b CPU) bool {
	return a.ID == b.ID && a.Package == b.Package && a.Core == b.Core && a.Capacity == b.Capacity && slices.Equal(a.Siblings, b.Siblings)
}

func TestReadThisMachine(t *testing.T) {
	t.Parallel()
	topology, err := Read()
	if err != nil {
		t.Fatal(err)
	}
	if got := len(topology.CPUs); got != runtime.NumCPU() {
		t.Errorf("%d processors, the runtime found %d", got, runtime.NumCPU())
	}
	for _, c := range topology.CPUs {
		if !slices.Contains(c.Siblings, c.ID) {
			t.Errorf("processor %d is no sibling of itself: %v", c.ID, c.Siblings)
		}
	}
	if _, err := Split(topology, nil, PolicyAuto); err != nil {
		t.Error(err)
	}
}

// allowedFor returns the kernel's own list of the processors of a thread.
func allowedFor(t *testing.T, path string) []int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "Cpus_allowed_list:")
	line, _, _ := strings.Cut(rest, "\n")
	ids, err := Parse(line)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestPin(t *testing.T) {
	t.Parallel()
	topology, err := Read()
	if err != nil {
		t.Fatal(err)
	}
	last := topology.IDs()[len(topology.CPUs)-1]
	done := make(chan error)
	var allowed []int
	go func() { // its thread ends with it, since it is never unlocked
		runtime.LockOSThread()
		err := Pin([]int{last})
		allowed = allowedFor(t, "/proc/self/task/"+strconv.Itoa(unix.Gettid())+"/status")
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(allowed, []int{last}) {
		t.Errorf("pinned to %d, allowed are %v", last, allowed)
	}
}

func TestSetProcess(t *testing.T) {
	t.Parallel()
	topology, err := Read()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperEnv+"=1", "GORACE=atexit_sleep_ms=0")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	first := topology.IDs()[:1]
	if err := SetProcess(cmd.Process.Pid, first); err != nil {
		t.Fatal(err)
	}
	tasks := "/proc/" + strconv.Itoa(cmd.Process.Pid) + "/task/"
	entries, err := os.ReadDir(tasks)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) < 2 {
		t.Errorf("%d threads: the test needs a process with several", len(entries))
	}
	for _, entry := range entries {
		if got := allowedFor(t, tasks+entry.Name()+"/status"); !slices.Equal(got, first) {
			t.Errorf("thread %s may run on %v, want %v", entry.Name(), got, first)
		}
	}
}

func TestPinRefuses(t *testing.T) {
	t.Parallel()
	for _, cpus := range [][]int{nil, {-1}, {MaxID + 1}} {
		if err := Pin(cpus); err == nil {
			t.Errorf("pinned to %v", cpus)
		}
		if err := SetProcess(os.Getpid(), cpus); err == nil {
			t.Errorf("process pinned to %v", cpus)
		}
	}
	if err := SetProcess(1<<22+1, []int{0}); err == nil || !strings.Contains(err.Error(), "pin process 4194305 to processors 0") {
		t.Errorf("error %v for a process that cannot exist", err)
	}
	if err := SetProcess(os.Getpid(), []int{MaxID}); runtime.NumCPU() < MaxID && err == nil {
		t.Error("pinned to a processor that does not exist")
	}
}
