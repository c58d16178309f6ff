package adhoc_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/loaders/codec/h1/wire"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// plain returns the flags of a command line without any.
func plain() adhoc.Flags {
	return adhoc.Flags{
		Processors: 4, Depth: 1, Seed: 7,
		Timeout: 10 * time.Second, ConnectTimeout: 5 * time.Second, Drain: 500 * time.Millisecond,
	}
}

func parse(t *testing.T, url string) adhoc.URL {
	t.Helper()
	target, err := adhoc.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func spec(t *testing.T, o adhoc.Flags, url string, addresses ...string) loaders.Spec {
	t.Helper()
	s, err := o.Spec(parse(t, url), addresses)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	got := spec(t, plain(), "http://127.0.0.1:8080", "127.0.0.1")
	want := loaders.Spec{
		Target:   loaders.Target{Network: "tcp", Address: "127.0.0.1:8080", Host: "127.0.0.1:8080"},
		Protocol: scenarios.H1,
		Requests: []scenarios.Request{{Name: "GET /", Method: "GET", Path: "/"}},
		Depth:    1, Connections: 64, Threads: 2, Idle: loaders.Hybrid, LatencyFrom: loaders.FromSend,
		ConnectTimeout: 5 * time.Second, RequestTimeout: 10 * time.Second, Drain: 500 * time.Millisecond,
		Seed: 7, Interval: 100 * time.Millisecond,
		Phases: []loaders.Phase{
			{Name: "warm-up", Loop: results.ClosedLoop, Duration: time.Second},
			{Name: "closed", Loop: results.ClosedLoop, Measured: true, Duration: 10 * time.Second, Lead: 100 * time.Millisecond},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func profile(t *testing.T, text string) *loaders.Profile {
	t.Helper()
	p, err := loaders.ParseProfile(text)
	if err != nil {
		t.Fatal(err)
	}
	return &p
}

// A load whose rate or number of users changes is measured over time, whether asked or not.
func TestSegments(t *testing.T) {
	t.Parallel()
	o := plain()
	o.Users, o.Ramp, o.Duration = new(5), new(time.Microsecond), new(2*time.Second)
	if got := spec(t, o, "http://127.0.0.1/", "127.0.0.1").Segment; got != 100*time.Millisecond {
		t.Errorf("segments of %v", got)
	}
	o.Ramp, o.Duration = new(time.Second), new(time.Duration(math.MaxInt64))
	if _, err := o.Spec(parse(t, "http://127.0.0.1/"), []string{"127.0.0.1"}); err == nil {
		t.Error("a load of 292 years is taken")
	}
}

// Every flag changes its own fields of the default Spec, and no other.
func TestFlagsReachTheSpec(t *testing.T) {
	t.Parallel()
	base := spec(t, plain(), "http://10.0.0.1:8080/", "10.0.0.1")
	for _, c := range []struct {
		name   string
		set    func(*adhoc.Flags)
		expect func(*loaders.Spec)
	}{
		{"connections", func(o *adhoc.Flags) { o.Connections = new(1) }, func(s *loaders.Spec) { s.Connections, s.Threads = 1, 1 }},
		{"threads", func(o *adhoc.Flags) { o.Threads = new(3) }, func(s *loaders.Spec) { s.Threads = 3 }},
		{"cpus", func(o *adhoc.Flags) { o.CPUs = []int{2, 3, 5} }, func(s *loaders.Spec) { s.CPUs, s.Threads, s.Idle = []int{2, 3, 5}, 3, loaders.Spin }},
		{"cpus and threads", func(o *adhoc.Flags) { o.CPUs, o.Threads = []int{2, 3}, new(1) }, func(s *loaders.Spec) { s.CPUs, s.Threads, s.Idle = []int{2}, 1, loaders.Spin }},
		{"conditions", func(o *adhoc.Flags) {
			o.ExpectHeaders, o.ExpectJSON, o.ExpectRegex, o.VerifyLength = []string{"A: b"}, []string{"a.b=1"}, []string{"^x"}, true
		}, func(s *loaders.Spec) {
			s.Requests[0].Expect.Checks = &scenarios.Checks{Headers: []string{"A: b"}, JSON: []string{"a.b=1"}, Patterns: []string{"^x"}, SameLength: true}
		}},
		{"breakdown of a numeric host", func(o *adhoc.Flags) { o.Breakdown = true }, func(s *loaders.Spec) { s.Breakdown = true }},
		{"latency from", func(o *adhoc.Flags) { o.LatencyFrom = loaders.FromConnect }, func(s *loaders.Spec) { s.LatencyFrom = loaders.FromConnect }},
		{"duration", func(o *adhoc.Flags) { o.Duration = new(time.Minute) }, func(s *loaders.Spec) { s.Phases[1].Duration = time.Minute }},
		{"warm-up", func(o *adhoc.Flags) { o.Warmup = new(time.Minute) }, func(s *loaders.Spec) { s.Phases[0].Duration = time.Minute }},
		{"no warm-up", func(o *adhoc.Flags) { o.Warmup = new(time.Duration(0)) }, func(s *loaders.Spec) { s.Phases = s.Phases[1:] }},
		{"requests", func(o *adhoc.Flags) { o.Requests = new(uint64(1000)) }, func(s *loaders.Spec) {
			s.Phases = []loaders.Phase{{Name: "closed", Loop: results.ClosedLoop, Measured: true, Count: 1000, Duration: 24 * time.Hour}}
		}},
		{"few requests", func(o *adhoc.Flags) { o.Requests = new(uint64(3)) }, func(s *loaders.Spec) {
			s.Connections = 3
			s.Phases = []loaders.Phase{{Name: "closed", Loop: results.ClosedLoop, Measured: true, Count: 3, Duration: 24 * time.Hour}}
		}},
		{"requests and duration", func(o *adhoc.Flags) {
			o.Requests, o.Duration, o.Warmup = new(uint64(1000)), new(time.Second), new(time.Second)
		}, func(s *loaders.Spec) {
			s.Phases[1].Count, s.Phases[1].Duration, s.Phases[1].Lead = 1000, time.Second, 0
		}},
		{"rate", func(o *adhoc.Flags) { o.RateRPS = new(0.5) }, func(s *loaders.Spec) {
			open := loaders.Phase{Loop: results.OpenLoop, RateRPS: 0.5, Schedule: loaders.Constant}
			for i, old := range s.Phases {
				p := open
				p.Name, p.Measured, p.Duration = old.Name, old.Measured, old.Duration
				s.Phases[i] = p
			}
			s.Phases[1].Name, s.Phases[1].Lead = adhoc.PhaseOpen, 200*time.Millisecond
		}},
		{"rate profile", func(o *adhoc.Flags) {
			o.RateRPS, o.Profile, o.Duration = new(100.0), profile(t, "spike"), new(time.Minute)
		}, func(s *loaders.Spec) {
			s.Segment = time.Second
			s.Phases = []loaders.Phase{{
				Name: adhoc.PhaseOpen, Loop: results.OpenLoop, Measured: true, Duration: time.Minute,
				RateRPS: 100, Schedule: loaders.Profiled, Profile: profile(t, "spike"),
			}}
		}},
		{"rate profile with a warm-up", func(o *adhoc.Flags) {
			o.RateRPS, o.Profile, o.Duration, o.Warmup = new(100.0), profile(t, "step:10,30"), new(time.Second), new(time.Second)
		}, func(s *loaders.Spec) {
			s.Segment = 100 * time.Millisecond
			s.Phases = []loaders.Phase{
				{Name: "warm-up", Loop: results.OpenLoop, Duration: time.Second, RateRPS: 20, Schedule: loaders.Constant},
				{
					Name: adhoc.PhaseOpen, Loop: results.OpenLoop, Measured: true, Duration: time.Second,
					RateRPS: 100, Schedule: loaders.Profiled, Profile: profile(t, "step:10,30"),
				},
			}
		}},
		{"ramp of users", func(o *adhoc.Flags) { o.Users, o.Ramp = new(500), new(10*time.Second) }, func(s *loaders.Spec) {
			s.Users, s.UserRamp, s.Phases, s.Segment = 500, 10*time.Second, s.Phases[1:], 500*time.Millisecond
			s.Phases[0].Lead = 0
		}},
		{"ramp of users with a warm-up", func(o *adhoc.Flags) {
			o.Users, o.Ramp, o.Warmup = new(500), new(12*time.Second), new(2*time.Second)
		}, func(s *loaders.Spec) {
			s.Users, s.UserRamp, s.Phases[0].Duration, s.Phases[1].Lead, s.Segment = 500, 12*time.Second, 2*time.Second, 0, 500*time.Millisecond
		}},
		{"ramp of users until their requests are asked", func(o *adhoc.Flags) {
			o.Users, o.Ramp, o.Requests = new(500), new(time.Minute), new(uint64(1000))
		}, func(s *loaders.Spec) {
			s.Users, s.UserRamp, s.Segment = 500, time.Minute, time.Second
			s.Phases = []loaders.Phase{{Name: "closed", Loop: results.ClosedLoop, Measured: true, Count: 1000, Duration: 24 * time.Hour}}
		}},
		{"poisson, shed", func(o *adhoc.Flags) {
			o.RateRPS, o.Poisson, o.ShedAfter, o.Requests = new(100.0), true, new(time.Second), new(uint64(500))
		}, func(s *loaders.Spec) {
			s.Phases = []loaders.Phase{{
				Name: adhoc.PhaseOpen, Loop: results.OpenLoop, Measured: true, Count: 500, Duration: 24 * time.Hour,
				RateRPS: 100, Schedule: loaders.Poisson, ShedAfter: time.Second,
			}}
		}},
		{"ramp", func(o *adhoc.Flags) { o.RateRPS, o.RampToRPS = new(100.0), new(5000.0) }, func(s *loaders.Spec) {
			s.Segment = 500 * time.Millisecond
			s.Phases = []loaders.Phase{
				{Name: "warm-up", Loop: results.OpenLoop, Duration: time.Second, RateRPS: 100, Schedule: loaders.Constant},
				{
					Name: adhoc.PhaseOpen, Loop: results.OpenLoop, Measured: true, Duration: 10 * time.Second, Lead: 200 * time.Millisecond,
					RateRPS: 100, Schedule: loaders.Ramp, RampToRPS: 5000,
				},
			}
		}},
		{"bursts", func(o *adhoc.Flags) { o.RateRPS, o.Burst, o.Warmup = new(100.0), new(20), new(time.Duration(0)) }, func(s *loaders.Spec) {
			s.Phases = []loaders.Phase{{
				Name: adhoc.PhaseOpen, Loop: results.OpenLoop, Measured: true, Duration: 10 * time.Second, Lead: 200 * time.Millisecond,
				RateRPS: 100, Schedule: loaders.Burst, BurstSize: 20,
			}}
		}},
		{"method", func(o *adhoc.Flags) { o.Method = "DELETE" }, func(s *loaders.Spec) {
			s.Requests[0].Method, s.Requests[0].Name = "DELETE", "DELETE /"
		}},
		{"body", func(o *adhoc.Flags) { o.Body = new("hi") }, func(s *loaders.Spec) {
			s.Requests[0].Method, s.Requests[0].Name, s.Requests[0].Body = "POST", "POST /", &scenarios.Body{Text: "hi"}
			s.Requests[0].Headers = []scenarios.Header{{Name: "Content-Type", Value: "application/octet-stream"}}
		}},
		{"body of a type", func(o *adhoc.Flags) { o.Body, o.Headers = new("hi"), []string{"content-type: text/plain"} }, func(s *loaders.Spec) {
			s.Requests[0].Method, s.Requests[0].Name, s.Requests[0].Body = "POST", "POST /", &scenarios.Body{Text: "hi"}
			s.Requests[0].Headers = []scenarios.Header{{Name: "content-type", Value: "text/plain"}}
		}},
		{"empty body", func(o *adhoc.Flags) { o.Body, o.Method = new(""), "PUT" }, func(s *loaders.Spec) {
			s.Requests[0].Method, s.Requests[0].Name, s.Requests[0].Body = "PUT", "PUT /", &scenarios.Body{Text: ""}
			s.Requests[0].Headers = []scenarios.Header{{Name: "Content-Type", Value: "application/octet-stream"}}
		}},
		{"json", func(o *adhoc.Flags) { o.Body, o.JSON = new("{}"), true }, func(s *loaders.Spec) {
			s.Requests[0].Method, s.Requests[0].Name, s.Requests[0].Body = "POST", "POST /", &scenarios.Body{Text: "{}"}
			s.Requests[0].Headers = []scenarios.Header{{Name: "Accept", Value: "application/json"}, {Name: "Content-Type", Value: "application/json"}}
		}},
		{"json of another type", func(o *adhoc.Flags) {
			o.Body, o.JSON, o.Headers = new("{}"), true, []string{"Content-Type: application/ld+json", "Accept: */*"}
		}, func(s *loaders.Spec) {
			s.Requests[0].Method, s.Requests[0].Name, s.Requests[0].Body = "POST", "POST /", &scenarios.Body{Text: "{}"}
			s.Requests[0].Headers = []scenarios.Header{{Name: "Content-Type", Value: "application/ld+json"}, {Name: "Accept", Value: "*/*"}}
		}},
		{"form", func(o *adhoc.Flags) { o.Form = []string{"a=1", "b c=ä&=", "a="} }, func(s *loaders.Spec) {
			s.Requests[0].Method, s.Requests[0].Name, s.Requests[0].Body = "POST", "POST /", &scenarios.Body{Text: "a=1&b+c=%C3%A4%26%3D&a="}
			s.Requests[0].Headers = []scenarios.Header{{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}}
		}},
		{"cookies", func(o *adhoc.Flags) { o.Cookies = []string{"a=1", "b=2; c=3"} }, func(s *loaders.Spec) {
			s.Requests[0].Headers = []scenarios.Header{{Name: "Cookie", Value: "a=1; b=2; c=3"}}
		}},
		{"credentials", func(o *adhoc.Flags) { o.BasicAuth = "u:p:q" }, func(s *loaders.Spec) {
			s.Requests[0].Headers = []scenarios.Header{{Name: "Authorization", Value: "Basic dTpwOnE="}}
		}},
		{"compressed", func(o *adhoc.Flags) { o.Compressed = true }, func(s *loaders.Spec) {
			s.Requests[0].Headers = []scenarios.Header{{Name: "Accept-Encoding", Value: "gzip, br"}}
			s.Requests[0].Expect.Encodings = []scenarios.Encoding{"gzip", "br", "identity"}
		}},
		{"compressed in one way", func(o *adhoc.Flags) { o.Compressed, o.Headers = true, []string{"accept-encoding: br"} }, func(s *loaders.Spec) {
			s.Requests[0].Headers = []scenarios.Header{{Name: "accept-encoding", Value: "br"}}
			s.Requests[0].Expect.Encodings = []scenarios.Encoding{"gzip", "br", "identity"}
		}},
		{"HTTP/1.0", func(o *adhoc.Flags) { o.HTTP10 = true }, func(s *loaders.Spec) { s.Requests[0].Version = "1.0" }},
		{"headers", func(o *adhoc.Flags) { o.Headers = []string{"A:b", "A: b", "E:", "Host: x"} }, func(s *loaders.Spec) {
			s.Requests[0].Headers = []scenarios.Header{{Name: "A", Value: "b"}, {Name: "A", Value: "b"}, {Name: "E"}, {Name: "Host", Value: "x"}}
		}},
		{"follow", func(o *adhoc.Flags) { o.Follow = true }, func(s *loaders.Spec) { s.Follow = true }},
		{"request id", func(o *adhoc.Flags) { o.RequestID = "X-Trace" }, func(s *loaders.Spec) { s.RequestID = "X-Trace" }},
		{"depth", func(o *adhoc.Flags) { o.Depth = 16 }, func(s *loaders.Spec) { s.Depth = 16 }},
		{"reconnect", func(o *adhoc.Flags) { o.ReconnectEvery = new(5) }, func(s *loaders.Spec) {
			s.Connection = scenarios.Connection{ReconnectEvery: 5, CloseWith: scenarios.FIN}
		}},
		{"rst", func(o *adhoc.Flags) { o.ReconnectEvery, o.RST = new(1), true }, func(s *loaders.Spec) {
			s.Connection = scenarios.Connection{ReconnectEvery: 1, CloseWith: scenarios.RST}
		}},
		{"expectations", func(o *adhoc.Flags) { o.ExpectStatus, o.ExpectBody = new(404), new("") }, func(s *loaders.Spec) {
			s.Requests[0].Expect = scenarios.Expect{Status: 404, Body: &scenarios.Body{}}
		}},
		{"any status", func(o *adhoc.Flags) { o.ExpectStatus = new(scenarios.AnyStatus) }, func(s *loaders.Spec) {
			s.Requests[0].Expect = scenarios.Expect{Status: scenarios.AnyStatus}
		}},
		{"literal texts", func(o *adhoc.Flags) { o.Headers, o.Literal = []string{"X: ${nothing}"}, true }, func(s *loaders.Spec) {
			s.Requests[0].Headers = []scenarios.Header{{Name: "X", Value: "${nothing}"}}
		}},
		{"timeouts", func(o *adhoc.Flags) { o.Timeout, o.ConnectTimeout, o.Drain = 1, 2, 3 }, func(s *loaders.Spec) {
			s.RequestTimeout, s.ConnectTimeout, s.Drain = 1, 2, 3
		}},
		{"unix", func(o *adhoc.Flags) { o.Unix = "/run/s" }, func(s *loaders.Spec) { s.Target.Network, s.Target.Address = "unix", "/run/s" }},
		{"proxy", func(o *adhoc.Flags) { o.Proxy = "10.9.9.9:3128" }, func(s *loaders.Spec) { s.Proxy = &loaders.Proxy{Address: "10.9.9.9:3128"} }},
		{"idle", func(o *adhoc.Flags) { o.Idle = loaders.Spin }, func(s *loaders.Spec) { s.Idle = loaders.Spin }},
		{"engine", func(o *adhoc.Flags) { o.Engine = loaders.Portable }, func(s *loaders.Spec) { s.Engine = loaders.Portable }},
	} {
		o := plain()
		c.set(&o)
		want := base
		want.Requests = append([]scenarios.Request(nil), base.Requests...)
		want.Phases = append([]loaders.Phase(nil), base.Phases...)
		c.expect(&want)
		if diff := cmp.Diff(want, spec(t, o, "http://10.0.0.1:8080/", "10.0.0.1")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
	}
}

func TestTargets(t *testing.T) {
	t.Parallel()
	o := plain()
	got := spec(t, o, "http://many.example:81/", "10.0.0.1", "10.0.0.2", "2001:db8::1").Target
	want := loaders.Target{
		Network: "tcp", Address: "10.0.0.1:81", Host: "many.example:81", More: []string{"10.0.0.2:81", "[2001:db8::1]:81"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	o.TLS = loaders.TLS{CAFile: "ca.pem", Resume: true}
	s := spec(t, o, "https://a.example/", "10.0.0.1")
	if s.Protocol != scenarios.H1S || *s.TLS != (loaders.TLS{ServerName: "a.example", CAFile: "ca.pem", Resume: true}) || s.Target.Address != "10.0.0.1:443" {
		t.Errorf("https: %+v, %+v", s, s.TLS)
	}
	o.TLS.ServerName = "b.example"
	if s = spec(t, o, "https://a.example/", "10.0.0.1"); s.TLS.ServerName != "b.example" {
		t.Errorf("--servername gave way: %+v", s.TLS)
	}
	o = plain()
	o.Proxy = "10.9.9.9:3128"
	if s = spec(t, o, "http://only.the.proxy.knows/"); s.Target.Address != "only.the.proxy.knows:80" {
		t.Errorf("behind a proxy: %+v", s.Target)
	}
}

func TestIdleStrategyFollowsTheProcessors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cpus       []int
		processors int
		want       loaders.IdleStrategy
	}{
		{[]int{1}, 2, loaders.Spin},
		{nil, 2, loaders.Hybrid},
		{nil, 1, loaders.Wait},
	} {
		o := plain()
		o.CPUs, o.Processors = c.cpus, c.processors
		if got := spec(t, o, "http://x/", "127.0.0.1").Idle; got != c.want {
			t.Errorf("pinned to %v of %d: %s, want %s", c.cpus, c.processors, got, c.want)
		}
	}
}

func TestHostAndCredentials(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		url     string
		headers []string
		want    string
	}{
		{"http://h/a?b=c#d", nil, "GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"http://h:80", nil, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"https://h:80?x", nil, "GET /?x HTTP/1.1\r\nHost: h:80\r\n\r\n"},
		{"https://h:443/", nil, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"http://[::1]:8080/", nil, "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"},
		{"http://[::1]/", nil, "GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n"},
		{"http://[fe80::1%25eth0]:8080/", nil, "GET / HTTP/1.1\r\nHost: [fe80::1]:8080\r\n\r\n"},
		{"http://h/a%2Fb|c", nil, "GET /a%2Fb%7Cc HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"http://h?a|b", nil, "GET /?a%7Cb HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"http://h/a//../%2e%2E/.%7e~?%2f%C3%a9=a+b&c='!$()*,;:@/?", nil, "GET /a//../%2e%2E/.%7e~?%2f%C3%a9=a+b&c='!$()*,;:@/? HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"http://h/é b?é b#é b", nil, "GET /%C3%A9%20b?%C3%A9%20b HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"http://h/\xe9?\xe9", nil, "GET /%E9?%E9 HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"http://h/%zz%4?100%&%", nil, "GET /%25zz%254?100%25&%25 HTTP/1.1\r\nHost: h\r\n\r\n"},
		{`http://h/"<>[\]^` + "`{|}?" + `"<>[\]^` + "`{|}", nil, "GET /%22%3C%3E%5B%5C%5D%5E%60%7B%7C%7D?%22%3C%3E%5B%5C%5D%5E%60%7B%7C%7D HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"http://h/?", nil, "GET /? HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"http://u:p@h?to=x@y", nil, "GET /?to=x@y HTTP/1.1\r\nHost: h\r\nAuthorization: Basic dTpw\r\n\r\n"},
		{"HTTP://h/a b", nil, "GET /a%20b HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"http://h/", []string{"host:other", "X-A:b"}, "GET / HTTP/1.1\r\nHost: other\r\nX-A: b\r\n\r\n"},
		{"http://u:p@h/", nil, "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Basic dTpw\r\n\r\n"},
		{"http://u:p@h/", []string{"authorization: mine"}, "GET / HTTP/1.1\r\nHost: h\r\nauthorization: mine\r\n\r\n"},
	} {
		o := plain()
		o.Headers = c.headers
		s := spec(t, o, c.url, "127.0.0.1")
		r, err := wire.Compile(&s.Requests[0], s.Target.Host)
		if err != nil {
			t.Fatal(err)
		}
		if string(r.Head) != c.want {
			t.Errorf("%s %q:\n%q, want\n%q", c.url, c.headers, r.Head, c.want)
		}
	}
}

func TestMalformedURLs(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"":                     "looks like http://host:port/path",
		"/":                    "looks like http://host:port/path",
		"127.0.0.1:8080/x":     "write http://127.0.0.1:8080/x",
		"localhost:8080":       "write http://localhost:8080",
		"//h/":                 "write http://h/",
		"u:s3cret@h:80/":       "write http://xxxxx@h:80/",
		"http://u:s3cret@h:0/": `URL "http://xxxxx@h:0/": port 0`,
		"ftp://h/":             `speaks http and https, not "ftp"`,
		"http://":              "names no host",
		"http:///path":         "names no host",
		"http://:8080/":        "names no host",
		"http://h:port/":       "invalid port",
		"http://h:0/":          "from 1 to 65535",
		"http://h:70000/":      "from 1 to 65535",
		"http://[::1/":         "malformed",
		"http://h\x7f/":        "malformed",
		"http://bücher.de/":    "xn--",
		"http://h/a\r\nX: y":   `malformed: it holds the control character '\r' at 10`,
		"http://h/?a\tb":       "malformed",
		"http://a b.example/":  "malformed",
		"http://%20.example/x": "malformed",
	} {
		if target, err := adhoc.ParseURL(url); err == nil {
			t.Errorf("%q was accepted: %+v", url, target)
		} else if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want one sentence with %q", url, err, want)
		}
	}
}

func TestFlagsRefused(t *testing.T) {
	t.Parallel()
	for want, set := range map[string]func(*adhoc.Flags){
		"-c 0: at least 1 connection":                      func(o *adhoc.Flags) { o.Connections = new(0) },
		"-c -3: at least 1 connection":                     func(o *adhoc.Flags) { o.Connections = new(-3) },
		"-t 0: at least 1 thread":                          func(o *adhoc.Flags) { o.Threads = new(0) },
		"-t 5 for 4 connections":                           func(o *adhoc.Flags) { o.Threads, o.Connections = new(5), new(4) },
		"-t 3 with 2 CPUs":                                 func(o *adhoc.Flags) { o.Threads, o.CPUs = new(3), []int{0, 1} },
		"--users 0: at least 1":                            func(o *adhoc.Flags) { o.Users = new(0) },
		"-t 3 for --users 2":                               func(o *adhoc.Flags) { o.Users, o.Threads = new(2), new(3) },
		"--users and --think are for closed loops":         func(o *adhoc.Flags) { o.Think, o.RateRPS = loaders.Think{From: 1, To: 1}, new(1.0) },
		"--ramp 0s: must be above 0":                       func(o *adhoc.Flags) { o.Users, o.Ramp = new(5), new(time.Duration(0)) },
		"--ramp -1s: must be above 0":                      func(o *adhoc.Flags) { o.Users, o.Ramp = new(5), new(-time.Second) },
		"--ramp 1s: say with --users how many":             func(o *adhoc.Flags) { o.Ramp = new(time.Second) },
		"with -R there are none: --ramp-to changes a rate": func(o *adhoc.Flags) { o.Ramp, o.RateRPS = new(time.Second), new(5.0) },
		"--ramp 11s is longer than the load of 10s":        func(o *adhoc.Flags) { o.Users, o.Ramp = new(5), new(11*time.Second) },
		"--ramp 6s is longer than the load of 5s": func(o *adhoc.Flags) {
			o.Users, o.Ramp, o.Duration, o.Warmup = new(5), new(6*time.Second), new(3*time.Second), new(2*time.Second)
		},
		"--rate-profile changes the rate of an open loop": func(o *adhoc.Flags) { o.Profile, o.Duration = profile(t, "sine"), new(time.Minute) },
		"--rate-profile is pressed into the time":         func(o *adhoc.Flags) { o.Profile, o.RateRPS = profile(t, "sine"), new(5.0) },
		"--ramp-to and --rate-profile are different": func(o *adhoc.Flags) {
			o.Profile, o.RateRPS, o.RampToRPS, o.Duration = profile(t, "sine"), new(5.0), new(9.0), new(time.Minute)
		},
		"with -R 5e+08: profile with a peak of 2.5e+09": func(o *adhoc.Flags) {
			o.Profile, o.RateRPS, o.Duration = profile(t, "spike"), new(5e8), new(time.Minute)
		},
		"-d 0s: must be above 0":                            func(o *adhoc.Flags) { o.Duration = new(time.Duration(0)) },
		"-d -1s: must be above 0":                           func(o *adhoc.Flags) { o.Duration = new(-time.Second) },
		"--http1.0 with --depth 2":                          func(o *adhoc.Flags) { o.HTTP10, o.Depth = true, 2 },
		"-n 0: at least 1 request":                          func(o *adhoc.Flags) { o.Requests = new(uint64(0)) },
		"--warmup -1s: must not be negative":                func(o *adhoc.Flags) { o.Warmup = new(-time.Second) },
		"-A and -H 'Authorization: …' both":                 func(o *adhoc.Flags) { o.BasicAuth, o.Headers = "u:p", []string{"authorization: x"} },
		"-A wants user:password":                            func(o *adhoc.Flags) { o.BasicAuth = "u" },
		"--cookie and -H 'Cookie: …' both":                  func(o *adhoc.Flags) { o.Cookies, o.Headers = []string{"a=b"}, []string{"Cookie: x"} },
		`--cookie "jar.txt": a cookie looks like`:           func(o *adhoc.Flags) { o.Cookies = []string{"jar.txt"} },
		`--form "=x": a field looks like`:                   func(o *adhoc.Flags) { o.Form = []string{"a=", "=x"} },
		"-k, --insecure is for TLS":                         func(o *adhoc.Flags) { o.TLS.Insecure = true },
		"-R 0: a rate above 0":                              func(o *adhoc.Flags) { o.RateRPS = new(0.0) },
		"-R -5: a rate above 0":                             func(o *adhoc.Flags) { o.RateRPS = new(-5.0) },
		"-R NaN: a rate above 0":                            func(o *adhoc.Flags) { o.RateRPS = new(math.NaN()) },
		"-R +Inf: a rate above 0":                           func(o *adhoc.Flags) { o.RateRPS = new(math.Inf(1)) },
		"-R 1e-09":                                          func(o *adhoc.Flags) { o.RateRPS = new(1e-9) },
		"--poisson says how":                                func(o *adhoc.Flags) { o.Poisson = true },
		"--ramp-to is where the rate":                       func(o *adhoc.Flags) { o.RampToRPS = new(5.0) },
		"--burst says how":                                  func(o *adhoc.Flags) { o.Burst = new(5) },
		"--burst 0: at least 1 request":                     func(o *adhoc.Flags) { o.RateRPS, o.Burst = new(1.0), new(0) },
		"--poisson and --burst are different":               func(o *adhoc.Flags) { o.RateRPS, o.Poisson, o.Burst = new(1.0), true, new(5) },
		"--ramp-to 1e+12":                                   func(o *adhoc.Flags) { o.RateRPS, o.RampToRPS = new(1.0), new(1e12) },
		"--ramp-to with -n alone":                           func(o *adhoc.Flags) { o.RateRPS, o.RampToRPS, o.Requests = new(1.0), new(2.0), new(uint64(9)) },
		"--shed-after is for open loops":                    func(o *adhoc.Flags) { o.ShedAfter = new(time.Second) },
		"--shed-after 0s: must be above 0":                  func(o *adhoc.Flags) { o.ShedAfter, o.RateRPS = new(time.Duration(0)), new(1.0) },
		"--depth 0: at least 1":                             func(o *adhoc.Flags) { o.Depth = 0 },
		"--reconnect 0: at least 1":                         func(o *adhoc.Flags) { o.ReconnectEvery = new(0) },
		"--rst says how --reconnect":                        func(o *adhoc.Flags) { o.RST = true },
		"--follow with --depth 2":                           func(o *adhoc.Flags) { o.Follow, o.Depth = true, 2 },
		"--expect-status 308 with --follow":                 func(o *adhoc.Flags) { o.Follow, o.ExpectStatus = true, new(308) },
		"--request-id=a b: a header's name is made":         func(o *adhoc.Flags) { o.RequestID = "a b" },
		"--request-id=host: that header has":                func(o *adhoc.Flags) { o.RequestID = "host" },
		"-H x-trace and --request-id=x-trace":               func(o *adhoc.Flags) { o.RequestID, o.Headers = "x-trace", []string{"X-Trace: 1"} },
		"--timeout 0s: must be above 0":                     func(o *adhoc.Flags) { o.Timeout = 0 },
		"--connect-timeout -1ns: must be above 0":           func(o *adhoc.Flags) { o.ConnectTimeout = -1 },
		"--drain 0s: must be above 0":                       func(o *adhoc.Flags) { o.Drain = 0 },
		"--idle doze: spin, gather, hybrid or wait":         func(o *adhoc.Flags) { o.Idle = "doze" },
		"--expect-status 100: a final status":               func(o *adhoc.Flags) { o.ExpectStatus = new(100) },
		"--expect-status 600: a final status":               func(o *adhoc.Flags) { o.ExpectStatus = new(600) },
		"--ca is for TLS":                                   func(o *adhoc.Flags) { o.TLS.CAFile = "x" },
		"--insecure is for TLS":                             func(o *adhoc.Flags) { o.TLS.Insecure = true },
		"--servername is for TLS":                           func(o *adhoc.Flags) { o.TLS.ServerName = "x" },
		"--resume is for TLS":                               func(o *adhoc.Flags) { o.TLS.Resume = true },
		"give one of them":                                  func(o *adhoc.Flags) { o.Unix, o.Proxy = "/s", "10.0.0.1:1" },
		`-H "nocolon": a header looks like`:                 func(o *adhoc.Flags) { o.Headers = []string{"nocolon"} },
		`-H ": v": the header has no name`:                  func(o *adhoc.Flags) { o.Headers = []string{": v"} },
		`-H "A : v": no space may stand`:                    func(o *adhoc.Flags) { o.Headers = []string{"A : v"} },
		`header name "A(" is not a token`:                   func(o *adhoc.Flags) { o.Headers = []string{"A(: v"} },
		"control character":                                 func(o *adhoc.Flags) { o.Headers = []string{"A: v\r\nB: c"} },
		"Host is given twice":                               func(o *adhoc.Flags) { o.Headers = []string{"Host: a", "host: b"} },
		"header Content-Length follows":                     func(o *adhoc.Flags) { o.Headers = []string{"Content-Length: 5"} },
		`method "GE T" is not a token`:                      func(o *adhoc.Flags) { o.Method = "GE T" },
		"method CONNECT asks for a tunnel":                  func(o *adhoc.Flags) { o.Method = "CONNECT" },
		"--depth 2 with a request that ends its connection": func(o *adhoc.Flags) { o.Depth, o.Headers = 2, []string{"Connection: close"} },
		`--expect-header "a b" is no condition`:             func(o *adhoc.Flags) { o.ExpectHeaders = []string{"a b"} },
		`--expect-json "a..b=1": a name is missing`:         func(o *adhoc.Flags) { o.ExpectJSON = []string{"a..b=1"} },
		`--expect-regex "(" is no regular expression`:       func(o *adhoc.Flags) { o.ExpectRegex = []string{"("} },
		"answers to HEAD have none":                         func(o *adhoc.Flags) { o.Method, o.ExpectRegex = "HEAD", []string{"x"} },
		"--latency-from first: send or connect":             func(o *adhoc.Flags) { o.LatencyFrom = "first" },
		"--latency-from connect is for closed loops":        func(o *adhoc.Flags) { o.LatencyFrom, o.RateRPS = loaders.FromConnect, new(5.0) },
		"--latency-from connect with --users":               func(o *adhoc.Flags) { o.LatencyFrom, o.Users = loaders.FromConnect, new(5) },
		"--latency-from connect with --follow":              func(o *adhoc.Flags) { o.LatencyFrom, o.Follow = loaders.FromConnect, true },
	} {
		o := plain()
		set(&o)
		_, err := o.Spec(parse(t, "http://127.0.0.1/"), []string{"127.0.0.1"})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one sentence with %q", err, want)
		}
	}
}

func TestTLSFlagsRefused(t *testing.T) {
	t.Parallel()
	for want, tls := range map[string]loaders.TLS{
		"--cert and --key belong together": {CertFile: "x"},
		"--insecure trusts everybody":      {Insecure: true, CAFile: "x"},
	} {
		o := plain()
		o.TLS = tls
		_, err := o.Spec(parse(t, "https://127.0.0.1/"), []string{"127.0.0.1"})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one sentence with %q", err, want)
		}
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	o := plain()
	o.Depth, o.Timeout, o.Poisson = 0, 0, true
	_, err := o.Spec(parse(t, "http://127.0.0.1/"), []string{"127.0.0.1"})
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("error %v, want three problems", err)
	}
}

// With a breakdown each connection looks a name up, unless others make the way to it.
func TestNamesToLookUp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		url  string
		set  func(*adhoc.Flags)
		want string
	}{
		{"http://joust.test/", func(o *adhoc.Flags) { o.Breakdown = true }, "joust.test"},
		{"http://joust.test/", func(*adhoc.Flags) {}, ""},
		{"http://[::1]/", func(o *adhoc.Flags) { o.Breakdown = true }, ""},
		{"http://joust.test/", func(o *adhoc.Flags) { o.Breakdown, o.Unix = true, "/s" }, ""},
		{"http://joust.test/", func(o *adhoc.Flags) { o.Breakdown, o.Proxy = true, "10.0.0.1:1" }, ""},
	} {
		o := plain()
		c.set(&o)
		if s := spec(t, o, c.url, "127.0.0.1"); s.Target.Name != c.want || s.Breakdown != o.Breakdown {
			t.Errorf("%s: name %q to look up, breakdown %v, want %q", c.url, s.Target.Name, s.Breakdown, c.want)
		}
	}
}

func TestParseProxy(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]adhoc.Proxy{
		"http://p:3128": {Name: "p", Port: "3128"}, "http://p:3128/": {Name: "p", Port: "3128"}, "http://[::1]:1": {Name: "::1", Port: "1"},
		"http://u:p@p:1":          {Name: "p", Port: "1", Authorization: "Basic dTpw"},
		"http://u@p:1":            {Name: "p", Port: "1", Authorization: "Basic dTo="},
		"http://u%40x:p%3Aw@p:1/": {Name: "p", Port: "1", Authorization: "Basic dUB4OnA6dw=="},
	} {
		if got, err := adhoc.ParseProxy(url); err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", url, got, err, want)
		}
	}
	for _, url := range []string{
		"p:3128", "https://p:1", "http://p", "http://:1", "http://p:0", "http://p:99999", "http://p:1/x", "http://p:1?x", "http://p:1#x", "",
		"http://u:s3cret@p", "http://u:s3cret@p:x", "http://u:s3%zzcret@p:1",
	} {
		got, err := adhoc.ParseProxy(url)
		if err == nil || !strings.Contains(err.Error(), "http://host:port") || strings.Contains(err.Error(), "cret") {
			t.Errorf("%q: %+v, %v, want an error with the form and without a password", url, got, err)
		}
	}
}

// Headers for the proxy are its own, and never the request's.
func TestHeadersForTheProxy(t *testing.T) {
	t.Parallel()
	o := plain()
	o.Headers = []string{"Connection: close", "Proxy-Connection: keep-alive", "proxy-authorization: mine", "TE: trailers", "Proxy-: x"}
	o.ProxyAuthorization = "Basic dTpw"
	for _, url := range []string{"http://10.0.0.1/", "https://10.0.0.1/"} {
		if s := spec(t, o, url, "10.0.0.1"); s.Proxy != nil || len(s.Requests[0].Headers) != len(o.Headers) {
			t.Errorf("%s without a proxy: %+v, headers %v", url, s.Proxy, s.Requests[0].Headers)
		}
		proxied := o
		proxied.Proxy = "10.9.9.9:3128"
		s := spec(t, proxied, url)
		own := []scenarios.Header{{Name: "Proxy-Connection", Value: "keep-alive"}, {Name: "proxy-authorization", Value: "mine"}}
		rest := []scenarios.Header{{Name: "Connection", Value: "close"}, {Name: "TE", Value: "trailers"}, {Name: "Proxy-", Value: "x"}}
		if diff := cmp.Diff(own, s.Proxy.Headers) + cmp.Diff(rest, s.Requests[0].Headers); diff != "" {
			t.Errorf("%s (-want +got)\n%s", url, diff)
		}
		proxied.Headers = nil
		own = []scenarios.Header{{Name: "Proxy-Authorization", Value: "Basic dTpw"}}
		if diff := cmp.Diff(own, spec(t, proxied, url).Proxy.Headers); diff != "" {
			t.Errorf("%s, credentials of the proxy's URL (-want +got)\n%s", url, diff)
		}
	}
}

// Every URL that is accepted makes a request that can be sent.
func FuzzParseURL(f *testing.F) {
	for _, url := range []string{"http://h/a?b#c", "https://u:p@[::1]:8443", "http://h:80", "h", "http://h/%41 \x80", "http://a%00b/"} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		target, err := adhoc.ParseURL(url)
		if err != nil {
			return
		}
		o := plain()
		s, err := o.Spec(target, []string{"127.0.0.1"})
		if err != nil {
			t.Fatalf("%q was accepted and makes no load: %v", url, err)
		}
		r, err := wire.Compile(&s.Requests[0], s.Target.Host)
		if err != nil || !strings.HasSuffix(string(r.Head), "\r\n\r\n") || strings.Count(string(r.Head), "\n") != strings.Count(string(r.Head), "\r\n") {
			t.Fatalf("%q: %q, %v", url, r.Head, err)
		}
	})
}
