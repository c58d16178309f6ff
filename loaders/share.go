package loaders

import "slices"

// Share names one of several loaders that make one load together.
type Share struct {
	// Index counts from 0; Of is how many there are. 0 of 0 makes all of it.
	Index int `json:"index"`
	Of    int `json:"of"`
}

// portion returns the number of this loader's things of n: as equal as they divide;
// the first loaders have one more.
func portion[N int | uint64](s Share, n N) N {
	part := n / N(s.Of)
	if N(s.Index) < n%N(s.Of) {
		part++
	}
	return part
}

// before returns the number of things, of n, that the loaders before this one have.
func (s Share) before(n int) int { return s.Index*(n/s.Of) + min(s.Index, n%s.Of) }

// Part returns the Spec of one of several loaders that make the load together. Their
// connections, users and counts add up to those of the whole, their arrivals make its
// schedule, and threads and CPUs are divided while each has one. Each has its own rows of
// data and its own numbers of counters. The loaders meet
// before every phase: all phases wait for an Adjustment, which gives each loader the
// rate of the whole and the length of the window.
func (s Spec) Part(share Share) Spec {
	if share.Of < 2 {
		return s
	}
	p := s
	p.Connections = portion(share, s.Connections)
	p.Threads = max(1, min(portion(share, s.Threads), p.Connections/(1+len(s.Hosts))))
	if s.Users > 0 {
		p.Users = portion(share, s.Users)
		p.Threads = max(1, min(p.Threads, p.Users))
	}
	p.CPUs = share.cpus(s.CPUs, p.Threads)
	if s.Threads < share.Of && (s.Idle == Spin || s.Idle == Gather) {
		p.Idle = Hybrid // loaders that poll on one CPU keep each other from working
	}
	p.Data, p.Flows, p.Place = s.Data.part(share), s.Flows.part(share), share
	p.Seed = s.Seed + uint64(share.Index)*seedStep
	p.Phases = slices.Clone(s.Phases)
	for i := range p.Phases {
		phase := &p.Phases[i]
		phase.Share, phase.Adjust = share, true
		phase.MinCompletions = 0
		if phase.Count > 0 {
			phase.Count = portion(share, phase.Count)
		}
	}
	return p
}

// seedStep is the distance of the seeds of two loaders: 2⁶⁴ ÷ the golden ratio.
const seedStep = 0x9e3779b97f4a7c15

// cpus returns the CPUs for the threads of the share: CPUs of its own where there are
// enough for all loaders, else one in turn.
func (s Share) cpus(all []int, threads int) []int {
	switch {
	case len(all) == 0:
		return nil
	case len(all) < s.Of:
		return []int{all[s.Index%len(all)]}
	}
	from := s.before(len(all))
	return all[from : from+threads]
}
