package cpuset_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/harness/cpuset"
)

// kind is a number of like cores.
type kind struct{ cores, threads, capacity int }

// machine makes a topology on one socket. As on real machines the first
// threads of all cores come first, then the second ones.
func machine(kinds ...kind) cpuset.Topology { return sockets(1, kinds...) }

func sockets(n int, kinds ...kind) cpuset.Topology {
	var t cpuset.Topology
	var all []cpuset.CPU // one a core
	for pkg := range n {
		number := 0
		for _, k := range kinds {
			for range k.cores {
				all = append(all, cpuset.CPU{Package: pkg, Core: number, Capacity: k.capacity, Siblings: make([]int, k.threads)})
				number++
			}
		}
	}
	id := 0
	for thread := range 4 {
		for i := range all {
			if thread < len(all[i].Siblings) {
				all[i].Siblings[thread] = id
				c := all[i]
				c.ID = id
				t.CPUs = append(t.CPUs, c) // shares Siblings with its core
				id++
			}
		}
	}
	return t
}

func TestSplitAuto(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name           string
		topology       cpuset.Topology
		allowed        string // "" allows all
		server, loader string
		shared         bool
		note           string
	}{
		{name: "one", topology: machine(kind{1, 1, 0}), server: "0", loader: "0", shared: true, note: "only processor 0"},
		{name: "two", topology: machine(kind{2, 1, 0}), server: "0", loader: "1", note: "two processors: one for the server"},
		{name: "two threads of one core", topology: machine(kind{1, 2, 0}), server: "0-1", loader: "0-1", shared: true, note: "threads of one core"},
		{name: "three", topology: machine(kind{3, 1, 0}), server: "0", loader: "1-2", note: "odd core is the loader's"},
		{name: "four", topology: machine(kind{4, 1, 0}), server: "0-1", loader: "2-3"},
		{name: "two cores of two threads", topology: machine(kind{2, 2, 0}), server: "0,2", loader: "1,3"},
		{name: "three cores of two threads", topology: machine(kind{3, 2, 0}), server: "0,3", loader: "1-2,4-5", note: "odd core"},
		{name: "64", topology: machine(kind{64, 1, 0}), server: "0-31", loader: "32-63"},
		{name: "64 threads", topology: machine(kind{32, 2, 0}), server: "0-15,32-47", loader: "16-31,48-63"},
		{name: "two sockets", topology: sockets(2, kind{4, 1, 0}), server: "0-3", loader: "4-7"},
		{name: "four threads a core", topology: machine(kind{4, 4, 0}), server: "0-1,4-5,8-9,12-13", loader: "2-3,6-7,10-11,14-15"},
		{name: "hybrid", topology: machine(kind{2, 1, 1024}, kind{4, 1, 400}), server: "0,2-3", loader: "1,4-5", note: "2 kinds"},
		{name: "hybrid, threads on fast cores", topology: machine(kind{4, 2, 1024}, kind{4, 1, 600}), server: "0-1,4-5,8-9", loader: "2-3,6-7,10-11", note: "2 kinds"},
		{name: "hybrid, odd", topology: machine(kind{3, 1, 1024}, kind{3, 1, 400}), server: "0,3-4", loader: "1-2,5", note: "2 kinds"},
		{name: "one fast, one slow", topology: machine(kind{1, 1, 1024}, kind{1, 1, 400}), server: "1", loader: "0", note: "two processors"},
		{name: "some allowed", topology: machine(kind{8, 1, 0}), allowed: "2-3,6-7,900", server: "2-3", loader: "6-7"},
		{name: "one allowed", topology: machine(kind{8, 1, 0}), allowed: "5", server: "5", loader: "5", shared: true, note: "only processor 5"},
		{name: "half a core allowed", topology: machine(kind{2, 2, 0}), allowed: "0-1", server: "0", loader: "1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			allowed, err := cpuset.Parse(tt.allowed)
			if err != nil {
				t.Fatal(err)
			}
			for _, policy := range []string{"", cpuset.PolicyAuto} {
				s, err := cpuset.Split(tt.topology, allowed, policy)
				if err != nil {
					t.Fatal(err)
				}
				if cpuset.Format(s.Server) != tt.server || cpuset.Format(s.Loader) != tt.loader || s.Shared != tt.shared || !s.Pinned {
					t.Errorf("got %+v", s)
				}
				if !strings.Contains(s.Note, tt.note) {
					t.Errorf("note %q, want one with %q", s.Note, tt.note)
				}
			}
		})
	}
}

func TestSplitNone(t *testing.T) {
	t.Parallel()
	s, err := cpuset.Split(machine(kind{4, 1, 0}), nil, cpuset.PolicyNone)
	if err != nil || s.Pinned || !s.Shared || cpuset.Format(s.Server) != "0-3" || cpuset.Format(s.Loader) != "0-3" || !strings.Contains(s.Note, "not pinned") {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestSplitExplicit(t *testing.T) {
	t.Parallel()
	four, pairs := machine(kind{4, 1, 0}), machine(kind{2, 2, 0})
	tests := []struct {
		policy         string
		topology       cpuset.Topology
		server, loader string
		note           string
	}{
		{"server=0-1;loader=2-3", four, "0-1", "2-3", "as asked"},
		{" loader = 3 ; server = 0 ; ", four, "0", "3", "as asked"},
		{"server=0,2;loader=1,3", pairs, "0,2", "1,3", "as asked"},
		{"server=0-1;loader=2-3", pairs, "0-1", "2-3", "processors 0-3 are threads of cores that server and loader share"},
	}
	for _, tt := range tests {
		s, err := cpuset.Split(tt.topology, nil, tt.policy)
		if err != nil || cpuset.Format(s.Server) != tt.server || cpuset.Format(s.Loader) != tt.loader || s.Shared || !s.Pinned || !strings.Contains(s.Note, tt.note) {
			t.Errorf("%s: got %+v, %v", tt.policy, s, err)
		}
	}
}

func TestSplitRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		policy string
		want   []string
	}{
		{"all", []string{`"all" is not understood`, `"auto", "none" or "server=0-3;loader=4-7"`}},
		{"server=0", []string{"no processor for the loader"}},
		{"loader=0;server=", []string{"no processor for the server"}},
		{"server=0;server=1;loader=2", []string{"server= is given twice"}},
		{"client=0;loader=1", []string{`"client=0" is not understood`}},
		{"server=0-x;loader=1", []string{"server: ", `"x" is not the number`}},
		{"server=0-1;loader=1-2", []string{"1 given to both sides", `"none" for no pinning`}},
		{"server=0;loader=3", []string{"loader: processors 3 are not allowed; allowed are 0-2"}},
		{"server=0-1,8;loader=1,3", []string{"server: processors 8 do not exist", "there are 0-3", "not allowed", "both sides"}},
	}
	for _, tt := range tests {
		_, err := cpuset.Split(machine(kind{4, 1, 0}), []int{0, 1, 2}, tt.policy)
		if err == nil {
			t.Errorf("%s was accepted", tt.policy)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %q, want one with %q", tt.policy, err, want)
			}
		}
	}
	if _, err := cpuset.Split(cpuset.Topology{}, nil, cpuset.PolicyAuto); err == nil {
		t.Error("no processor at all was divided")
	}
	if _, err := cpuset.Split(machine(kind{2, 1, 0}), []int{7}, cpuset.PolicyAuto); err == nil || !strings.Contains(err.Error(), "none of those allowed (7) exists (0-1)") {
		t.Errorf("error %v", err)
	}
}

func TestSplitAutoLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var kinds []kind
		for i := range rapid.IntRange(1, 3).Draw(t, "kinds") {
			kinds = append(kinds, kind{
				cores:    rapid.IntRange(1, 12).Draw(t, fmt.Sprint("cores", i)),
				threads:  rapid.IntRange(1, 4).Draw(t, fmt.Sprint("threads", i)),
				capacity: 1024 >> i,
			})
		}
		topology := sockets(rapid.IntRange(1, 2).Draw(t, "sockets"), kinds...)
		allowed := rapid.SliceOfNDistinct(rapid.SampledFrom(topology.IDs()), 1, -1, rapid.ID[int]).Draw(t, "allowed")
		s, err := cpuset.Split(topology, allowed, cpuset.PolicyAuto)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(allowed)
		cores := map[string][]int{} // the allowed processors of each
		widest := 0
		for _, c := range topology.CPUs {
			if core := fmt.Sprint(c.Package, c.Core); slices.Contains(allowed, c.ID) {
				cores[core] = append(cores[core], c.ID)
				widest = max(widest, len(cores[core]))
			}
		}
		if s.Shared != (len(cores) == 1) {
			t.Fatalf("shared is %v with %d cores", s.Shared, len(cores))
		}
		if s.Shared {
			if !slices.Equal(s.Server, allowed) || !slices.Equal(s.Loader, allowed) || s.Note == "" {
				t.Fatalf("one core, but %+v of %v", s, allowed)
			}
			return
		}
		both := slices.Concat(s.Server, s.Loader)
		slices.Sort(both)
		if !slices.Equal(both, allowed) {
			t.Fatalf("%+v is not %v divided", s, allowed)
		}
		for core, threads := range cores {
			ofServer := func(id int) bool { return slices.Contains(s.Server, id) }
			ofLoader := func(id int) bool { return slices.Contains(s.Loader, id) }
			if slices.ContainsFunc(threads, ofServer) && slices.ContainsFunc(threads, ofLoader) {
				t.Fatalf("threads %v of core %s are on both sides of %+v", threads, core, s)
			}
		}
		if d := len(s.Server) - len(s.Loader); len(s.Server) == 0 || len(s.Loader) == 0 || d > widest || -d > widest {
			t.Fatalf("%d and %d processors, cores of at most %d threads", len(s.Server), len(s.Loader), widest)
		}
	})
}

func TestTopologyInWords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		topology cpuset.Topology
		want     string
	}{
		{machine(kind{1, 1, 0}), "1 socket, 1 core, 1 thread"},
		{sockets(2, kind{4, 2, 0}), "2 sockets, 8 cores, 16 threads"},
		{machine(kind{4, 2, 1024}, kind{8, 1, 600}), "1 socket, 12 cores, 16 threads, cores of 2 speeds"},
	}
	for _, tt := range tests {
		if got := tt.topology.String(); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
