package loaders

import (
	"slices"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// Targets returns the targets of the load by number.
func (s *Spec) Targets() []Target {
	list := []Target{s.Target}
	for i := range s.Hosts {
		list = append(list, s.Hosts[i].Target)
	}
	return list
}

// TLSOf returns the TLS of the target of that number, nil for plain text.
func (s *Spec) TLSOf(target int) *TLS {
	if target == 0 {
		return s.TLS
	}
	return s.Hosts[target-1].TLS
}

// Origin returns scheme, host and port of the target of that number, as a URL begins.
func (s *Spec) Origin(target int) string {
	scheme, host := "http://", s.Target.Host
	if s.TLSOf(target) != nil {
		scheme = "https://"
	}
	if target > 0 {
		host = s.Hosts[target-1].Host
	}
	return scheme + host
}

// HostWeights returns the sum of the weights of the requests of each target, at least 1.
func (s *Spec) HostWeights() []uint64 {
	weights := make([]uint64, 1+len(s.Hosts))
	for _, r := range s.EachRequest() {
		weights[r.Target] += uint64(max(1, r.Weight))
	}
	for i := range weights {
		weights[i] = max(1, weights[i])
	}
	return weights
}

// paced reports whether any phase is an open loop.
func (s *Spec) paced() bool {
	return slices.ContainsFunc(s.Phases, func(p Phase) bool { return p.paced() })
}

func (p *Phase) paced() bool { return p.Loop == results.OpenLoop }

// checkHosts refuses what does not go with several targets.
func (s *Spec) checkHosts(refuse func(bad bool, format string, args ...any)) {
	targets := 1 + len(s.Hosts)
	for i := range s.Requests {
		if to := s.Requests[i].Target; to < 0 || to >= targets {
			refuse(true, "request %q goes to target %d of %d: they count from 0", s.Requests[i].Name, to, targets)
			return
		}
	}
	if targets == 1 {
		return
	}
	for i := range s.Hosts {
		refuse(s.Hosts[i].Network != "tcp" || s.Hosts[i].Address == "", "target %d of several has no TCP address", i+1)
	}
	refuse(s.Target.Network != "tcp", "several hosts, the first of them on a socket of the network %q: they are reached by TCP", s.Target.Network)
	refuse(s.Proxy != nil, "several hosts through a proxy: load one host, or leave the proxy out")
	refuse(s.Connection.Together, "several hosts with connections that are made together: load one host")
	refuse(s.Rotation == scenarios.PerConnection, "several hosts with requests that change with the connection: users share the connections of several hosts")
	refuse(s.LatencyFrom == FromConnect, "several hosts with latency from connect: users find connections ready: leave it out")
	refuse(s.Connections < targets*s.Threads, "%d connections for %d hosts and %d threads: each thread needs one for each host, %d in all", s.Connections, targets, s.Threads, targets*s.Threads)
}
