package results

import "time"

// Neighbour is another joust that measured on the same machine at the same time.
type Neighbour struct {
	// PID is its process ID; 0 where it is not known, as from within a container.
	PID int `json:"pid,omitempty"`
	// Since is the time at which it began to measure.
	Since time.Time `json:"since"`
	// Command is its command line, without passwords of URLs.
	Command string `json:"command"`
}
