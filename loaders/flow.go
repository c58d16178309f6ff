package loaders

import (
	"slices"
	"time"
)

// Mix is the order in which users take the flows of a load.
type Mix string

// The mixes. WeightedMix draws flows in proportion to their weights, EqualMix takes them in
// turn, and PriorityMix takes a flow when those before it in the list have nothing to do.
const (
	WeightedMix Mix = "weighted"
	EqualMix    Mix = "equal"
	PriorityMix Mix = "priority"
)

// FlowOrder is the order in which a flow that is repeated sends its steps.
type FlowOrder string

// The orders. DepthFirst walks a repetition to its end before the next one begins;
// BreadthFirst sends a step of all repetitions before the next step of any.
const (
	DepthFirst   FlowOrder = "depth"
	BreadthFirst FlowOrder = "breadth"
)

// CookieSession is the time for which cookies are kept.
type CookieSession string

// The sessions. A UserSession keeps the cookies of a user for the whole load, an
// IterationSession for one iteration, and NoSession keeps none.
const (
	UserSession      CookieSession = "user"
	IterationSession CookieSession = "iteration"
	NoSession        CookieSession = "none"
)

// OnError says how a user goes on behind a step that failed.
type OnError string

// The ways. AbortIteration ends the iteration, ContinueIteration goes on with the next step.
const (
	AbortIteration    OnError = "abort"
	ContinueIteration OnError = "continue"
)

// Keep says what is kept of each iteration of a flow, in addition to the figures.
type Keep string

// What is kept: nothing; statuses and times; heads of answers too; and bodies too.
const (
	KeepNothing Keep = "none"
	KeepTimes   Keep = "times"
	KeepHeads   Keep = "heads"
	KeepBodies  Keep = "bodies"
)

// DefaultKeepLimit is the greatest number of bytes of a body that is kept where the flow
// names none, and MostKept that of everything that a thread keeps.
const (
	DefaultKeepLimit = 256 << 10
	MostKept         = 256 << 20
)

// MostSteps is the greatest number of steps of all flows together.
const MostSteps = 100_000

// CookieJar is the name of the column that holds the cookies of a user for a request. No
// piece of a flow file can have that name.
const CookieJar = "cookie jar"

// Flows are the sequences of requests through which the users of a load walk. An iteration
// is one walk through a flow. The requests are those of the Spec, by number.
type Flows struct {
	Mix  Mix    `json:"mix"`
	List []Flow `json:"list"`
	// Variables are the names of the captured texts. A user forgets them when an iteration
	// begins.
	Variables []string `json:"variables,omitempty"`
	// Sets are the data rows. A user takes a row of each as an iteration begins.
	Sets []DataSet `json:"sets,omitempty"`
	// Setup is walked once, by one user before all others; nil for none. What it captures is
	// Shared then: the texts of the variables with which every iteration begins.
	Setup  *Flow    `json:"setup,omitempty"`
	Shared []Shared `json:"shared,omitempty"`
	// PaceSteps makes the arrivals of open loops steps, not iterations.
	PaceSteps bool `json:"pace_steps,omitempty"`
	// Iterations ends the load after that many iterations; 0 sets no bound.
	Iterations uint64 `json:"iterations,omitempty"`
}

// DataSet is data with a name: its columns are SET.COLUMN in pieces.
type DataSet struct {
	Name string `json:"name"`
	Data *Data  `json:"data"`
}

// Shared is the text of a variable, by its number.
type Shared struct {
	Variable int    `json:"variable"`
	Text     []byte `json:"text"`
}

// Flow is one sequence of requests.
type Flow struct {
	Name string `json:"name"`
	// Weight is that in a WeightedMix, at least 1.
	Weight int `json:"weight"`
	// Repeat is how many times the flow is walked in all, by one user at a time in the order
	// DepthFirst; 0 for no end.
	Repeat  int           `json:"repeat,omitempty"`
	Order   FlowOrder     `json:"order"`
	Session CookieSession `json:"session"`
	OnError OnError       `json:"on_error"`
	// Keep not given is KeepNothing. KeepLimit bounds the bytes of a body that is kept.
	Keep      Keep       `json:"keep,omitempty"`
	KeepLimit int        `json:"keep_limit,omitempty"`
	Steps     []FlowStep `json:"steps"`
}

// FlowStep is one request of a flow, or several of the same kind.
type FlowStep struct {
	// Name is unique in its flow.
	Name string `json:"name"`
	Call
	// Else is asked in place of the request where one of its variables has no value; nil
	// for none.
	Else *Call `json:"else,omitempty"`
	// Repeat is how many times in a row the step is sent, at least 1.
	Repeat int `json:"repeat"`
	// Wait comes before the send, Pause after the answer.
	Wait  Think `json:"wait,omitzero"`
	Pause Think `json:"pause,omitzero"`
	// Within is the longest time from the send to the end of a right answer, 0 for none.
	Within   time.Duration `json:"within_ns,omitempty"`
	Captures []Capture     `json:"captures,omitempty"`
}

// Call is a request with what it needs of its user.
type Call struct {
	// Request is the number of the request. WithCookies is that of the same request with the
	// column CookieJar, which is asked where the user has cookies for it; 0 for none.
	Request     int `json:"request"`
	WithCookies int `json:"with_cookies,omitempty"`
	// Uses are the numbers of the variables in the request.
	Uses []int `json:"uses,omitempty"`
}

// Capture takes a text out of an answer. One of JSON, Regex, Header and Cookie says where
// it stands.
type Capture struct {
	// Variable is the number of the variable that gets the text.
	Variable int `json:"variable"`
	// JSON is a path such as $.items[0].id, Regex an expression in Go's syntax whose first
	// group is the text, or the whole match where it has no group. Header and Cookie are
	// names.
	JSON   string `json:"json,omitempty"`
	Regex  string `json:"regex,omitempty"`
	Header string `json:"header,omitempty"`
	Cookie string `json:"cookie,omitempty"`
	// Else is the value where nothing matches; nil makes the answer a wrong one then, unless
	// Optional is true: the variable has no value.
	Else     *string `json:"else,omitempty"`
	Optional bool    `json:"optional,omitempty"`
	// InHeader is true where the value stands in a header of a request: a value with a
	// control character is none then.
	InHeader bool `json:"in_header,omitempty"`
}

// Columns returns the names of all that pieces may stand for, by number: the variables, the
// columns of the sets, and the cookie jar.
func (f *Flows) Columns() []string {
	if f == nil {
		return nil
	}
	list := slices.Clone(f.Variables)
	for i := range f.Sets {
		for _, column := range f.Sets[i].Data.Columns {
			list = append(list, f.Sets[i].Name+"."+column)
		}
	}
	return append(list, CookieJar)
}

// Finite reports whether a flow ends after its repetitions. Such flows have one order in
// which their requests are sent, which only one thread can keep.
func (f *Flows) Finite() bool {
	return f != nil && slices.ContainsFunc(f.List, func(flow Flow) bool { return flow.Repeat > 0 })
}

// part returns the flows of one of several loaders.
func (f *Flows) part(share Share) *Flows {
	if f == nil {
		return nil
	}
	p := *f
	p.Sets = slices.Clone(f.Sets)
	for i := range p.Sets {
		p.Sets[i].Data = p.Sets[i].Data.part(share)
	}
	if f.Iterations > 0 {
		p.Iterations = max(1, portion(share, f.Iterations))
	}
	return &p
}

// checkFlows refuses flows that do not fit to the other settings, or whose numbers name
// nothing.
func (s *Spec) checkFlows(refuse func(bad bool, format string, args ...any)) {
	f := s.Flows
	if f == nil {
		return
	}
	refuse(len(f.List) == 0, "flows without a flow")
	refuse(s.Data != nil, "flows with data rows of their own and others for the requests: name the rows in the flows")
	refuse(s.Depth > 1, "flows with a depth of %d: a step waits for the answer before it, so ask with a depth of 1", s.Depth)
	refuse(s.Follow, "flows with redirects followed: a step has one answer, so write a step for each redirect")
	refuse(s.Think != (Think{}), "flows with a think time of %v: their steps have pauses of their own", s.Think)
	refuse(f.Finite() && s.Threads > 1, "flows that end after their repetitions on %d threads: one thread keeps their order", s.Threads)
	for i := range s.Phases {
		p := &s.Phases[i]
		refuse(p.paced() && f.Finite(), "phase %q: an open loop begins iterations by its schedule: leave out the repetitions of flows, or the rate", p.Name)
	}
	for i := range f.Sets {
		f.Sets[i].Data.check(refuse)
	}
	for i := range f.List {
		s.checkSteps(&f.List[i], refuse)
	}
	if f.Setup != nil {
		s.checkSteps(f.Setup, refuse)
	}
}

// checkSteps refuses steps of a flow whose requests are not there.
func (s *Spec) checkSteps(f *Flow, refuse func(bad bool, format string, args ...any)) {
	for i := range f.Steps {
		step := &f.Steps[i]
		for _, call := range []*Call{&step.Call, step.Else} {
			bad := call != nil && (call.Request < 0 || call.Request >= len(s.Requests) || call.WithCookies < 0 || call.WithCookies >= len(s.Requests))
			refuse(bad, "step %q of flow %q asks a request that is not there", step.Name, f.Name)
		}
	}
	refuse(len(f.Steps) == 0, "flow %q has no step", f.Name)
}
