package results

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
