package loaders

import (
	"cmp"
	"iter"

	"github.com/joust-bench/joust/scenarios"
)

// Variants are many requests that a load asks in place of the Spec's Requests. Each equals
// one of these, but has a path, a weight and a group of its own: a million of them take
// little memory.
type Variants struct {
	List []Variant `json:"list"`
	// Groups are the names of the groups of results. Where the Spec says by what it groups,
	// the name of a request is its path, else that of its group.
	Groups []string `json:"groups"`
}

// Variant is one of many requests.
type Variant struct {
	Path string `json:"path"`
	// Body is the text of its body; empty for the body of the request that it equals.
	Body string `json:"body,omitempty"`
	// Of is the number of the request that it equals, Group that of its group.
	Of    int32 `json:"of"`
	Group int32 `json:"group"`
	// Weight is as in scenarios.Request.
	Weight int32 `json:"weight,omitempty"`
	// Pieces is true where the path has pieces.
	Pieces bool `json:"pieces,omitempty"`
}

// CountRequests returns how many requests the load asks.
func (s *Spec) CountRequests() int {
	if s.Variants == nil {
		return len(s.Requests)
	}
	return len(s.Variants.List)
}

// RequestAt returns the request of that number.
func (s *Spec) RequestAt(i int) scenarios.Request {
	if s.Variants == nil {
		return s.Requests[i]
	}
	var r scenarios.Request
	s.vary(&r, &scenarios.Body{}, i)
	return r
}

// EachRequest yields the requests that the load asks, with their numbers. A request and its
// body are good until the next one comes.
func (s *Spec) EachRequest() iter.Seq2[int, *scenarios.Request] {
	return func(yield func(int, *scenarios.Request) bool) {
		var r scenarios.Request
		var body scenarios.Body
		for i := range s.CountRequests() {
			at := &r
			if s.Variants == nil {
				at = &s.Requests[i]
			} else {
				s.vary(at, &body, i)
			}
			if !yield(i, at) {
				return
			}
		}
	}
}

// vary makes r the variant of that number, and puts a body of its own into body.
func (s *Spec) vary(r *scenarios.Request, body *scenarios.Body, i int) {
	v := &s.Variants.List[i]
	*r = s.Requests[v.Of]
	r.Path, r.Weight, r.Pieces = v.Path, int(v.Weight), r.Pieces || v.Pieces
	r.Name = s.Variants.Groups[v.Group]
	if s.GroupedBy != "" {
		r.Name, r.Group = v.Path, r.Name
	}
	if v.Body != "" {
		*body = scenarios.Body{Text: v.Body}
		r.Body = body
	}
}

// Groups returns the names of the groups under which requests are reported, and the number
// of each request's group.
func (s *Spec) Groups() (names []string, of []int32) {
	of = make([]int32, s.CountRequests())
	if v := s.Variants; v != nil {
		for i := range v.List {
			of[i] = v.List[i].Group
		}
		return v.Groups, of
	}
	numbers := make(map[string]int32)
	for i := range s.Requests {
		name := cmp.Or(s.Requests[i].Group, s.Requests[i].Name)
		at, known := numbers[name]
		if !known {
			at = int32(len(names))
			numbers[name] = at
			names = append(names, name)
		}
		of[i] = at
	}
	return names, of
}

// longestBody returns the length in bytes of the longest body that a variant has of its
// own.
func (v *Variants) longestBody() int {
	longest := 0
	if v != nil {
		for i := range v.List {
			longest = max(longest, len(v.List[i].Body))
		}
	}
	return longest
}

// check refuses variants of what is not there. requests is how many requests the Spec has.
func (v *Variants) check(requests int, refuse func(bad bool, format string, args ...any)) {
	if v == nil {
		return
	}
	refuse(len(v.List) == 0, "no variant of the requests to ask")
	for i := range v.List {
		of, group := int(v.List[i].Of), int(v.List[i].Group)
		if of < 0 || of >= requests || group < 0 || group >= len(v.Groups) {
			refuse(true, "variant %d of request %d and group %d: there are %d requests and %d groups, which count from 0", i, of, group, requests, len(v.Groups))
			return
		}
	}
}
