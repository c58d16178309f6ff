// Package flowfile reads and writes flow files: ordered steps through which users walk, with
// texts that are taken out of answers, conditions, pauses, data rows, and a mix of flows. It
// is pure: the caller opens the files that a flow file names.
package flowfile

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// MostBytes is the size of the largest flow file.
const MostBytes = 16 << 20

// Is reports whether the text may be a flow file, and no plan: it has a list of flows.
func Is(text []byte) bool {
	return bytes.HasPrefix(text, []byte("flows:")) || bytes.Contains(text, []byte("\nflows:"))
}

// Open returns the content of a file that a flow file names.
type Open func(name string) (string, error)

// Parse reads the flow file of that name. base, where it is not empty, replaces the base of
// the file. An error of type strictyaml.Problems holds all mistakes with their lines.
func Parse(name string, text []byte, base string, open Open) (*adhoc.Walk, error) {
	var keys fileKeys
	r := &reader{doc: strictyaml.DecodeUpTo(MostBytes, name, text, &keys), keys: &keys, open: open}
	r.base(base)
	r.sets()
	r.variables()
	r.mix()
	r.setup()
	for i := range keys.Flows {
		r.out.Flows.List = append(r.out.Flows.List, r.flow(&keys.Flows[i], fmt.Sprintf("flows[%d]", i)))
	}
	r.markHeaders()
	r.load()
	r.doc.ReportIf(len(keys.Flows) == 0, "flows", "no flow: the file needs a list under the key flows, each with steps")
	steps := 0
	for i := range keys.Flows {
		steps += len(keys.Flows[i].Steps)
	}
	r.doc.ReportIf(steps > loaders.MostSteps, "flows", "%d steps: at most %d are possible", steps, loaders.MostSteps)
	if err := r.doc.Problems().Err(); err != nil {
		return nil, err
	}
	r.out.Arrange()
	return &r.out, nil
}

// reader makes a load of a file, and reports its mistakes.
type reader struct {
	doc  *strictyaml.Document
	keys *fileKeys
	open Open
	out  adhoc.Walk
	// origin is the base without its path, prefix that path.
	origin, prefix string
	// baseless is true once a path was found to need a base.
	baseless bool
	// columns are those of loaders.Flows without the cookie jar.
	columns []string
	// places has the number of each host by its origin.
	places map[string]int
	// names are those of the flows.
	names []string
	// shared are the variables that the setup captures, headed those that headers hold.
	shared, headed []string
}

// base reads the base of paths.
func (r *reader) base(given string) {
	text, at := given, ""
	if given == "" {
		text, at = r.keys.Base, "base"
	}
	r.places = map[string]int{}
	if text == "" {
		return
	}
	u, err := adhoc.ParseURL(text)
	switch {
	case err != nil:
		r.doc.Report(at, "base: %v", err)
	case strings.ContainsAny(u.Path, "?#") || pieces.Has(text):
		r.doc.Report(at, "base: %q has more than a scheme, a host and a path: leave out the rest", text)
	default:
		scheme, rest, _ := strings.Cut(text, "://")
		host, _, _ := strings.Cut(rest, "/")
		r.origin, r.prefix = scheme+"://"+host, strings.TrimRight(u.Path, "/")
	}
}

// sets reads the data sets.
func (r *reader) sets() {
	for _, set := range r.keys.Data {
		at := "data." + set.name
		d, err := r.rows(set)
		if err != nil {
			r.doc.Report(at, "%s: %v", at, err)
			continue
		}
		if set.Take != "" && !slices.Contains(loaders.DataOrders(), set.Take) {
			r.doc.Report(at+".take", "%s.take %q: %s", at, set.Take, loaders.DataOrderWords)
		}
		r.doc.ReportIf(!isName(set.name), at, "data: %q is no name of a set: it is made of letters, digits, - and _", set.name)
		d.Order = loaders.LoopRows
		if set.Take != "" {
			d.Order = set.Take
		}
		r.out.Flows.Sets = append(r.out.Flows.Sets, loaders.DataSet{Name: set.name, Data: d})
	}
}

// rows returns the rows of a set.
func (r *reader) rows(set *dataKeys) (*loaders.Data, error) {
	switch {
	case (set.File == "") == (set.Rows == nil):
		return nil, fmt.Errorf("one of file and rows says what the rows are")
	case set.File != "":
		text, err := r.open(set.File)
		if err != nil {
			return nil, err
		}
		d, err := pieces.ReadData(strings.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", set.File, err)
		}
		return d, nil
	}
	var lines bytes.Buffer
	for _, row := range set.Rows {
		lines.WriteString(string(row) + "\n")
	}
	d, err := pieces.ReadData(&lines)
	if err != nil {
		return nil, fmt.Errorf("rows: %w", err)
	}
	return d, nil
}

// isName reports whether a set or a variable may have the name.
func isName(text string) bool {
	foreign := func(c rune) bool {
		return c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	}
	return text != "" && !strings.ContainsFunc(text, foreign)
}

// variables collects the names of all captures.
func (r *reader) variables() {
	f := &r.out.Flows
	collect := func(k *flowKeys) {
		for n := range k.Steps {
			for _, c := range k.Steps[n].captures {
				if !slices.Contains(f.Variables, c.name) {
					f.Variables = append(f.Variables, c.name)
				}
			}
		}
	}
	if r.keys.Setup != nil {
		collect(r.keys.Setup)
		r.shared = slices.Clone(f.Variables)
	}
	for i := range r.keys.Flows {
		collect(&r.keys.Flows[i])
	}
	r.columns = f.Columns()
	r.columns = r.columns[:len(r.columns)-1]
}

// mix reads the order of flows.
func (r *reader) mix() {
	mixes := []loaders.Mix{loaders.WeightedMix, loaders.EqualMix, loaders.PriorityMix}
	f := &r.out.Flows
	if f.Mix = r.keys.Mix; f.Mix == "" {
		f.Mix = loaders.WeightedMix
	}
	r.doc.ReportIf(!slices.Contains(mixes, f.Mix), "mix", "mix %q: weighted, equal or priority", f.Mix)
}

// setup reads the flow that is walked before the load.
func (r *reader) setup() {
	k := r.keys.Setup
	if k == nil {
		return
	}
	r.doc.ReportIf(k.Repeat != nil || k.Order != "" || k.Weight != nil || k.OnError != "", "setup", "setup: it is walked once and to its end: leave out weight, repeat, order and on_error")
	if k.Name == "" {
		k.Name = "setup"
	}
	shared := r.shared
	r.shared = nil
	f := r.flow(k, "setup")
	f.Repeat = 0
	r.shared, r.out.Flows.Setup = shared, &f
}

// markHeaders marks the captures of variables that stand in headers.
func (r *reader) markHeaders() {
	f := &r.out.Flows
	mark := func(flow *loaders.Flow) {
		for i := range flow.Steps {
			for n := range flow.Steps[i].Captures {
				c := &flow.Steps[i].Captures[n]
				c.InHeader = slices.Contains(r.headed, f.Variables[c.Variable])
			}
		}
	}
	for i := range f.List {
		mark(&f.List[i])
	}
	if f.Setup != nil {
		mark(f.Setup)
	}
}

// flow reads a flow.
func (r *reader) flow(k *flowKeys, at string) loaders.Flow {
	f := loaders.Flow{Name: k.Name, Weight: 1, Order: k.Order, Session: k.Session, OnError: k.OnError}
	r.doc.ReportIf(k.Name == "", at, "a flow has no name: give it one with the key name")
	r.doc.ReportIf(k.Name != "" && slices.Contains(r.names, k.Name), at+".name", "two flows have the name %q", k.Name)
	r.names = append(r.names, k.Name)
	r.choice(at+".order", (*string)(&f.Order), string(loaders.DepthFirst), string(loaders.BreadthFirst))
	r.choice(at+".session", (*string)(&f.Session), string(loaders.UserSession), string(loaders.IterationSession), string(loaders.NoSession))
	r.choice(at+".on_error", (*string)(&f.OnError), string(loaders.AbortIteration), string(loaders.ContinueIteration))
	if k.Weight != nil {
		f.Weight = *k.Weight
		r.doc.ReportIf(f.Weight < 1 || f.Weight > mostWeight, at+".weight", "weight %d: a whole number from 1 to %d is needed", f.Weight, mostWeight)
	}
	switch {
	case k.Repeat != nil:
		f.Repeat = *k.Repeat
		r.doc.ReportIf(f.Repeat < 1 || f.Repeat > mostRepeats, at+".repeat", "repeat %d: a whole number from 1 to %d is needed", f.Repeat, mostRepeats)
	case f.Order == loaders.BreadthFirst || r.out.Flows.Mix == loaders.PriorityMix:
		f.Repeat = 1
	}
	r.keep(k, &f, at)
	r.doc.ReportIf(len(k.Steps) == 0, at+".steps", "a flow has no steps: give it a list under the key steps")
	s := &sequence{reader: r, keys: k, flow: &f, known: map[string]bool{}, named: map[string]int{}}
	for _, name := range r.shared {
		s.known[name] = true
	}
	for i := range k.Steps {
		s.step(&k.Steps[i], fmt.Sprintf("%s.steps[%d]", at, i))
	}
	s.optional()
	return f
}

// keep reads what is kept of iterations.
func (r *reader) keep(k *flowKeys, f *loaders.Flow, at string) {
	levels := []loaders.Keep{"", loaders.KeepNothing, loaders.KeepTimes, loaders.KeepHeads, loaders.KeepBodies}
	f.Keep = k.Keep
	r.doc.ReportIf(!slices.Contains(levels, k.Keep), at+".keep", "keep %q: none, times, heads or bodies", k.Keep)
	if k.Keep == loaders.KeepBodies {
		f.KeepLimit = loaders.DefaultKeepLimit
	}
	if k.KeepLimit == nil {
		return
	}
	f.KeepLimit = *k.KeepLimit
	r.doc.ReportIf(k.Keep != loaders.KeepBodies, at+".keep_limit", "keep_limit: it bounds the bytes of bodies that are kept: write keep: bodies, or leave it out")
	r.doc.ReportIf(f.KeepLimit < 1 || f.KeepLimit > loaders.MostKept, at+".keep_limit", "keep_limit %d: a number of bytes from 1 to %d is needed", f.KeepLimit, loaders.MostKept)
}

// The bounds of numbers in a flow.
const (
	mostWeight  = 1_000_000
	mostRepeats = 10_000_000
)

// choice checks a word, and sets it to the first one where the file gives none.
func (r *reader) choice(at string, word *string, words ...string) {
	if *word == "" {
		*word = words[0]
	}
	key := at[strings.LastIndexByte(at, '.')+1:]
	r.doc.ReportIf(!slices.Contains(words, *word), at, "%s %q: %s", key, *word, strings.Join(words, " or "))
}

// load reads how much load there is.
func (r *reader) load() {
	k := &r.keys.Load
	r.doc.ReportIf(k.Users != nil && *k.Users < 1, "load.users", "load.users: at least 1 is needed")
	r.doc.ReportIf(k.Concurrency != nil && *k.Concurrency < 1, "load.concurrency", "load.concurrency: at least 1 is needed")
	r.doc.ReportIf(k.Iterations != nil && *k.Iterations < 1, "load.iterations", "load.iterations: at least 1 is needed")
	r.doc.ReportIf(k.Rate != nil && *k.Rate <= 0, "load.rate", "load.rate: it must be above 0")
	r.doc.ReportIf(k.RateOf != "" && k.RateOf != "steps" && k.RateOf != "iterations", "load.rate_of", "load.rate_of %q: iterations or steps", k.RateOf)
	r.out.Flows.PaceSteps = k.RateOf == "steps"
	r.doc.ReportIf(k.Rate != nil && k.Ramp != nil, "load.ramp", "load.ramp with a rate: arrivals begin iterations, whenever users start: leave out the one or the other")
	r.out.Users, r.out.RateRPS, r.out.Concurrency = k.Users, k.Rate, k.Concurrency
	if k.Ramp != nil {
		r.out.Ramp = new(time.Duration(*k.Ramp))
	}
	if k.Iterations == nil {
		return
	}
	r.out.Flows.Iterations = uint64(max(1, *k.Iterations))
	r.doc.ReportIf(r.out.Flows.Finite(), "load.iterations", "load.iterations with flows that end after their repetitions: leave out the one or the other")
}

// target returns the number of the host of a URL.
func (r *reader) target(u *adhoc.URL) int {
	key := u.Origin()
	at, known := r.places[key]
	if !known {
		at = len(r.out.Hosts)
		r.places[key] = at
		host := *u
		host.Path, host.Authorization = "", ""
		r.out.Hosts = append(r.out.Hosts, host)
	}
	return at
}

// add adds a request, and returns its number.
func (r *reader) add(q scenarios.Request) int {
	r.out.Requests = append(r.out.Requests, q)
	return len(r.out.Requests) - 1
}
