// Package keeper is the process that stands between joust and one program that
// joust started. A keeper starts the program pinned and, where it can, in a
// control group of its own; it adopts the orphans of the program's tree, copies
// the output to a bounded log, and ends the whole tree by order or when its input
// ends, as it does when joust dies. While the program runs, a keeper only blocks,
// which costs nothing.
//
// Joust speaks to it in lines of JSON: first a Config, then any number of
// Commands; the keeper answers with Notices.
package keeper

import (
	"time"

	"github.com/joust-bench/joust/results"
)

// Config is the first line of the keeper's input: the program and how it is
// started.
type Config struct {
	// Argv is the program, found on PATH, and its arguments.
	Argv []string `json:"argv"`
	// Env is the program's whole environment, NAME=VALUE.
	Env []string `json:"env,omitempty"`
	// Dir is the program's working directory; empty takes the keeper's.
	Dir string `json:"dir,omitempty"`
	// CPUs pins the program; empty gives it the keeper's first CPUs.
	CPUs []int `json:"cpus,omitempty"`
	// KeeperCPUs pins the keeper itself; empty leaves it alone.
	KeeperCPUs []int `json:"keeper_cpus,omitempty"`
	// Log is the file for the program's output, cut in the middle to LogCap
	// bytes; empty discards the output.
	Log    string `json:"log,omitempty"`
	LogCap int64  `json:"log_cap_bytes,omitempty"`
	// Pipes says that the keeper's descriptors 3 and 4 are the program's standard
	// input and output.
	Pipes bool `json:"pipes,omitempty"`
	// StopTimeout is the time between SIGTERM and SIGKILL.
	StopTimeout time.Duration `json:"stop_timeout_ns"`
	// Cgroup is the name of the control group to make; empty makes none.
	Cgroup string `json:"cgroup,omitempty"`
}

// Command is one later line of the keeper's input. Exactly one field is set.
type Command struct {
	// Stop ends the tree: SIGTERM, after the stop timeout SIGKILL.
	Stop bool `json:"stop,omitempty"`
	// Flush brings the log up to date; Flushed answers it.
	Flush bool `json:"flush,omitempty"`
}

// Notice is one line of the keeper's output. Exactly one field is set.
type Notice struct {
	Started *Started `json:"started,omitempty"`
	// Failed is why the program could not be started. The keeper ends.
	Failed string `json:"failed,omitempty"`
	// Exited says that the program's first process has ended. Others of its tree
	// may still run.
	Exited *Exit `json:"exited,omitempty"`
	// Flushed says that the log holds everything written so far, or why it is
	// incomplete.
	Flushed *string `json:"flushed,omitempty"`
	// Ended is the keeper's last line.
	Ended *Ended `json:"ended,omitempty"`
}

// Started says that the program runs.
type Started struct {
	PID int `json:"pid"`
	// Cgroup is the absolute path of the program's control group; empty where
	// there is none, and then NoCgroup says why.
	Cgroup   string `json:"cgroup,omitempty"`
	NoCgroup string `json:"no_cgroup,omitempty"`
	// Surroundings are the program's umask, niceness and limits.
	Surroundings results.Surroundings `json:"surroundings"`
}

// Exit is how a process ended.
type Exit struct {
	// Code is the exit status, or -1 when a signal ended the process, or when the
	// end is not known.
	Code int `json:"code"`
	// Signal is a name such as "SIGKILL".
	Signal string `json:"signal,omitempty"`
	// OOMKilled is true when the kernel's out-of-memory killer ended the process,
	// as far as that is known.
	OOMKilled bool `json:"oom_killed,omitempty"`
}

// Ended says that nothing of the tree remains.
type Ended struct {
	// Error is why some of the tree may remain.
	Error string `json:"error,omitempty"`
	// LogError is why the log is incomplete.
	LogError string `json:"log_error,omitempty"`
}
