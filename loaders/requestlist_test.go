package loaders_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/scenarios"
)

// A list comes back as it was, and a large text of many bodies is in its JSON once.
func TestRequestList(t *testing.T) {
	t.Parallel()
	large, other := strings.Repeat("\xff\x00large", 100_000), strings.Repeat("single", 1000)
	list := loaders.RequestList{{Name: "plain"}, {Name: "small", Body: &scenarios.Body{Text: "x", Length: 1 << 20}}, {Name: "single", Body: &scenarios.Body{Text: other}}}
	for range 100 {
		list = append(list, scenarios.Request{
			Name: "upload", Body: &scenarios.Body{Text: large, Chunk: 1000}, Expect: scenarios.Expect{Status: 200, Body: &scenarios.Body{Text: large}},
		})
	}
	for name, l := range map[string]loaders.RequestList{"shared": list, "nothing to share": list[:3], "one": list[:1]} {
		spec := loaders.Spec{Requests: l}
		data, err := json.Marshal(spec)
		if err != nil {
			t.Fatal(err)
		}
		var back loaders.Spec
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(l, back.Requests); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", name, diff)
		}
		if most := 2*len(large) + 3*len(other); len(data) > most {
			t.Errorf("%s: %d bytes of JSON, at most %d", name, len(data), most)
		}
		if n := len(back.Requests); n > 3 && unsafe.StringData(back.Requests[3].Body.Text) != unsafe.StringData(back.Requests[n-1].Expect.Body.Text) {
			t.Errorf("%s: the bodies do not share their text", name)
		}
	}
	if list[3].Body.Text != large {
		t.Error("the list itself has changed")
	}
}

func TestRequestListRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"requests":[{"name":"a","body":{"text":""}}],"texts":["eA=="],"uses":[{"request":1,"text":0}]}`,
		`{"requests":[{"name":"a","body":{"text":""}}],"texts":["eA=="],"uses":[{"request":0,"text":-1}]}`,
		`{"requests":[{"name":"a"}],"texts":["eA=="],"uses":[{"request":0,"text":0}]}`,
		`{"requests":[{"name":"a","body":{"text":""}}],"texts":[7]}`,
	} {
		var l loaders.RequestList
		if err := json.Unmarshal([]byte(text), &l); err == nil {
			t.Errorf("%s was accepted as %+v", text, l)
		}
	}
}
