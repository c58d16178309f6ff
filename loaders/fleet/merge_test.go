package fleet_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/fleet"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// samples draws at least one duration in nanoseconds.
func samples(random *rand.Rand) []int64 {
	list := make([]int64, 1+random.IntN(30))
	for i := range list {
		list[i] = 1 + random.Int64N(1e10)
	}
	return list
}

// histogram records the values.
func histogram(t *testing.T, values []int64) *results.Histogram {
	t.Helper()
	var h record.Histogram
	for _, v := range values {
		h.Record(v)
	}
	r, err := h.Result()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// fill gives every count of the struct a value of its own, and every histogram
// some samples. It returns the counts and numbers of samples by the field's name.
func fill(t *testing.T, random *rand.Rand, v reflect.Value) map[string]uint64 {
	t.Helper()
	counts := map[string]uint64{}
	for i := range v.NumField() {
		field, name := v.Field(i), v.Type().Field(i).Name
		switch {
		case field.Kind() == reflect.Uint64:
			counts[name] = random.Uint64N(1e12)
			field.SetUint(counts[name])
		case field.Type() == reflect.TypeFor[*results.Histogram]():
			values := samples(random)
			counts[name] = uint64(len(values))
			field.Set(reflect.ValueOf(histogram(t, values)))
		}
	}
	return counts
}

// counted returns the same numbers of a merged struct.
func counted(v reflect.Value) map[string]uint64 {
	counts := map[string]uint64{}
	for i := range v.NumField() {
		field, name := v.Field(i), v.Type().Field(i).Name
		switch {
		case field.Kind() == reflect.Uint64:
			counts[name] = field.Uint()
		case field.Type() == reflect.TypeFor[*results.Histogram]() && !field.IsNil():
			counts[name] = field.Interface().(*results.Histogram).Count
		}
	}
	return counts
}

// No count and no sample is lost, whatever fields there are.
func TestMergeAddsEveryCount(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 4 {
		want := [3]map[string]uint64{{}, {}, {}}
		parts := make([]results.Report, n+1)
		for i := range parts {
			p := results.Phase{Name: "open", Loop: results.OpenLoop, Rate: &results.RateReport{}}
			for k, part := range []any{&p, &p.Total, p.Rate} {
				for name, count := range fill(t, random, reflect.ValueOf(part).Elem()) {
					want[k][name] += count
				}
			}
			p.Groups = map[string]results.Group{"a": p.Total}
			parts[i].Phases = []results.Phase{p}
		}
		all, err := fleet.Merge(loaders.Spec{}, parts)
		if err != nil {
			t.Fatal(err)
		}
		p := &all.Phases[0]
		for k, part := range []any{*p, p.Total, *p.Rate} {
			got := counted(reflect.ValueOf(part))
			for name, count := range want[k] {
				if got[name] != count {
					t.Errorf("%d loaders: %T.%s is %d, want %d", len(parts), part, name, got[name], count)
				}
			}
		}
		if p.Groups["a"].Completed != p.Total.Completed {
			t.Errorf("%d loaders: the group has %d of %d", len(parts), p.Groups["a"].Completed, p.Total.Completed)
		}
	}
}

// A merged histogram is that of all samples.
func TestMergedHistogramIsThatOfAllSamples(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for n := range 4 {
		var all []int64
		var parts []results.Report
		for range n + 1 {
			values := samples(random)
			all = append(all, values...)
			parts = append(parts, results.Report{Phases: []results.Phase{{Total: results.Group{Service: histogram(t, values)}}}})
		}
		merged, err := fleet.Merge(loaders.Spec{}, parts)
		if err != nil {
			t.Fatal(err)
		}
		got, want := merged.Phases[0].Total.Service, histogram(t, all)
		if got.Count != want.Count || got.MinNS != want.MinNS || got.MaxNS != want.MaxNS || math.Abs(got.MeanNS/want.MeanNS-1) > 1e-12 {
			t.Errorf("%d loaders: %+v, want %+v", len(parts), got, want)
		}
		a, errA := stats.Decode(got)
		b, errB := stats.Decode(want)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		for q := 0.0; q <= 1; q += 0.05 {
			if a.Quantile(q) != b.Quantile(q) {
				t.Errorf("%d loaders: quantile %v is %d, want %d", len(parts), q, a.Quantile(q), b.Quantile(q))
			}
		}
	}
}

// A merged bound is the smallest one that is not absent. All threads are listed, and
// the slowest requests are those of all.
func TestMergeOfOtherFields(t *testing.T) {
	t.Parallel()
	stall := int64(5)
	part := func(bound, slow int64, work float64) results.Report {
		return results.Report{
			Threads: 1, Users: 2, ConnectionsAsked: 4, ConnectionsOpen: 3, Warnings: []string{"w"},
			Phases: []results.Phase{{
				UnansweredFromNS: bound, StallNS: &stall, MinConnectionsOpen: 3, GoneNS: bound * 1e9,
				Threads:         []results.ThreadUse{{Work: work}},
				Slowest:         []results.SlowRequest{{EndNS: slow}},
				Timeline:        []results.Interval{{AtNS: 1, Completed: 2, Users: new(1)}, {AtNS: 2, Completed: 4, Users: new(2)}},
				RequestsPerUser: &results.PerUser{Users: 2, Min: uint64(slow), Max: 90, Mean: 80},
			}},
		}
	}
	short := part(0, 70, 0.2)
	short.Phases[0].Timeline = short.Phases[0].Timeline[:1]
	short.Phases[0].FirstUnfollowed = &results.Redirect{Status: 302, URL: "http://h/b"}
	all, err := fleet.Merge(loaders.Spec{Seed: 7}, []results.Report{part(9, 50, 0.9), short, part(4, 60, 0.5)})
	if err != nil {
		t.Fatal(err)
	}
	p := &all.Phases[0]
	if all.Seed != 7 || all.Threads != 3 || all.ThreadsUsed != 0 || all.ConnectionsAsked != 12 || all.ConnectionsOpen != 9 || len(all.Warnings) != 3 {
		t.Errorf("the report is %+v", all)
	}
	if p.UnansweredFromNS != 4 || *p.StallNS != 15 || p.MinConnectionsOpen != 9 || len(p.Threads) != 3 || p.Threads[1].Work != 0.2 {
		t.Errorf("the phase is %+v", p)
	}
	if s := p.Slowest; len(s) != 3 || s[0].EndNS != 70 || s[0].Thread != 1 || s[2].EndNS != 50 {
		t.Errorf("the slowest are %+v", s)
	}
	if r := p.FirstUnfollowed; r == nil || r.Status != 302 {
		t.Errorf("the first redirect that nobody followed is %+v", r)
	}
	if n := p.RequestsPerUser; all.Users != 6 || n == nil || n.Users != 6 || n.Min != 50 || n.Max != 90 || n.Mean != 80 {
		t.Errorf("%d users, requests of each %+v", all.Users, n)
	}
	if l := p.Timeline; len(l) != 1 || l[0].Completed != 6 || l[0].Users == nil || *l[0].Users != 3 {
		t.Errorf("the timeline is %+v", l)
	}
	if p.GoneNS != 0 {
		t.Errorf("the server was gone for %d ns, though one loader had it", p.GoneNS)
	}
	first, second := part(9, 50, 0.9), part(9, 50, 0.9)
	first.Phases[0].GoneNS, second.Phases[0].GoneNS = 5e9, 3e9
	if all, err = fleet.Merge(loaders.Spec{Seed: 7}, []results.Report{first, second}); err != nil || all.Phases[0].GoneNS != 3e9 {
		t.Errorf("the server was gone for %d ns, %v; want 3 s, for which no loader had it", all.Phases[0].GoneNS, err)
	}
}

// Loaders that ended early, or that have merged their segments in pairs, divide the window
// as the coarsest of them.
func TestMergeOfSegments(t *testing.T) {
	t.Parallel()
	type piece = [3]int64 // from and to in the window, and the number completed
	for _, c := range []struct {
		name        string
		parts, want [][3]int64
		of          []int // the number of pieces of each part
	}{
		{"alike", []piece{{0, 10, 1}, {10, 20, 2}, {0, 10, 4}, {10, 20, 8}}, []piece{{0, 10, 5}, {10, 20, 10}}, []int{2, 2}},
		{"one ends early", []piece{{0, 10, 1}, {10, 20, 2}, {20, 30, 4}, {0, 10, 8}, {10, 13, 16}}, []piece{{0, 10, 9}, {10, 20, 18}, {20, 30, 4}}, []int{3, 2}},
		{"one in pairs", []piece{{0, 10, 1}, {10, 20, 2}, {20, 25, 4}, {0, 20, 8}, {20, 25, 16}}, []piece{{0, 20, 11}, {20, 25, 20}}, []int{3, 2}},
		{"one has none", []piece{{0, 10, 1}}, []piece{{0, 10, 1}}, []int{1, 0}},
		{"nobody has any", nil, nil, []int{0, 0}},
	} {
		users := 3
		var parts []results.Report
		for i, n := range c.of {
			begin := int64(1000 * i) // the clock of another loader
			p := results.Phase{T0NS: begin, T1NS: begin}
			for _, s := range c.parts[:n] {
				p.T1NS = begin + s[1]
				p.Segments = append(p.Segments, results.Segment{FromNS: begin + s[0], ToNS: begin + s[1], Completed: uint64(s[2]), Users: &users})
			}
			c.parts = c.parts[n:]
			parts = append(parts, results.Report{Phases: []results.Phase{p}})
		}
		all, err := fleet.Merge(loaders.Spec{}, parts)
		if err != nil {
			t.Fatal(err)
		}
		var got []piece
		for _, s := range all.Phases[0].Segments {
			got = append(got, piece{s.FromNS, s.ToNS, int64(s.Completed)})
		}
		if !slices.EqualFunc(got, c.want, func(a, b piece) bool { return a[2] == b[2] }) {
			t.Errorf("%s: the segments are %v, want %v", c.name, got, c.want)
		}
	}
}
