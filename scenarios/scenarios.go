// Package scenarios holds the table of requests that servers are asked, with the
// answers that count as right. A scenario is one row of the table. Help,
// conformance checks, loader requests and documentation come from it. The rows
// are in catalog/*.yaml, one file a family.
package scenarios

import (
	"slices"
	"time"
)

// Scenario is one row of the scenario table.
type Scenario struct {
	// Name is unique and fixed: people look for it.
	Name string `yaml:"name" json:"name"`
	// Title is one line for people.
	Title string `yaml:"title" json:"title"`
	// Family is the name of the catalogue file without its ending.
	Family string `yaml:"-" json:"family"`
	// Headline is true for rows that a default matrix may show.
	Headline bool `yaml:"headline" json:"headline"`
	// Protocols lists the protocol ids on which the row has a meaning.
	Protocols []Protocol `yaml:"protocols" json:"protocols"`
	// Modes lists the loops that have a meaning for the row.
	Modes []Mode `yaml:"modes" json:"modes"`
	// Clients is the row's own number of connections; 0 leaves it to the plan.
	Clients int `yaml:"clients" json:"clients,omitempty"`
	// Rates are the row's own open-loop rates in requests per second, above 0. They
	// replace those of the plan; none leaves the plan's.
	Rates []float64 `yaml:"rates" json:"rates,omitempty"`
	// Depth is the number of requests in flight on one connection; 1 or more.
	Depth int `yaml:"depth" json:"depth"`
	// Unit is the thing that is counted.
	Unit CountUnit `yaml:"unit" json:"unit"`
	// RankBy is the quantity by which a table of this row compares servers.
	RankBy RankBy `yaml:"rank_by" json:"rank_by"`
	// LeastTime is the shortest time from the first byte of a request to a right
	// answer, such as the delay that the request asks for. A phase that is faster is
	// void. 0 is no bound.
	LeastTime time.Duration `yaml:"least_time" json:"least_time_ns,omitempty"`
	// Server holds the caps with which a server must be started for the row.
	Server ServerCaps `yaml:"server" json:"server"`
	// Connection bounds the life of a connection.
	Connection Connection `yaml:"connection" json:"connection"`
	// Rotation is the order in which several requests are taken.
	Rotation Rotation `yaml:"rotation" json:"rotation"`
	// MinCompletions is the number of completions to which the closed-loop window
	// of large transfers is stretched; 0 leaves the window (METHOD.md §1).
	MinCompletions int       `yaml:"min_completions" json:"min_completions,omitempty"`
	Requests       []Request `yaml:"requests" json:"requests"`
	// Why is the question that the row answers, for documentation.
	Why string `yaml:"why" json:"why,omitempty"`
	// BlindTo names what the row cannot show, for documentation.
	BlindTo string `yaml:"blind_to" json:"blind_to,omitempty"`
	// Notes are a remark for help and documentation.
	Notes string `yaml:"notes" json:"notes,omitempty"`
}

// Protocol is the id of a protocol.
type Protocol string

// The protocol ids.
const (
	H1  Protocol = "h1"
	H1S Protocol = "h1s"
	H2  Protocol = "h2"
	H2C Protocol = "h2c"
	H3  Protocol = "h3"
	WS  Protocol = "ws"
)

// Protocols returns all protocol ids, also those that no engine speaks.
func Protocols() []Protocol { return []Protocol{H1, H1S, H2, H2C, H3, WS} }

// Mode is a kind of loop.
type Mode string

// The modes. Closed loop: the next request waits for the last answer. Open
// loop: requests have intended times of their own.
const (
	Closed Mode = "closed"
	Open   Mode = "open"
)

// CountUnit is the thing that a row counts.
type CountUnit string

// The units.
const (
	Requests CountUnit = "requests"
	Messages CountUnit = "messages"
	Sessions CountUnit = "sessions"
	Events   CountUnit = "events"
)

// RankBy is the quantity by which the servers of a row are compared.
type RankBy string

// The quantities.
const (
	ByThroughput RankBy = "throughput"
	ByBandwidth  RankBy = "bandwidth"
)

// Connection is the policy of a connection's life.
type Connection struct {
	// ReconnectEvery closes the connection after that many requests; 0 keeps it.
	ReconnectEvery int `yaml:"reconnect_every" json:"reconnect_every,omitempty"`
	// CloseWith is the loader's way to close: FIN or RST.
	CloseWith CloseKind `yaml:"close_with" json:"close_with,omitempty"`
	// Together makes waves, in a closed loop with reconnect_every 1: all connections
	// connect at one moment and ask one request each. When all have ended, the next
	// wave begins.
	Together bool `yaml:"together" json:"together,omitempty"`
}

// ServerCaps are limits with which a server must be started. 0 is no limit.
type ServerCaps struct {
	// KeepAliveRequests is the number of requests after which the server closes a
	// connection.
	KeepAliveRequests int `yaml:"keepalive_requests" json:"keepalive_requests,omitempty"`
	// MaxConnections is the largest number of connections that the server accepts.
	// More wait in the backlog.
	MaxConnections int `yaml:"max_connections" json:"max_connections,omitempty"`
}

// CloseKind is a way in which the loader closes a connection.
type CloseKind string

// The ways to close.
const (
	FIN CloseKind = "fin"
	RST CloseKind = "rst"
)

// Rotation is the order in which a row's requests are taken.
type Rotation string

// The rotations. Weighted draws with the requests' weights from the seed.
const (
	PerRequest    Rotation = "per-request"
	PerConnection Rotation = "per-connection"
	Weighted      Rotation = "weighted"
	// InTurn is for ad-hoc loads: each thread takes its part of the requests in turn,
	// whoever asks, so that all requests of a long list are asked equally often.
	InTurn Rotation = "in-turn"
)

// Supports reports whether the row has a meaning on the protocol.
func (s *Scenario) Supports(p Protocol) bool { return slices.Contains(s.Protocols, p) }

// Allows reports whether the row has a meaning in the mode.
func (s *Scenario) Allows(m Mode) bool { return slices.Contains(s.Modes, m) }
