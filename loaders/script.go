package loaders

import (
	"fmt"
	"slices"
)

// Script is a script in Lua with wrk's objects and functions.
type Script struct {
	// File names the script in messages, Text is its content.
	File string `json:"file"`
	Text []byte `json:"text"`
	// URL is the target as the user gave it, which the script sees, Args the arguments
	// behind it.
	URL  string   `json:"url"`
	Args []string `json:"args,omitempty"`
	// Compat says what the script was written for; empty is wrk 4.
	Compat Compat `json:"compat,omitempty"`
}

// Compat is a way to run scripts.
type Compat string

// The ways to run scripts. Strict is that of wrk 4, in which an error while the script is
// loaded fails the load at its end. Lax only warns of such an error, as wrk does.
// WRK2 has the latencies of wrk2: corrected ones, with latency[i].
const (
	Strict Compat = ""
	Lax    Compat = "lax"
	WRK2   Compat = "wrk2"
)

// CompatWords lists the ways that have names in a sentence.
const CompatWords = string(Lax) + " or " + string(WRK2)

// checkScript refuses settings that contradict a script.
func (s *Spec) checkScript(refuse func(bad bool, format string, args ...any)) {
	if s.Script == nil {
		return
	}
	what := fmt.Sprintf("the script %s ", s.Script.File)
	refuse(!slices.Contains([]Compat{Strict, Lax, WRK2}, s.Script.Compat), what+"in the way %q: %s", s.Script.Compat, CompatWords)
	refuse(s.CountRequests() > 1, what+"with %d requests: it says itself what is asked, so leave them out", s.CountRequests())
	refuse(len(s.Hosts) > 0, what+"with %d more hosts: its load goes to one", len(s.Hosts))
	refuse(s.Flows != nil, what+"with flows: both say what is asked, so leave the one or the other out")
	refuse(s.Users > 0, what+"with %d users: each connection asks it by itself, so leave them out; its function delay() makes requests wait", s.Users)
	refuse(s.Follow, what+"with redirects followed: its function response() sees each answer, so leave that out")
	refuse(s.RequestID != "", what+"with request ids: its function request() can set a header of its own")
	refuse(s.Data != nil, what+"with data rows: it reads files itself")
	refuse(s.Connection.Together, what+"with connections that are made together: leave the one or the other out")
	for i := range s.Requests {
		refuse(s.Requests[i].Pieces, what+"with ${…} in the request: it makes values itself")
		refuse(len(s.Requests[i].Exchange) > 0, what+"with an exchange of steps: its requests go out whole")
		refuse(s.Requests[i].Expect.Echo, what+"with echoed bodies as the right ones: the body is the script's")
	}
}
