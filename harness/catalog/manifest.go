// Package catalog reads the servers' manifests, builds servers, and finds programs
// that a server needs.
package catalog

import (
	"path/filepath"
	"time"
)

// Manifest describes one server: servers/NAME/server.yaml. Exactly one of Go,
// Command, URL, Image and Dockerfile is set.
type Manifest struct {
	// Name is the folder's name, or the variant's.
	Name string `yaml:"-" json:"name"`
	// Dir is the absolute path of the folder.
	Dir      string `yaml:"-" json:"dir"`
	Title    string `yaml:"title" json:"title"`
	Language string `yaml:"language" json:"language,omitempty"`
	Homepage string `yaml:"homepage" json:"homepage,omitempty"`
	// Setup says in one or two sentences how the server is configured, and why that
	// is fair.
	Setup string `yaml:"setup" json:"setup,omitempty"`

	// Go is a Go package, relative to the folder, built by joust into a cache.
	Go string `yaml:"go" json:"go,omitempty"`
	// Command is a program and its first arguments, which are templates over Launch.
	// The program is found in the manifest's folder or on PATH; an argument that names
	// a file in the folder becomes its path.
	Command []string `yaml:"command" json:"command,omitempty"`
	// Build builds what Command runs, into a cache.
	Build *Recipe `yaml:"build" json:"build,omitempty"`
	// URL is the address of a server that runs already.
	URL string `yaml:"url" json:"url,omitempty"`
	// Image is a container image, by tag or digest.
	Image string `yaml:"image" json:"image,omitempty"`
	// Dockerfile is a folder with a Dockerfile, relative to the server's folder.
	Dockerfile string `yaml:"dockerfile" json:"dockerfile,omitempty"`
	// Isolation is "container" for a Go package that runs in a container
	// unless the user asks for a process.
	Isolation string `yaml:"isolation" json:"isolation,omitempty"`
	// Container holds the settings of a container; nil is the image with its
	// arguments alone.
	Container *Container `yaml:"container" json:"container,omitempty"`

	// Args and the values of Env are templates over Launch, as are the Files.
	Args []string          `yaml:"args" json:"args,omitempty"`
	Env  map[string]string `yaml:"env" json:"env,omitempty"`
	// Files are written into the server's temporary folder: name in that folder →
	// template in the server's own.
	Files map[string]string `yaml:"files" json:"files,omitempty"`
	// Needs lists programs and files that must be there, with the packages that
	// bring them.
	Needs []Need `yaml:"needs" json:"needs,omitempty"`
	// Version holds the commands and modules from which versions are read.
	Version []VersionProbe `yaml:"version" json:"version,omitempty"`

	Protocols []string `yaml:"protocols" json:"protocols"`
	// Scenarios are the rows that the server claims to answer. In the file, the name
	// of a family stands for its rows, except those of Unsupported and those without
	// one of the server's protocols.
	Scenarios []string `yaml:"scenarios" json:"scenarios"`
	// Unsupported gives the reason for a row that the server cannot answer.
	Unsupported map[string]string `yaml:"unsupported" json:"unsupported,omitempty"`

	// Parameters are settings of the server that a variant, a plan or a duel may
	// change. Templates name them as {{.Params.NAME}}.
	Parameters map[string]Parameter `yaml:"parameters" json:"parameters,omitempty"`
	// Params are the values of the parameters.
	Params map[string]string `yaml:"-" json:"params,omitempty"`
	// Variants are servers of their own that differ from this one in the values of
	// parameters.
	Variants []Variant `yaml:"variants" json:"-"`
	// RuntimeMemory says how the memory is read that the language's runtime holds.
	RuntimeMemory *RuntimeMemory `yaml:"runtime_memory" json:"runtime_memory,omitempty"`
	// Profiler names the runtime whose profiles joust can capture: "go", for a server
	// that serves net/http/pprof on {{.ProfileSocket}}, "jvm" or "node".
	Profiler string `yaml:"profiler" json:"profiler,omitempty"`

	// StartTimeout bounds the time to the first correct answer; default 10 s.
	StartTimeout time.Duration `yaml:"start_timeout" json:"start_timeout_ns"`
	// StopTimeout is the time between SIGTERM and SIGKILL; default 1 s.
	StopTimeout time.Duration `yaml:"stop_timeout" json:"stop_timeout_ns"`
	// WarmupCap is the longest warm-up that the server may need to become
	// steady; default 2 s.
	WarmupCap time.Duration `yaml:"warmup_cap" json:"warmup_cap_ns"`
}

// Folder returns the name of the server's folder, which a variant shares with its
// server.
func (m *Manifest) Folder() string { return filepath.Base(m.Dir) }

// Recipe builds what a server runs, by a tool of its own language.
type Recipe struct {
	// Command runs in an empty folder, {{.Out}}, and writes nowhere else. Its words
	// are templates over Out, Params and Source.
	Command []string `yaml:"command" json:"command"`
	// Inputs are the files that decide on the program: patterns relative to the
	// server's folder, such as "*.java". A folder stands for all files in it.
	Inputs []string `yaml:"inputs" json:"inputs"`
	// Output is the file or folder in {{.Out}} that must be there afterwards.
	Output string `yaml:"output" json:"output"`
	// Needs lists the tools of the build. The program is built again when one of them
	// changes.
	Needs []Need `yaml:"needs" json:"needs,omitempty"`
	// line is the line of Output in the manifest.
	line int
}

// Need is a program that must be on PATH, or a file that must be there.
type Need struct {
	Program string `yaml:"program" json:"program,omitempty"`
	// File is a pattern of an absolute path, such as /usr/share/java/netty-all*.jar.
	File string `yaml:"file" json:"file,omitempty"`
	// Package is the Debian package that brings the program or the file.
	Package string `yaml:"package" json:"package,omitempty"`
	// Hint says what to do for what no Debian package brings, such as "put Elli there".
	Hint string `yaml:"hint" json:"hint,omitempty"`
}

// Parameter is a setting of a server.
type Parameter struct {
	// Default is the value that holds unless another one is given.
	Default string `yaml:"default" json:"default"`
	// About says what the parameter sets.
	About string `yaml:"about" json:"about"`
}

// Variant is a server with other values of parameters, and otherwise like the one
// whose manifest has it.
type Variant struct {
	// Name is the variant's name as a server.
	Name string `yaml:"name"`
	// Title is for tables; without it, the server's title and the values.
	Title string `yaml:"title"`
	// Setup takes the place of the server's.
	Setup string `yaml:"setup"`
	// Set gives parameters their values.
	Set map[string]string `yaml:"set"`
	// Unsupported gives the reason for a row that this variant cannot answer.
	Unsupported map[string]string `yaml:"unsupported"`
}

// RuntimeMemory is where a server says how much memory its runtime holds.
type RuntimeMemory struct {
	// Path is the path of a GET request that is answered with a number of bytes, in
	// decimal digits.
	Path string `yaml:"path" json:"path"`
}

// VersionProbe finds the version of one component.
type VersionProbe struct {
	// Of names the component, such as "nginx" or "gin".
	Of string `yaml:"of" json:"of"`
	// Module is a Go module path, looked up in the built program; "go" stands for
	// the Go release of the build.
	Module string `yaml:"module" json:"module,omitempty"`
	// Command prints the version, on standard output or error; the first group of
	// Pattern matches it. Its words are templates over Built, Params and Source.
	Command []string `yaml:"command" json:"command,omitempty"`
	Pattern string   `yaml:"pattern" json:"pattern,omitempty"`
}

// Launch holds the values that a manifest's templates may name.
type Launch struct {
	// Host is the address to bind, Port the free port to bind.
	Host string
	Port int
	// CPUs is the number of the server's processors.
	CPUs int
	// Dir is the server's temporary folder, where Files stand.
	Dir string
	// Source is the server's folder.
	Source string
	// Protocol is the protocol id of the trial.
	Protocol string
	// Cert and Key are PEM files for TLS protocols, else empty.
	Cert, Key string
	// Data is the folder of the data set: items.json and static/.
	Data string
	// KeepAliveRequests is the number of requests after which the server closes a
	// connection, 0 for none. MaxConnections is the largest number of connections
	// that it accepts at a time, 0 for any. The trial's row asks for both.
	KeepAliveRequests, MaxConnections int
	// Built is the folder that Build made; empty without one.
	Built string
	// Out is the folder of a build in progress; empty for a server.
	Out string
	// ProfileSocket is the path of the unix socket on which a Go server serves
	// net/http/pprof; empty unless it is profiled.
	ProfileSocket string
	// Params are the values of the manifest's parameters.
	Params map[string]string
}
