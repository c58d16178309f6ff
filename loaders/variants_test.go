package loaders_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/scenarios"
)

// variedSpec asks two variants of a POST and one of a GET.
func variedSpec() loaders.Spec {
	return loaders.Spec{
		Requests: loaders.RequestList{
			{Name: "a", Method: "POST", Path: "/", Target: 1, Headers: []scenarios.Header{{Name: "A", Value: "b"}}, Body: &scenarios.Body{Text: "shared"}},
			{Name: "b", Method: "GET", Path: "/", Pieces: true},
		},
		Variants: &loaders.Variants{
			List: []loaders.Variant{
				{Path: "/1", Weight: 2},
				{Path: "/2", Of: 1, Group: 1, Weight: 1},
				{Path: "/3", Body: "own", Weight: 3, Pieces: true},
			},
			Groups: []string{"first", "second"},
		},
	}
}

// Variants equal their requests but for what is their own, one by one and all in turn.
func TestVariants(t *testing.T) {
	t.Parallel()
	for by, named := range map[string][2]string{"": {"first", ""}, "segment": {"/1", "first"}} {
		s := variedSpec()
		s.GroupedBy = by
		post := s.Requests[0]
		want := post
		want.Path, want.Weight, want.Name, want.Group = "/1", 2, named[0], named[1]
		if diff := cmp.Diff(want, s.RequestAt(0)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if got := s.RequestAt(2); got.Body.Text != "own" || !got.Pieces || got.Weight != 3 || post.Body.Text != "shared" {
			t.Errorf("the third is %+v with the body %+v", got, got.Body)
		}
		n := 0
		for i, r := range s.EachRequest() {
			if diff := cmp.Diff(s.RequestAt(i), *r); diff != "" || i != n {
				t.Errorf("request %d, after %d others (-at +each)\n%s", i, n, diff)
			}
			n++
		}
		if n != 3 || s.CountRequests() != 3 {
			t.Errorf("%d of %d requests", n, s.CountRequests())
		}
		for range s.EachRequest() {
			break
		}
	}
}

// Groups and the weights of hosts are those of the requests that are asked.
func TestGroupsOfVariants(t *testing.T) {
	t.Parallel()
	s := variedSpec()
	s.Hosts = make([]loaders.Host, 1)
	names, of := s.Groups()
	if diff := cmp.Diff([]string{"first", "second"}, names); diff != "" || !cmp.Equal(of, []int32{0, 1, 0}) {
		t.Errorf("groups %q, of requests %v", names, of)
	}
	if got := s.HostWeights(); !cmp.Equal(got, []uint64{1, 5}) {
		t.Errorf("the hosts have the weights %v", got)
	}
	s.Variants = nil
	s.Requests[1].Group = "a"
	if names, of = s.Groups(); !cmp.Equal(names, []string{"a"}) || !cmp.Equal(of, []int32{0, 0}) {
		t.Errorf("without variants: groups %q, of requests %v", names, of)
	}
}

// A loader process asks the same variants.
func TestVariantsInJSON(t *testing.T) {
	t.Parallel()
	want := variedSpec()
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got loaders.Spec
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Variants, got.Variants); diff != "" || len(got.Requests) != 2 {
		t.Errorf("of %d requests (-want +got)\n%s", len(got.Requests), diff)
	}
}

func TestVariantsRefused(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*loaders.Variants){
		"no variant of the requests":         func(v *loaders.Variants) { v.List = nil },
		"variant 1 of request 2 and group 1": func(v *loaders.Variants) { v.List[1].Of = 2 },
		"variant 0 of request 0 and group 5": func(v *loaders.Variants) { v.List[0].Group = 5 },
		"there are 2 requests and 2 groups":  func(v *loaders.Variants) { v.List[2].Of = -1 },
	} {
		s := variedSpec()
		change(s.Variants)
		if err := s.WithDefaults().Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
