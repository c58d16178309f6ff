package adhoc

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// mostGroups is how many URLs a report may tell apart. Each has histograms on every
// thread.
const mostGroups = 1000

// bySegment says how requests are put into groups where there are too many URLs.
const bySegment = "host and first path segment"

// others is the group of all that have none of their own.
const others = "others"

// Hosts returns the scheme, host and port of the URLs, each once: those of https first,
// and else in the order in which they come. Their paths are empty.
func (u *URLs) Hosts() []URL {
	var list []URL
	seen := map[string]bool{}
	for i := range u.origins {
		if key := hostKey(&u.origins[i]); !seen[key] {
			seen[key] = true
			host := u.origins[i]
			host.Authorization = ""
			list = append(list, host)
		}
	}
	slices.SortStableFunc(list, func(a, b URL) int {
		switch {
		case a.TLS == b.TLS:
			return 0
		case a.TLS:
			return -1
		}
		return 1
	})
	return list
}

// hostKey is the same text for two URLs of one host.
func hostKey(u *URL) string {
	return fmt.Sprint(u.TLS, " ", net.JoinHostPort(strings.ToLower(u.Name), u.Port))
}

// Origin returns the scheme, host and port as a URL begins.
func (u *URL) Origin() string {
	if u.TLS {
		return "https://" + u.Host
	}
	return "http://" + u.Host
}

// Many is a load of flags on many URLs, checked but for the addresses of its hosts.
type Many struct {
	flags *Flags
	urls  *URLs
	hosts []URL
	// requests are those whose variants the URLs are; numbers has the number of each by
	// those of origin and settings.
	requests  []scenarios.Request
	numbers   map[[2]int32]int32
	variants  *loaders.Variants
	groupedBy string
}

// Many returns the load of the flags on many URLs. The flags that describe the request hold
// for each URL whose line says nothing else. The error holds every problem at once, in the
// words of the flags and with the numbers of lines.
func (f *Flags) Many(u *URLs) (*Many, error) {
	own := *f
	few := len(u.settings) // unless several hosts share them
	m := &Many{flags: &own, urls: u, hosts: u.Hosts(), requests: make([]scenarios.Request, 0, few), numbers: make(map[[2]int32]int32, few)}
	own.spread(len(m.hosts))
	if err := own.checkHosts(m.hosts); err != nil {
		return nil, err
	}
	if _, err := m.base([]string{"127.0.0.1"}); err != nil {
		return nil, err
	}
	return m, m.ask()
}

// base returns the load on the first host alone, with a request that Spec replaces: it
// uses the data, which only the lines may do.
func (m *Many) base(addresses []string) (loaders.Spec, error) {
	first := m.hosts[0]
	first.Path = "/"
	if d := m.flags.Data; d != nil {
		first.Path += pieces.Begin + d.Columns[0] + "}"
	}
	return m.flags.Spec(first, addresses)
}

// Spec returns the load. addresses has those of each of the URLs' Hosts, as Flags.Spec has
// them.
func (m *Many) Spec(addresses [][]string) (loaders.Spec, error) {
	spec, err := m.base(addresses[0])
	if err != nil {
		return spec, err
	}
	spec.Hosts = m.flags.further(m.hosts, addresses)
	spec.Requests, spec.Variants, spec.GroupedBy, spec.Rotation = m.requests, m.variants, m.groupedBy, m.rotation()
	spec.SendBuffer = 0 // that of the request that is replaced
	spec = spec.WithDefaults()
	if err := spec.Validate(); err != nil {
		return spec, err
	}
	return spec, pieces.Check(&spec)
}

// further returns all hosts but the first.
func (f *Flags) further(hosts []URL, addresses [][]string) []loaders.Host {
	var list []loaders.Host
	for i := range hosts[1:] {
		host := &hosts[i+1]
		further := loaders.Host{Target: f.target(*host, addresses[i+1])}
		if host.TLS {
			tls := f.TLS
			tls.ServerName = cmp.Or(tls.ServerName, host.Name)
			further.TLS = &tls
		}
		list = append(list, further)
	}
	return list
}

// spread gives connections and threads that are not given numbers at which each thread has
// a connection to each host.
func (f *Flags) spread(hosts int) {
	if f.Connections == nil && f.connections() < hosts {
		f.Connections = &hosts
	}
	if f.Threads == nil {
		threads := max(1, min(f.threads(), f.connections()/hosts))
		f.Threads = &threads
	}
}

// checkHosts refuses flags that do not go with several hosts.
func (f *Flags) checkHosts(hosts []URL) error {
	n := len(hosts)
	if n == 1 {
		return nil
	}
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	least := n * max(1, given(f.Threads, 1))
	refuse(f.connections() > 0 && f.connections() < least, "-c %d with %d hosts and %s: each thread has a connection to each host: ask for -c %d or more, or for fewer threads with -t", f.connections(), n, results.Counted(given(f.Threads, 1), "thread"), least)
	refuse(f.Proxy != "", "--proxy with %d hosts: a load through a proxy has one host: load them one by one", n)
	refuse(f.Unix != "", "--unix with %d hosts: a socket leads to one host: load them one by one", n)
	refuse(f.TLS.ServerName != "" && hosts[1].TLS, "--servername with several hosts of https: each is verified by its own name: leave it out, or load them one by one")
	refuse(f.LatencyFrom == loaders.FromConnect, "--latency-from connect with %d hosts: users find connections ready: leave it out, or load them one by one", n)
	return errors.Join(errs...)
}

// ask makes the request of each URL.
func (m *Many) ask() error {
	m.variants = &loaders.Variants{List: make([]loaders.Variant, len(m.urls.list))}
	var errs []error
	for i := range m.urls.list {
		a := &m.urls.list[i]
		of, err := m.variantOf(a)
		if err != nil {
			if errs = append(errs, err); len(errs) == mostBadLines {
				break
			}
			continue
		}
		m.variants.List[i] = loaders.Variant{
			Path: busted(a.path, m.flags.Bust), Body: a.body, Of: of, Weight: max(1, a.weight),
			Pieces: m.flags.usesPieces() && pieces.Has(a.path),
		}
	}
	if len(errs) == 0 {
		m.name()
	}
	return errors.Join(errs...)
}

// variantOf returns the number of the request whose variants all URLs with this one's
// origin and settings are.
func (m *Many) variantOf(a *asking) (int32, error) {
	key := [2]int32{a.origin, a.settings}
	if of, made := m.numbers[key]; made {
		return of, nil
	}
	u := m.urls.origins[a.origin]
	u.Path = "/"
	f := m.flags.with(&m.urls.settings[a.settings], a.body)
	r, err := f.request(u)
	if err != nil && a.line > 0 {
		return 0, fmt.Errorf("line %d: %w", a.line, err)
	}
	if err != nil {
		return 0, err
	}
	if f.Proxy != "" {
		f.proxy(&r)
	}
	r.Target = slices.IndexFunc(m.hosts, func(h URL) bool { return hostKey(&h) == hostKey(&u) })
	of := int32(len(m.requests))
	m.requests = append(m.requests, r)
	m.numbers[key] = of
	return of, nil
}

// with returns the flags with the settings of a line, and its body where these say that it
// has one of its own, in place of their own.
func (f *Flags) with(s *URLSettings, body string) *Flags {
	own := *f
	own.Method = cmp.Or(s.Method, f.Method)
	if s.Status != 0 {
		own.ExpectStatus = &s.Status
	}
	if s.Body != nil || s.OwnBody {
		own.Body, own.Form, own.JSON = cmp.Or(s.Body, &body), nil, s.BodyType == scenarios.JSONType
	}
	if len(s.Headers) > 0 {
		own.Headers = nil
		for _, h := range s.Headers {
			own.Headers = append(own.Headers, h.Name+": "+h.Value)
			own.dropFor(h.Name)
		}
		for _, line := range f.Headers {
			if name, _, _ := strings.Cut(line, ":"); !hasField(s.Headers, name) {
				own.Headers = append(own.Headers, line)
			}
		}
	}
	return &own
}

// dropFor drops the flags that make the field of that name.
func (f *Flags) dropFor(name string) {
	switch {
	case strings.EqualFold(name, "Authorization"):
		f.BasicAuth = ""
	case strings.EqualFold(name, "Cookie"):
		f.Cookies = nil
	}
}

// rotation returns the order in which the requests are taken.
func (m *Many) rotation() scenarios.Rotation {
	list := m.variants.List
	if slices.ContainsFunc(list, func(v loaders.Variant) bool { return v.Weight != list[0].Weight }) {
		return scenarios.Weighted
	}
	return scenarios.InTurn
}

// name names the groups of the requests: each name is one, unless there are too many.
func (m *Many) name() {
	numbers := map[string]int32{}
	for i := range m.variants.List {
		name := m.nameOf(i)
		at, known := numbers[name]
		if !known {
			if len(numbers) == mostGroups {
				m.groupedBy = bySegment
				m.group()
				return
			}
			at = int32(len(numbers))
			numbers[name] = at
			m.variants.Groups = append(m.variants.Groups, name)
		}
		m.variants.List[i].Group = at
	}
}

// requestOf returns the request whose variant the i-th URL is.
func (m *Many) requestOf(i int) *scenarios.Request { return &m.requests[m.variants.List[i].Of] }

// nameOf returns the name of the i-th request in results: method and URL, without a host
// where there is one.
func (m *Many) nameOf(i int) string {
	r := m.requestOf(i)
	return r.Method + " " + m.begins(r.Target) + m.urls.list[i].path
}

// begins returns the begin of the URLs of a target, nothing where there is one.
func (m *Many) begins(target int) string {
	if len(m.hosts) == 1 {
		return ""
	}
	return m.hosts[target].Origin()
}

// segment is a group of requests: all paths of a target with the same first segment.
type segment struct {
	target int
	path   string
}

// segmentOf returns the group of the i-th request.
func (m *Many) segmentOf(i int) segment {
	path := m.urls.list[i].path
	if end := strings.IndexAny(path[1:], "/?"); end >= 0 {
		path = path[:1+end]
	}
	return segment{m.requestOf(i).Target, path}
}

// group puts the requests into groups by host and first path segment. Where there are too
// many groups, those of the least weight make one.
func (m *Many) group() {
	list := m.variants.List
	weights := map[segment]int{}
	for i := range list {
		weights[m.segmentOf(i)] += int(list[i].Weight)
	}
	ranked := slices.SortedFunc(maps.Keys(weights), func(a, b segment) int {
		return cmp.Or(cmp.Compare(weights[b], weights[a]), cmp.Compare(a.target, b.target), cmp.Compare(a.path, b.path))
	})
	rest := int32(len(ranked))
	if len(ranked) > mostGroups {
		rest = mostGroups - 1
	}
	numbers, names := map[segment]int32{}, []string(nil)
	for n, s := range ranked[:rest] {
		numbers[s] = int32(n)
		names = append(names, m.begins(s.target)+s.path)
	}
	if int(rest) < len(ranked) {
		names = append(names, others)
	}
	for i := range list {
		at, known := numbers[m.segmentOf(i)]
		if !known {
			at = rest
		}
		list[i].Group = at
	}
	m.variants.Groups = names
}
