package adhoc_test

import (
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/results"
)

// load is the part of a Spec that a search changes.
type load struct {
	users, connections, threads int
	rate                        float64
}

func loadOf(s loaders.Spec) load {
	return load{s.Users, s.Connections, s.Threads, s.Phases[len(s.Phases)-1].RateRPS}
}

// Each step is a load of its own: what is sought has the step's value, and all else is as
// the flags say.
func TestTheStepsOfASearch(t *testing.T) {
	t.Parallel()
	const url = "http://127.0.0.1:8080"
	for name, c := range map[string]struct {
		of           results.Sought
		change       func(*adhoc.Flags)
		first, later load
	}{
		"users have a connection each":  {results.SoughtUsers, func(*adhoc.Flags) {}, load{10, 10, 2, 0}, load{320, 320, 2, 0}},
		"users share given connections": {results.SoughtUsers, func(f *adhoc.Flags) { f.Connections = new(50) }, load{10, 50, 2, 0}, load{320, 50, 2, 0}},
		"one user has one thread":       {results.SoughtUsers, func(f *adhoc.Flags) { f.Find.From = new(1.0) }, load{1, 1, 1, 0}, load{320, 320, 2, 0}},
		"connections":                   {results.SoughtConnections, func(*adhoc.Flags) {}, load{0, 10, 2, 0}, load{0, 320, 2, 0}},
		"rates":                         {results.SoughtRate, func(f *adhoc.Flags) { f.Poisson = true }, load{0, 64, 2, 100}, load{0, 64, 2, 320}},
		"rates from another one":        {results.SoughtRate, func(f *adhoc.Flags) { f.Find.From = new(0.5) }, load{0, 64, 2, 0.5}, load{0, 64, 2, 320}},
	} {
		f := plain()
		f.Find = adhoc.Find{Of: c.of, Step: new(3 * time.Second)}
		c.change(&f)
		first, later := spec(t, f, url, "127.0.0.1"), spec(t, *f.At(320), url, "127.0.0.1")
		if got := [2]load{loadOf(first), loadOf(later)}; got != [2]load{c.first, c.later} {
			t.Errorf("%s: %+v, want %+v and %+v", name, got, c.first, c.later)
		}
		if p := first.Phases[1]; p.Duration != 3*time.Second || !p.Measured || p.Count != 0 {
			t.Errorf("%s: a step is %+v", name, p)
		}
	}
	f := adhoc.Find{Of: results.SoughtRate}
	if from, to, factor := f.Bounds(); from != 100 || to != 1e6 || factor != 2 || f.StepTime() != 30*time.Second {
		t.Errorf("from %v to %v by %v in %v", from, to, factor, f.StepTime())
	}
}

func TestWrongSearches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		of     results.Sought
		change func(*adhoc.Flags)
		says   string
	}{
		{"threads", func(*adhoc.Flags) {}, "--find threads: users, rate or connections"},
		{"", func(f *adhoc.Flags) { f.Find.Step = new(time.Second) }, "are for a search: say with --find"},
		{"users", func(f *adhoc.Flags) { f.Users = new(5) }, "--users with --find users"},
		{"users", func(f *adhoc.Flags) { f.RateRPS = new(5.0) }, "-R with --find users"},
		{"rate", func(f *adhoc.Flags) { f.RateRPS = new(5.0) }, "-R with --find rate"},
		{"rate", func(f *adhoc.Flags) { f.RampToRPS = new(5.0) }, "--ramp-to with --find rate"},
		{"rate", func(f *adhoc.Flags) { f.Profile = &loaders.Profile{} }, "--rate-profile with --find rate"},
		{"users", func(f *adhoc.Flags) { f.Ramp = new(time.Second) }, "--ramp with --find"},
		{"rate", func(f *adhoc.Flags) { f.Users = new(5) }, "--users with --find rate"},
		{"connections", func(f *adhoc.Flags) { f.Connections = new(5) }, "-c with --find connections"},
		{"connections", func(f *adhoc.Flags) { f.Users = new(5) }, "--users with --find connections"},
		{"connections", func(f *adhoc.Flags) { f.RateRPS = new(5.0) }, "-R with --find connections"},
		{"users", func(f *adhoc.Flags) { f.Find.From = new(0.0) }, "--find-from 0: a whole number of users above 0 is needed"},
		{"connections", func(f *adhoc.Flags) { f.Find.From = new(1.5) }, "--find-from 1.5: a whole number of connections above 0 is needed"},
		{"rate", func(f *adhoc.Flags) { f.Find.To = new(-1.0) }, "--find-to -1: a rate above 0 in requests per second is needed"},
		{"users", func(f *adhoc.Flags) { f.Find.From, f.Find.To = new(20.0), new(10.0) }, "the first load is greater than the greatest"},
		{"users", func(f *adhoc.Flags) { f.Find.Factor = new(1.0) }, "a factor from 1.1 to 1000 is needed"},
		{"users", func(f *adhoc.Flags) { f.Find.Step = new(time.Duration(0)) }, "--step 0s: must be above 0"},
		{"users", func(f *adhoc.Flags) { f.Duration = new(time.Second) }, "-d with --find"},
		{"users", func(f *adhoc.Flags) { f.Requests = new(uint64(5)) }, "-n with --find"},
		{"users", func(f *adhoc.Flags) { f.Threads = new(11) }, "-t 11 for 10 connections"},
	} {
		f := plain()
		f.Find.Of = c.of
		c.change(&f)
		if _, err := f.Spec(parse(t, "http://127.0.0.1"), []string{"127.0.0.1"}); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("--find %q: %v, want %q", c.of, err, c.says)
		}
	}
	f := plain()
	f.Find, f.Duration = adhoc.Find{Of: "users", Factor: new(0.5), Step: new(-time.Second)}, new(time.Second)
	if _, err := f.Spec(parse(t, "http://127.0.0.1"), nil); err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("not every problem at once: %v", err)
	}
}
