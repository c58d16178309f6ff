package keeper

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/surroundings"
	"github.com/joust-bench/joust/harness/tree"
)

// keeper is one started program.
type keeper struct {
	config  Config
	started Started
	cgroup  tree.Cgroup
	log     *collector // nil without a log
	send    func(Notice)
	// oomBefore is the number of out-of-memory kills before the start; nil where
	// it is not known.
	oomBefore *uint64

	// first gets the wait status of the program's first process. When the tree is
	// gone, empty is closed, and gone is set.
	first chan unix.WaitStatus
	empty chan struct{}
	gone  bool
	// killing is set when this keeper sent SIGKILL.
	killing bool
}

// start prepares this process and starts the program.
func start(c Config) (*keeper, error) {
	k := &keeper{
		config: c,
		// Until the start has succeeded there is no notice to send.
		send:  func(Notice) {},
		first: make(chan unix.WaitStatus, 1), empty: make(chan struct{}),
	}
	cpus, err := k.prepare()
	if err != nil {
		return nil, err
	}
	output, err := k.openFiles()
	if err != nil {
		return nil, err
	}
	k.started.NoCgroup = "none was asked for"
	if c.Cgroup != "" {
		k.cgroup, err = tree.MakeCgroup(c.Cgroup)
		k.started.NoCgroup = text(err)
	}
	k.started.Cgroup = string(k.cgroup)
	k.oomBefore = oomKills(k.cgroup)
	err = withAffinity(cpus, func() error { return k.launch(output) })
	// Only the tree may hold the log's and the pipes' ends, or nobody would
	// see them close.
	if err = errors.Join(err, closeAll(output)); err != nil {
		k.gone = k.started.PID == 0
		return nil, errors.Join(err, k.end())
	}
	return k, nil
}

// prepare makes this process the reaper of orphans, keeps every descriptor it
// has from the program, sets the limits that the program inherits, and pins
// this process. It returns the CPUs for the program.
func (k *keeper) prepare() ([]int, error) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("becoming the reaper of orphaned processes: %w", err)
	}
	if err := errors.Join(closeOnExec(), surroundings.SetLimits()); err != nil {
		return nil, err
	}
	cpus := k.config.CPUs
	if len(cpus) == 0 {
		var err error
		if cpus, err = cpuset.OfProcess(0); err != nil {
			return nil, err
		}
	}
	if len(k.config.KeeperCPUs) > 0 {
		if err := cpuset.SetProcess(os.Getpid(), k.config.KeeperCPUs); err != nil {
			return nil, fmt.Errorf("pinning the keeper: %w", err)
		}
	}
	return cpus, nil
}

// withAffinity runs f while the calling thread, which must be locked, may use
// only these CPUs. A process started by f inherits them; a runtime that sizes
// itself at its start then sees them.
func withAffinity(cpus []int, f func() error) error {
	before, err := cpuset.OfProcess(0)
	if err != nil {
		return err
	}
	if err := cpuset.Pin(cpus); err != nil {
		return fmt.Errorf("pinning the program: %w (are all of these CPUs online, and allowed by taskset and cpuset?)", err)
	}
	err = f()
	if back := cpuset.Pin(before); back != nil {
		err = errors.Join(err, fmt.Errorf("unpinning the keeper: %w", back))
	}
	return err
}

// closeOnExec marks every open descriptor. Some may be joust's parent's, such as
// a lock.
func closeOnExec() error {
	open, err := tree.Numbers("/proc/self/fd")
	if err != nil {
		return fmt.Errorf("listing open files: %w", err)
	}
	for _, fd := range open {
		if fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
	return nil
}

// openFiles returns the program's standard input, output and error; nil stands
// for the null device.
func (k *keeper) openFiles() ([]*os.File, error) {
	files := make([]*os.File, 3)
	if k.config.Log != "" {
		log, w, err := collect(k.config.Log, k.config.LogCap)
		if err != nil {
			return nil, err
		}
		k.log = log
		files[1], files[2] = w, w
	}
	if k.config.Pipes {
		files[0] = os.NewFile(3, "standard input of the program")
		files[1] = os.NewFile(4, "standard output of the program")
	}
	return files, nil
}

func closeAll(files []*os.File) error {
	var errs []error
	for _, f := range files {
		if f == nil {
			continue
		}
		// Standard output and error may be one file.
		if err := f.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			errs = append(errs, fmt.Errorf("closing the program's %s: %w", f.Name(), err))
		}
	}
	return errors.Join(errs...)
}

// launch starts the program under the stated umask, in its control group where
// there is one, and the goroutine that reaps. It notes the surroundings that the
// program inherits.
func (k *keeper) launch(files []*os.File) error {
	defer unix.Umask(unix.Umask(surroundings.Umask))
	k.started.Surroundings = surroundings.Read(os.Getpid())
	cmd := k.command(files)
	err := startIn(k.cgroup, cmd)
	if err != nil && k.cgroup != "" && cmd.Err == nil {
		// Making a group needs fewer rights than moving into it. If the
		// program itself is at fault, this fails as well.
		inGroup := err
		cmd = k.command(files)
		if err = cmd.Start(); err == nil {
			k.started.NoCgroup = inGroup.Error()
			err = k.removeCgroup()
		}
	}
	if cmd.Process == nil {
		return err
	}
	k.started.PID = cmd.Process.Pid
	go k.reap(k.started.PID)
	// The process is reaped with all others of its tree, not through cmd.
	return errors.Join(err, cmd.Process.Release())
}

// command returns the program in a new session. If the program signals its
// process group or a terminal, the keeper gets no signal.
func (k *keeper) command(files []*os.File) *exec.Cmd {
	cmd := exec.Command(k.config.Argv[0], k.config.Argv[1:]...)
	// Not nil, by which os/exec would mean this process's own environment.
	cmd.Env = append([]string{}, k.config.Env...)
	cmd.Dir = k.config.Dir
	if files[0] != nil {
		cmd.Stdin = files[0]
	}
	if files[1] != nil {
		cmd.Stdout = files[1]
	}
	if files[2] != nil {
		cmd.Stderr = files[2]
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	return cmd
}

// startIn starts the command in a group; the empty one is the keeper's own.
func startIn(group tree.Cgroup, cmd *exec.Cmd) error {
	if group != "" {
		dir, err := os.Open(string(group))
		if err != nil {
			return fmt.Errorf("opening the control group: %w", err)
		}
		defer dir.Close()
		cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, int(dir.Fd())
	}
	return cmd.Start()
}
