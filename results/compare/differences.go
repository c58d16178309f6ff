package compare

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
)

// differences names those of hosts, plans and versions, except seeds and trials.
func differences(old, now []results.Run) []string {
	before, after := factsOf(old), factsOf(now)
	var out []string
	all := maps.Clone(before)
	maps.Copy(all, after)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		a, b := strings.Join(before[name], " and "), strings.Join(after[name], " and ")
		if a != b || len(before[name]) > 1 {
			out = append(out, fmt.Sprintf("%s: %s → %s", name, cmp.Or(a, "none"), cmp.Or(b, "none")))
		}
	}
	return out
}

// facts has the values of each named fact, sorted: one where all runs agree.
type facts map[string][]string

func factsOf(runs []results.Run) facts {
	f := facts{}
	for i := range runs {
		f.host(&runs[i])
		f.plan(&runs[i])
		f.versions(&runs[i])
	}
	return f
}

// add notes a value, unless it is not known.
func (f facts) add(name, value string) {
	if value == "" || value == "0" {
		return
	}
	f[name] = union(f[name], []string{value})
}

func (f facts) host(run *results.Run) {
	h, c := run.Host, run.CPUs
	for name, value := range map[string]string{
		"name": h.Hostname, "system": h.OS, "kernel": h.Kernel, "distribution": h.Distribution, "CPU": h.CPUModel,
		"processors": strconv.Itoa(h.CPUs), "topology": h.Topology, "virtualisation": h.Virtualization,
		"memory in bytes": strconv.FormatUint(h.MemoryBytes, 10), "governor": h.Governor, "turbo": h.Turbo, "battery": h.Battery,
		"loopback MTU": strconv.Itoa(h.LoopbackMTU), "cgroup": h.Cgroup,
		"CPU split": fmt.Sprintf("server %v, loader %v, pinned %t, shared %t", c.Server, c.Loader, c.Pinned, c.Shared),
	} {
		f.add("host, "+name, value)
	}
	for _, m := range []map[string]string{h.Sysctls, h.Limits} {
		for name, value := range m {
			f.add("host, "+name, value)
		}
	}
}

func (f facts) plan(run *results.Run) {
	p := run.Plan
	var names []string
	for _, e := range p.Entries {
		names = append(names, e.As)
	}
	slices.Sort(names)
	f.add("plan, servers", strings.Join(names, " "))
	f.add("plan, idle strategy", p.IdleStrategy)
	f.add("plan, loader threads", strconv.Itoa(p.LoaderThreads))
	f.add("plan, engine", p.Engine)
	f.add("plan, request timeout", time.Duration(p.RequestTimeoutNS).String())
	f.add("plan, drain", time.Duration(p.DrainNS).String())
	f.add("plan, thresholds", fmt.Sprintf("%+v", p.Limits()))
	f.add("plan, error tolerance", strconv.FormatFloat(p.ErrorTolerance, 'g', -1, 64))
	for _, t := range p.Tables {
		f.add("plan, "+t.Scenario+" "+t.Protocol, ladder(t))
	}
	for _, s := range run.Scenarios {
		f.add("scenario "+s.Name, string(s.Definition))
	}
}

// ladder returns a table of the plan in words, without its number of trials.
func ladder(t results.PlanTable) string {
	text := fmt.Sprintf("%d clients, warm-up %v", t.Clients, time.Duration(t.WarmupNS))
	if t.Sweep != nil {
		text += fmt.Sprintf(", sweep over %v", t.Sweep.Clients)
	}
	if t.Closed {
		text += fmt.Sprintf(", closed %v", time.Duration(t.ClosedDurationNS))
		if t.MinCompletions > 0 {
			text += fmt.Sprintf(" or %d completions within %v", t.MinCompletions, time.Duration(t.MaxDurationNS))
		}
	}
	for i, r := range t.Rates {
		if i == 0 {
			text += fmt.Sprintf(", open %v %s at", time.Duration(t.OpenDurationNS), t.Arrivals())
		}
		text += " " + strings.TrimPrefix(r.PhaseName(), "open ")
	}
	if t.Objective != nil {
		text += fmt.Sprintf(", search in windows of %v for %s", time.Duration(t.OpenDurationNS), t.Objective)
	}
	return text
}

func (f facts) versions(run *results.Run) {
	b := run.Joust
	text := strings.TrimSpace(b.Version + " " + b.Revision)
	if b.Dirty != nil && *b.Dirty {
		text += " dirty"
	}
	f.add("joust", text)
	f.add("joust's Go", b.Go)
	for _, s := range run.Servers {
		for name, version := range s.Versions {
			f.add(fmt.Sprintf("server %s, version of %s", s.Name, name), version)
		}
		f.add("server "+s.Name+", manifest", manifest(s.Manifest))
		if s.Unavailable != "" {
			f.add("server "+s.Name+", unavailable", s.Unavailable)
		}
		if s.URL == "" && s.Unavailable == "" {
			f.add("server "+s.Name+", environment, umask and limits", startedIn(s.Surroundings))
		}
	}
}

// startedIn returns the surroundings of a server in words.
func startedIn(s *results.Surroundings) string {
	if s == nil {
		return "not recorded"
	}
	var words []string
	for _, name := range slices.Sorted(maps.Keys(s.Environment)) {
		value := s.Environment[name]
		if name == "HOME" || name == "PATH" {
			// Comparisons are published, and these values name folders of a person.
			value = fmt.Sprintf("(digest %.4x)", sha256.Sum256([]byte(value)))
		}
		words = append(words, name+"="+value)
	}
	words = append(words, "working directory "+s.WorkingDirectory, "umask "+s.Umask)
	if s.Niceness != nil {
		words = append(words, fmt.Sprintf("niceness %d", *s.Niceness))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Limits)) {
		words = append(words, name+" "+s.Limits[name])
	}
	return strings.Join(words, ", ")
}

// manifest returns the fields of a manifest that decide how the server runs.
func manifest(text json.RawMessage) string {
	var m struct {
		Go      string            `json:"go,omitempty"`
		Command []string          `json:"command,omitempty"`
		URL     string            `json:"url,omitempty"`
		Args    []string          `json:"args,omitempty"`
		Env     map[string]string `json:"env,omitempty"`
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return "" // none was stored
	}
	out, err := json.Marshal(m)
	if err != nil {
		return ""
	}
	return string(out)
}
