package results

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
