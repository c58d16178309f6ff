package machine

// State is what of this machine distorts numbers and may change from day to
// day. What cannot be read is absent.
type State struct {
	// ClockSource is the kernel's clock, such as "tsc".
	ClockSource string
	// PowerProfile is the firmware's, such as "balanced".
	PowerProfile string
	// SMT is "on" or "off": whether cores run several threads.
	SMT string
	// TimeWait is the number of closed connections that still hold a port.
	TimeWait *int
	// QuotaCPUs is the processor time that control groups allow this process,
	// in processors.
	QuotaCPUs *float64
	// MemoryLimitBytes is the memory that control groups allow it.
	MemoryLimitBytes *uint64
}
