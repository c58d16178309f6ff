// Package catalog reads the servers' manifests, builds Go servers, and finds
// programs that a server needs.
package catalog

import "time"

// Manifest describes one server: servers/NAME/server.yaml. Exactly one of Go,
// Command, URL, Image and Dockerfile is set.
type Manifest struct {
	// Name is the folder's name.
	Name string `yaml:"-" json:"name"`
	// Dir is the absolute path of the folder.
	Dir      string `yaml:"-" json:"dir"`
	Title    string `yaml:"title" json:"title"`
	Language string `yaml:"language" json:"language,omitempty"`
	Homepage string `yaml:"homepage" json:"homepage,omitempty"`

	// Go is a Go package, relative to the folder, built by joust into a cache.
	Go string `yaml:"go" json:"go,omitempty"`
	// Command is a program and its first arguments. The program is found in the
	// manifest's folder or on PATH; an argument that names a file in the folder
	// becomes its path.
	Command []string `yaml:"command" json:"command,omitempty"`
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
	// Needs lists programs that must be on PATH, with the package that brings
	// them.
	Needs []Need `yaml:"needs" json:"needs,omitempty"`
	// Version holds the commands and modules from which versions are read.
	Version []VersionProbe `yaml:"version" json:"version,omitempty"`

	Protocols []string `yaml:"protocols" json:"protocols"`
	// Scenarios are the rows that the server claims to answer.
	Scenarios []string `yaml:"scenarios" json:"scenarios"`
	// Unsupported gives the reason for a row that the server cannot answer.
	Unsupported map[string]string `yaml:"unsupported" json:"unsupported,omitempty"`

	// StartTimeout bounds the time to the first correct answer; default 10 s.
	StartTimeout time.Duration `yaml:"start_timeout" json:"start_timeout_ns"`
	// StopTimeout is the time between SIGTERM and SIGKILL; default 1 s.
	StopTimeout time.Duration `yaml:"stop_timeout" json:"stop_timeout_ns"`
	// WarmupCap is the longest warm-up that the server may need to become
	// steady; default 2 s.
	WarmupCap time.Duration `yaml:"warmup_cap" json:"warmup_cap_ns"`
}

// Need is a program that must be on PATH.
type Need struct {
	Program string `yaml:"program" json:"program"`
	// Package is the Debian package that brings the program.
	Package string `yaml:"package" json:"package"`
}

// VersionProbe finds the version of one component.
type VersionProbe struct {
	// Of names the component, such as "nginx" or "gin".
	Of string `yaml:"of" json:"of"`
	// Module is a Go module path, looked up in the built program; "go" stands for
	// the Go release of the build.
	Module string `yaml:"module" json:"module,omitempty"`
	// Command prints the version, on standard output or error; the first group of
	// Pattern matches it.
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
}
