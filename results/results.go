// Package results is the data model of a run: plain data with a versioned JSON
// form. It has no logic beyond lookups, and it imports nothing else of joust.
//
// A field's name ends in its unit (_ns nanoseconds, _bytes, _rps requests per
// second); shares are 0 to 1. Instants named *_at_ns are CLOCK_MONOTONIC of the
// machine that measured. A figure that was not measured is absent (a nil
// pointer, JSON null), never zero.
package results

import (
	"encoding/json"
	"time"
)

// Schema is the version of the JSON form. A reader refuses a greater one.
const Schema = 1

// Run is one execution of a plan, with everything that rendering needs.
type Run struct {
	Schema int    `json:"schema"`
	ID     string `json:"id"`
	// State stays RunRunning in run.json when the run is killed; package journal then
	// reads RunInterrupted.
	State   RunState  `json:"state"`
	Started time.Time `json:"started"`
	// Finished is absent while the run goes on or when it was killed.
	Finished    *time.Time `json:"finished,omitempty"`
	Joust       Build      `json:"joust"`
	CommandLine []string   `json:"command_line"`
	Host        Host       `json:"host"`
	CPUs        CPUSplit   `json:"cpus"`
	// Spin is the run's first spin, with which later ones are compared.
	Spin *Spin `json:"spin,omitempty"`
	Plan Plan  `json:"plan"`
	// Scenarios and Servers are in display order.
	Scenarios []Scenario `json:"scenarios"`
	Servers   []Server   `json:"servers"`
	// CommonRates has an entry a scenario and protocol, from the scouting trials.
	CommonRates []CommonRate `json:"common_rates,omitempty"`
	Warnings    []string     `json:"warnings,omitempty"`
	// Duel is absent in other runs.
	Duel *Duel `json:"duel,omitempty"`
	// Findings are joust doctor's, made before the run; absent without it.
	Findings []Finding `json:"findings,omitempty"`

	// Trials are stored in the journal, in the order in which they were measured.
	Trials []Trial `json:"-"`
}

// RunState is the state of a run.
type RunState string

// The states of a run.
const (
	RunRunning     RunState = "running"
	RunComplete    RunState = "complete"
	RunInterrupted RunState = "interrupted"
)

// Build is the joust that measured.
type Build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	// Dirty is true when the sources differed from Revision; absent if not known.
	Dirty *bool  `json:"dirty,omitempty"`
	Go    string `json:"go"`
}

// CPUSplit is the division of the processors between both sides.
type CPUSplit struct {
	Server []int `json:"server"`
	Loader []int `json:"loader"`
	// Shared is true when server and loader cannot have CPUs of their own.
	Shared bool `json:"shared"`
	// Pinned is false when the user wants no pinning.
	Pinned bool   `json:"pinned"`
	Note   string `json:"note,omitempty"`
}

// Separate reports whether each side is pinned to CPUs of its own.
func (s CPUSplit) Separate() bool { return s.Pinned && !s.Shared }

// Host is the machine and system that measured.
type Host struct {
	Hostname     string `json:"hostname,omitempty"`
	OS           string `json:"os"`
	Kernel       string `json:"kernel"`
	Distribution string `json:"distribution,omitempty"`
	CPUModel     string `json:"cpu_model,omitempty"`
	CPUs         int    `json:"cpus"`
	// Topology names sockets, cores and threads in words.
	Topology       string            `json:"topology,omitempty"`
	Virtualization string            `json:"virtualization,omitempty"`
	MemoryBytes    uint64            `json:"memory_bytes,omitempty"`
	Governor       string            `json:"governor,omitempty"`
	Turbo          string            `json:"turbo,omitempty"`
	Battery        string            `json:"battery,omitempty"`
	LoopbackMTU    int               `json:"loopback_mtu,omitempty"`
	Cgroup         string            `json:"cgroup,omitempty"`
	Sysctls        map[string]string `json:"sysctls,omitempty"`
	Limits         map[string]string `json:"limits,omitempty"`
}

// Scenario is the row of the scenario table as the run used it.
type Scenario struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	// Unit is "requests", "messages", "sessions" or "events".
	Unit string `json:"unit"`
	// RankBy is "throughput" or "bandwidth".
	RankBy string `json:"rank_by"`
	// Clients is the number of connections that the run used.
	Clients int `json:"clients"`
	Depth   int `json:"depth"`
	// BodyBytes is the size of the request's body; 0 for none or several sizes.
	BodyBytes int64 `json:"body_bytes,omitempty"`
	// Sends is true where several requests have bodies of several sizes, and the bytes
	// of these are the row's.
	Sends bool `json:"sends,omitempty"`
	// Definition is the row of the catalogue.
	Definition json.RawMessage `json:"definition"`
}

// Server is one entry of the plan: a server under its name in tables.
type Server struct {
	// Name is the name in tables: the folder's, unless the plan says "as".
	Name string `json:"name"`
	// Folder is the server's folder; two entries of an A/A pair share it.
	Folder   string `json:"folder"`
	Title    string `json:"title"`
	Language string `json:"language,omitempty"`
	// URL is the address of a server that joust did not start; empty for others.
	URL string `json:"url,omitempty"`
	// PlaceboOf is the entry that this one repeats, for the A/A line.
	PlaceboOf string `json:"placebo_of,omitempty"`
	// Isolation is IsolationContainer, or empty for a process. Network is
	// NetworkPublished or empty.
	Isolation string `json:"isolation,omitempty"`
	Network   string `json:"network,omitempty"`
	// Unavailable says why the server cannot be measured here.
	Unavailable string `json:"unavailable,omitempty"`
	// Unsupported has the reason by scenario.
	Unsupported map[string]string `json:"unsupported,omitempty"`
	// CheckFailed has the first difference by scenario whose full check failed.
	CheckFailed map[string]string `json:"check_failed,omitempty"`
	// Conformance is absent where the HTTP/1.1 battery was not asked.
	Conformance *Conformance `json:"conformance,omitempty"`
	// SizeBytes is the size of the program or image that joust built or pulled; absent
	// where the server is a program of this machine or a script.
	SizeBytes *int64 `json:"size_bytes,omitempty"`
	// Versions are those really linked or started: server, runtime.
	Versions map[string]string `json:"versions,omitempty"`
	// CommandLine has its templates filled in.
	CommandLine []string `json:"command_line,omitempty"`
	// Surroundings are absent for a server that joust did not start.
	Surroundings *Surroundings   `json:"surroundings,omitempty"`
	Manifest     json.RawMessage `json:"manifest,omitempty"`
}

// The isolations of a server. An entry without an isolation is a process.
const (
	// IsolationProcess is a process of this machine.
	IsolationProcess = "process"
	// IsolationContainer is a container that shares this machine's network,
	// unless its manifest publishes its port.
	IsolationContainer = "container"
)

// NetworkPublished is the network of a container whose port is published over
// a bridge, which costs throughput: 5 to 20 %.
const NetworkPublished = "published"

// CommonRate is the rate at which all servers of a table are compared.
type CommonRate struct {
	Scenario string  `json:"scenario"`
	Protocol string  `json:"protocol"`
	RateRPS  float64 `json:"rate_rps"`
	// Basis is the derivation of the rate in words, with the peaks.
	Basis string `json:"basis"`
}

// Scenario returns the row with that name, or nil.
func (r *Run) Scenario(name string) *Scenario {
	return first(r.Scenarios, func(s *Scenario) bool { return s.Name == name })
}

// Server returns the entry with that name in tables, or nil.
func (r *Run) Server(name string) *Server {
	return first(r.Servers, func(s *Server) bool { return s.Name == name })
}

// first returns the first element that is wanted, or nil.
func first[T any](list []T, wanted func(*T) bool) *T {
	for i := range list {
		if wanted(&list[i]) {
			return &list[i]
		}
	}
	return nil
}

// Surroundings are the conditions in which a server was started, where known.
type Surroundings struct {
	// Environment holds every variable that joust gave the server, in addition to
	// those of a container's image. Values that differ from start to start are
	// templates of server.yaml, such as {{.Port}} or {{.Dir}}, the server's
	// temporary folder.
	Environment map[string]string `json:"environment"`
	// Added are the sorted names of variables from server.yaml, the plan or --env.
	Added []string `json:"added,omitempty"`
	// WorkingDirectory is a path, in the container if there is one, or {{.Dir}}.
	WorkingDirectory string `json:"working_directory,omitempty"`
	// Umask is octal, such as "0022".
	Umask string `json:"umask,omitempty"`
	// Niceness is from -20, the first in line for a CPU, to 19; 0 is usual.
	Niceness *int `json:"niceness,omitempty"`
	// Limits are those of setrlimit(2), named "nofile soft", "nofile hard" and
	// so on. nofile counts open files and nproc processes of the user; as
	// (address space), core, memlock and stack are in bytes; or "unlimited".
	Limits map[string]string `json:"limits,omitempty"`
}
