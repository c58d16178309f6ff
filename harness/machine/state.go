package machine

// State holds facts of this machine that distort numbers and may change from day
// to day. A fact that cannot be read is absent.
type State struct {
	// ClockSource is the kernel's clock, such as "tsc".
	ClockSource string
	// PowerProfile is the firmware's, such as "balanced".
	PowerProfile string
	// SMT is "on" or "off": whether cores run several threads.
	SMT string
	// TimeWait is the number of closed connections that still hold a port.
	TimeWait *int
	// MemoryLimitBytes is the memory that control groups allow this process.
	MemoryLimitBytes *uint64
}
