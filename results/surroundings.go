package results

// Surroundings are the conditions in which a server was started, apart from its
// command line. Whatever is not known is absent.
type Surroundings struct {
	// Environment holds every variable that joust gave the server. A container
	// has those of its image besides. A value that differs from start to start
	// stands as a template of server.yaml, such as {{.Port}} or {{.Dir}}, the
	// server's temporary folder.
	Environment map[string]string `json:"environment"`
	// Added are the names of the variables that come from server.yaml, the plan
	// or --env, sorted; all others are the same for every server.
	Added []string `json:"added,omitempty"`
	// WorkingDirectory is a path, within the container where there is one, or
	// {{.Dir}}.
	WorkingDirectory string `json:"working_directory,omitempty"`
	// Umask is octal, such as "0022".
	Umask string `json:"umask,omitempty"`
	// Niceness is from -20, the first in line for a CPU, to 19; 0 is usual.
	Niceness *int `json:"niceness,omitempty"`
	// Limits are those of setrlimit(2), named "nofile soft", "nofile hard" and
	// so on. nofile counts open files and nproc processes of the user; as
	// (address space), core, memlock and stack are in bytes. "unlimited" is no
	// limit.
	Limits map[string]string `json:"limits,omitempty"`
}
