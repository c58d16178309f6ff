package source_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// follows is a source that follows redirects, with the requests of its thread.
type follows struct {
	source.Chain
	spec loaders.Spec
	// table holds the requests, refused those that Put refuses.
	table   []scenarios.Request
	refused string
}

func follower(t testing.TB, users int, r scenarios.Request, tls bool) *follows {
	t.Helper()
	f := &follows{table: []scenarios.Request{r}}
	f.spec = loaders.Spec{Requests: []scenarios.Request{r}, Follow: true, Target: loaders.Target{Host: "h.test:8080"}}
	if tls {
		f.spec.TLS, f.spec.Target.Host = &loaders.TLS{}, "h.test"
	}
	s, err := source.OfSpec(&f.spec, source.Thread{Users: users, Put: f.put})
	if err != nil {
		t.Fatal(err)
	}
	f.Chain = s.(source.Chain)
	if s.Needs() != (source.Needs{Heads: true}) {
		t.Errorf("it needs %+v", s.Needs())
	}
	return f
}

func (f *follows) put(number int32, r *scenarios.Request) (int32, error) {
	if r.Path == f.refused {
		return 0, fmt.Errorf("refused")
	}
	if number < 0 {
		number = int32(len(f.table))
		f.table = append(f.table, scenarios.Request{})
	}
	f.table[number] = *r
	return number, nil
}

func view(request int32, status int, location string) *source.View {
	head := fmt.Sprintf("HTTP/1.1 %d Moved\r\nX-Location: /wrong\r\nlocation:%s \r\nLocation: /second\r\n\r\n", status, location)
	return &source.View{Request: request, Status: status, Head: []byte(head)}
}

// The paths are those of RFC 3986 §5.2 and of the bytes that a user gave; each other
// scheme, host or port is elsewhere.
func TestWhereARedirectLeads(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		location, path, url string
		tls                 bool
	}{
		{"/b", "/b", "", false},
		{"b?x=1", "/dir/b?x=1", "", false},
		{"../b", "/b", "", false},
		{"?y", "/dir/a?y", "", false},
		{"//h.test:8080/b", "/b", "", false},
		{"http://h.test:8080", "/", "", false},
		{"http://H.TEST:8080/b#part", "/b", "", false},
		{"http://user:secret@h.test:8080/b", "/b", "", false},
		{"/a%2Fb|c d?q=|%7c", "/a%2Fb%7Cc%20d?q=%7C%7c", "", false},
		{"/ä", "/%C3%A4", "", false},
		{"https://h.test:443/b", "/b", "", true},
		{"https://h.test/b", "/b", "", true},
		{"http://h.test/b", "", "http://h.test/b", false},
		{"https://h.test:8080/b", "", "https://h.test:8080/b", false},
		{"http://h.test/b", "", "http://h.test/b", true},
		{"http://user:secret@other/b#x", "", "http://xxxxx@other/b", false},
		{"//other/b", "", "http://other/b", false},
		{"mailto:a", "", "mailto:a", false},
		{"http://[::1/b", "", "http://[::1/b", false},
		{"/%zz", "", "/%zz", false},
	} {
		f := follower(t, 1, scenarios.Request{Method: "GET", Path: "/dir/a?x"}, c.tls)
		next := f.Continue(0, view(0, 302, c.location))
		got, u := "", ""
		if next >= 0 {
			got = f.table[next].Path
		}
		if r := f.Unfollowed(); r != nil {
			malformed := c.location == "/%zz" || c.location == "http://[::1/b"
			if u = r.URL; r.Status != 302 || r.Elsewhere == malformed || r.Malformed != malformed {
				t.Errorf("%s: %+v", c.location, r)
			}
		}
		if got != c.path || u != c.url {
			t.Errorf("%s leads to the path %q, or is not followed to %q; want %q, %q", c.location, got, u, c.path, c.url)
		}
	}
}

// The Host field of a request is its authority.
func TestRedirectOfAHostField(t *testing.T) {
	t.Parallel()
	r := scenarios.Request{Method: "GET", Path: "/", Headers: []scenarios.Header{{Name: "host", Value: "virtual"}}}
	for location, want := range map[string]int32{"http://virtual:80/b": 1, "http://h.test:8080/b": -1} {
		if got := follower(t, 1, r, false).Continue(0, view(0, 301, location)); got != want {
			t.Errorf("%s leads to request %d, want %d", location, got, want)
		}
	}
}

// The methods, the bodies and the fields are those of RFC 9110 §15.4.
func TestMethodOfARedirect(t *testing.T) {
	t.Parallel()
	body := &scenarios.Body{Text: "hello"}
	headers := func(names ...string) (list []scenarios.Header) {
		for _, name := range names {
			list = append(list, scenarios.Header{Name: name, Value: "x"})
		}
		return list
	}
	asked := scenarios.Request{
		Name: "r", Path: "/", Body: body, Headers: headers("Host", "content-type", "Authorization", "Expect", "Content-Encoding"),
		Exchange: scenarios.Exchange{{SendHead: new(true)}}, Expect: scenarios.Expect{Status: 201},
	}
	for _, c := range []struct {
		status       int
		method, want string
	}{
		{301, "POST", "GET"}, {302, "POST", "GET"}, {303, "POST", "GET"}, {303, "PUT", "GET"}, {303, "GET", "GET"},
		{301, "PUT", "PUT"}, {302, "DELETE", "DELETE"}, {301, "GET", "GET"}, {302, "HEAD", "HEAD"}, {303, "HEAD", "HEAD"},
		{307, "POST", "POST"}, {308, "POST", "POST"}, {307, "GET", "GET"},
	} {
		r := asked
		r.Method = c.method
		f := follower(t, 1, r, false)
		want := asked
		want.Method, want.Path, want.Exchange = c.want, "/b", nil
		want.Headers = headers("Host", "content-type", "Authorization", "Content-Encoding")
		if c.want == "GET" && r.Method != "GET" || c.status == 303 && r.Method != "HEAD" {
			want.Body, want.Headers = nil, headers("Host", "Authorization")
		}
		if diff := cmp.Diff(want, f.table[f.Continue(0, view(0, c.status, "/b"))]); diff != "" {
			t.Errorf("%d of a %s (-want +got)\n%s", c.status, r.Method, diff)
		}
	}
}

// Other answers end an exchange, whatever their Location says.
func TestNoRedirect(t *testing.T) {
	t.Parallel()
	f := follower(t, 1, scenarios.Request{Method: "GET", Path: "/"}, false)
	for status, location := range map[int]string{200: "/b", 201: "/b", 300: "/b", 304: "/b", 305: "/b", 404: "/b", 302: ""} {
		if next := f.Continue(0, view(0, status, location)); next >= 0 || f.Unfollowed() != nil {
			t.Errorf("%d with the location %q leads to request %d, %+v", status, location, next, f.Unfollowed())
		}
	}
	f.refused = "/refused"
	if next := f.Continue(0, view(0, 302, "/refused")); next >= 0 || f.Unfollowed() == nil || !f.Unfollowed().Malformed {
		t.Errorf("a request that cannot be made is followed: %d, %+v", next, f.Unfollowed())
	}
}

// The redirect behind the tenth in a row fails; each exchange begins anew.
func TestRedirectsInACircle(t *testing.T) {
	t.Parallel()
	f := follower(t, 2, scenarios.Request{Method: "GET", Path: "/a"}, false)
	for range 3 {
		next := int32(0)
		for i := range source.MostRedirects {
			if next = f.Continue(1, view(next, 302, "/a")); next < 0 {
				t.Fatalf("redirect %d is not followed", i+1)
			}
		}
		last := view(next, 302, "/a")
		if next = f.Continue(1, last); next >= 0 || last.Cause != results.CauseRedirect || last.Detail != "more than 10 redirects in a row, the last to /a" {
			t.Errorf("request %d, cause %q, %s", next, last.Cause, last.Detail)
		}
		if next := f.Continue(0, view(0, 302, "/a")); next < 0 {
			t.Error("the other user does not follow its first redirect")
		}
		f.Done(0, last)
		f.Done(1, last)
	}
	if n := len(f.table); n != source.MostRedirects+2 {
		t.Errorf("%d requests of a redirect to itself, where each redirect of a row and the one too many make one", n)
	}
}

// The table of a thread stays small where each redirect leads to another path, and a
// request in it is always that of the last redirect.
func TestRedirectsThatDiffer(t *testing.T) {
	t.Parallel()
	const users = 3
	f := follower(t, users, scenarios.Request{Method: "GET", Path: "/"}, false)
	for i := range 5000 {
		user, request := int32(i%users), int32(0)
		for hop := range 3 {
			path := fmt.Sprintf("/%d/%d", i, hop)
			if hop == 2 {
				path = "/same"
			}
			if request = f.Continue(user, view(request, 302, path)); request < 0 || f.table[request].Path != path {
				t.Fatalf("%s is request %d", path, request)
			}
		}
		f.Done(user, &source.View{})
	}
	if n := len(f.table); n > 1100 {
		t.Errorf("%d requests in the table", n)
	}
}

// Bodies that redirects ask to send again take a bounded memory.
func TestRedirectsOfLargeBodies(t *testing.T) {
	t.Parallel()
	r := scenarios.Request{Method: "PUT", Path: "/", Body: &scenarios.Body{Text: "x", Length: 8 << 20}}
	f := follower(t, 1, r, false)
	for i := range 100 {
		if next := f.Continue(0, view(0, 307, fmt.Sprint("/", i))); next < 0 || f.table[next].Body.Size() != 8<<20 {
			t.Fatalf("redirect %d leads to request %d", i, next)
		}
		f.Done(0, &source.View{})
	}
	if n := len(f.table); n > 10 {
		t.Errorf("%d requests with their bodies", n)
	}
}

func TestFollowDoesNotAllocate(t *testing.T) {
	f := follower(t, 1, scenarios.Request{Method: "GET", Path: "/"}, false)
	v := view(0, 302, "/"+strings.Repeat("long", 20))
	if n := testing.AllocsPerRun(100, func() {
		if f.Continue(0, v) < 0 {
			t.Error("not followed")
		}
		f.Done(0, v)
	}); n != 0 {
		t.Errorf("%v allocations a redirect", n)
	}
}

func TestUnfollowed(t *testing.T) {
	t.Parallel()
	spec := loaders.Spec{Requests: requests(1), Target: loaders.Target{Host: "h"}}
	spec.Requests[0].Path = "/"
	for head, want := range map[string]*results.Redirect{
		"HTTP/1.1 301 Moved\r\nLocation: b\r\n\r\n":           {Status: 301, URL: "http://h/b"},
		"HTTP/1.1 301 Moved\r\nLocation: https://h/b\r\n\r\n": {Status: 301, URL: "https://h/b", Elsewhere: true},
		"HTTP/1.1 301 Moved\r\n\r\n":                          nil,
	} {
		if diff := cmp.Diff(want, source.Unfollowed(&spec, 0, 301, []byte(head))); diff != "" {
			t.Errorf("%q (-want +got)\n%s", head, diff)
		}
	}
	if r := source.Unfollowed(&spec, 1, 301, []byte("HTTP/1.1 301 Moved\r\nLocation: b\r\n\r\n")); r != nil {
		t.Errorf("the redirect of a request that is not the Spec's: %+v", r)
	}
}
