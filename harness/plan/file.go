package plan

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/joust-bench/joust/harness/surroundings"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// planYAML is the form of a plan file.
type planYAML struct {
	Servers        []serverYAML  `yaml:"servers"`
	Seed           seedYAML      `yaml:"seed"`
	Warmup         time.Duration `yaml:"warmup"`
	Duration       time.Duration `yaml:"duration"`
	OpenDuration   time.Duration `yaml:"open_duration"`
	Clients        clientsYAML   `yaml:"clients"`
	Trials         int           `yaml:"trials"`
	Modes          []string      `yaml:"modes"`
	Rates          []rateYAML    `yaml:"rates"`
	Protocols      []string      `yaml:"protocols"`
	Schedule       string        `yaml:"schedule"`
	FindRate       objectiveYAML `yaml:"find_rate"`
	Idle           string        `yaml:"idle"`
	RequestTimeout time.Duration `yaml:"request_timeout"`
	Drain          time.Duration `yaml:"drain"`
	ErrorTolerance float64       `yaml:"error_tolerance"`
	Threads        int           `yaml:"threads"`
	Engine         string        `yaml:"engine"`
	Loader         string        `yaml:"loader"`
	Tables         []tableYAML   `yaml:"tables"`

	Env        map[string]string `yaml:"env"`
	Probes     bool              `yaml:"probes"`
	Thresholds thresholdsYAML    `yaml:"thresholds"`
}

// tableYAML is one item of tables.
type tableYAML struct {
	Scenarios    []string      `yaml:"scenarios"`
	Warmup       time.Duration `yaml:"warmup"`
	Duration     time.Duration `yaml:"duration"`
	OpenDuration time.Duration `yaml:"open_duration"`
	Clients      clientsYAML   `yaml:"clients"`
	Trials       int           `yaml:"trials"`
	Modes        []string      `yaml:"modes"`
	Rates        []rateYAML    `yaml:"rates"`
	Protocols    []string      `yaml:"protocols"`
	Schedule     string        `yaml:"schedule"`
	FindRate     objectiveYAML `yaml:"find_rate"`
}

// wide are the settings that a plan shares with its tables.
func (p *planYAML) wide() tableYAML {
	return tableYAML{
		Warmup: p.Warmup, Duration: p.Duration, OpenDuration: p.OpenDuration,
		Clients: p.Clients, Trials: p.Trials, Modes: p.Modes, Rates: p.Rates,
		Protocols: p.Protocols, Schedule: p.Schedule, FindRate: p.FindRate,
	}
}

// serverYAML is a server's name, or {server, as, isolation}.
type serverYAML struct {
	Server    string `yaml:"server"`
	As        string `yaml:"as"`
	Isolation string `yaml:"isolation"`
}

// UnmarshalText takes the short form.
func (s *serverYAML) UnmarshalText(text []byte) error {
	s.Server = string(text)
	return nil
}

// rateYAML is a rate in the form of ParseRate.
type rateYAML results.PlanRate

// UnmarshalText parses the rate.
func (r *rateYAML) UnmarshalText(text []byte) error {
	rate, err := ParseRate(string(text))
	*r = rateYAML(rate)
	return err
}

// seedYAML has all 64 bits.
type seedYAML uint64

// UnmarshalText parses the seed.
func (s *seedYAML) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		return fmt.Errorf("%q is no seed; write a whole number of at least 0 and below 2^64", text)
	}
	*s = seedYAML(n)
	return nil
}

// fileReader turns the YAML form into a document with places.
type fileReader struct {
	file string
	doc  *strictyaml.Document
}

// readFile reads a plan file, strictly. What could be read is in the document
// even when there are problems.
func readFile(file string, data []byte, ps *problems) document {
	var raw planYAML
	r := fileReader{file: file, doc: strictyaml.Decode(file, data, &raw)}
	d := r.document(&raw)
	for _, p := range r.doc.Problems() {
		ps.add(place{file: p.File, line: p.Line}, "%s", p.Message)
	}
	return d
}

func (r *fileReader) document(raw *planYAML) document {
	d := document{
		settings:       r.settings("", raw.wide()),
		seed:           read(r, "seed", uint64(raw.Seed), nil),
		idle:           read(r, "idle", raw.Idle, oneOf("idle strategy", idleNames())),
		engine:         read(r, "engine", raw.Engine, oneOf("engine", engineNames())),
		loader:         read(r, "loader", raw.Loader, oneOf("loader", loaderNames())),
		requestTimeout: read(r, "request_timeout", raw.RequestTimeout, window("request_timeout")),
		drain:          read(r, "drain", raw.Drain, window("drain")),
		errorTolerance: read(r, "error_tolerance", raw.ErrorTolerance, checkTolerance),
		threads:        read(r, "threads", raw.Threads, count("threads", 0, maxThreads)),
		probes:         read(r, "probes", raw.Probes, nil),
		env:            r.env("env", raw.Env),
		thresholds:     given(r.thresholds(&raw.Thresholds), place{}),
		serversGiven:   r.doc.Has("servers") || r.doc.Spoiled("servers"),
		tablesGiven:    r.doc.Has("tables") || r.doc.Spoiled("tables"),
	}
	r.notEmpty("servers", len(raw.Servers), "name some, or [all]")
	r.notEmpty("tables", len(raw.Tables), "a table is {scenarios: [NAME]}")
	for i, s := range raw.Servers {
		path := fmt.Sprintf("servers[%d]", i)
		if r.doc.Good(path) && r.required(path, ".server", s.Server) {
			isolation := read(r, path+".isolation", s.Isolation, oneOf("isolation", isolationNames()))
			d.servers = append(d.servers, entry{server: s.Server, as: s.As, isolation: isolation.val, at: r.place(path)})
		}
	}
	for i, t := range raw.Tables {
		path := fmt.Sprintf("tables[%d]", i)
		if r.doc.Good(path) {
			d.tables = append(d.tables, r.table(path, t))
		}
	}
	return d
}

// notEmpty reports a list that is given and holds nothing.
func (r *fileReader) notEmpty(path string, n int, hint string) {
	if n == 0 && r.doc.Good(path) {
		r.doc.Reject(path, "%s is empty; %s", path, hint)
	}
}

// required reports an item without the value that makes it one.
func (r *fileReader) required(path, key, value string) bool {
	if value == "" && !r.doc.Has(path+key) {
		r.doc.Report(path+key, "%s names no server; write its name, or {server: NAME, as: NAME}", path)
	}
	return value != "" || r.doc.Good(path+key)
}

func (r *fileReader) table(path string, raw tableYAML) table {
	t := table{at: r.place(path), settings: r.settings(path+".", raw)}
	if !r.doc.Has(path + ".scenarios") {
		r.doc.Report(path+".scenarios", "%s names no scenarios; add scenarios: [hello] or [all] or [headline]", path)
	}
	t.scenarios = r.names(path+".scenarios", raw.Scenarios, nil).val
	return t
}

func (r *fileReader) settings(prefix string, raw tableYAML) settings {
	return settings{
		clients:      r.clients(prefix+"clients", raw.Clients),
		trials:       read(r, prefix+"trials", raw.Trials, count("trials", 1, maxTrials)),
		warmup:       read(r, prefix+"warmup", raw.Warmup, checkWarmup),
		duration:     read(r, prefix+"duration", raw.Duration, window("duration")),
		openDuration: read(r, prefix+"open_duration", raw.OpenDuration, window("open_duration")),
		modes:        r.names(prefix+"modes", raw.Modes, oneOf("mode", modeNames())),
		protocols:    r.names(prefix+"protocols", raw.Protocols, checkProtocol),
		rates:        r.rates(prefix+"rates", raw.Rates),
		schedule:     read(r, prefix+"schedule", raw.Schedule, oneOf("schedule", scheduleNames())),
		objective:    read(r, prefix+"find_rate", results.Objective(raw.FindRate), nil),
	}
}

// read is the value at the path where it is given and passes the check.
func read[T any](r *fileReader, path string, v T, check func(T) string) opt[T] {
	if !r.doc.Good(path) {
		return opt[T]{}
	}
	if check != nil {
		if wrong := check(v); wrong != "" {
			r.doc.Reject(path, "%s", wrong)
			return opt[T]{}
		}
	}
	return given(v, r.place(path))
}

// names reads a list of different names.
func (r *fileReader) names(path string, raw []string, check func(string) string) opt[[]name] {
	if !r.doc.Good(path) {
		return opt[[]name]{}
	}
	var list []name
	for i, text := range raw {
		item := fmt.Sprintf("%s[%d]", path, i)
		if hasName(list, text) {
			r.doc.Reject(item, "%s is listed twice", text)
			continue
		}
		if n := read(r, item, text, check); n.set {
			list = append(list, name{text: n.val, at: n.at})
		}
	}
	if len(raw) == 0 {
		r.notEmpty(path, 0, "leave it out or give it a value")
		return opt[[]name]{}
	}
	return given(list, r.place(path))
}

// env reads variables: NAME: VALUE.
func (r *fileReader) env(path string, raw map[string]string) opt[map[string]string] {
	if !r.doc.Good(path) {
		return opt[map[string]string]{}
	}
	variables := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		value := raw[name]
		item := path + "." + name
		if fault := surroundings.Fault(name, value); fault != "" {
			r.doc.Reject(item, "%s: %s", path, fault)
		} else if r.doc.Good(item) {
			variables[name] = value
		}
	}
	return given(variables, r.place(path))
}

func (r *fileReader) rates(path string, raw []rateYAML) opt[[]rate] {
	if !r.doc.Good(path) {
		return opt[[]rate]{}
	}
	var list []rate
	for i, v := range raw {
		item := fmt.Sprintf("%s[%d]", path, i)
		if !r.doc.Good(item) {
			continue
		}
		x := rate{PlanRate: results.PlanRate(v), at: r.place(item)}
		if hasRate(list, x) {
			r.doc.Reject(item, "the rate of %q is listed twice", x.PhaseName())
			continue
		}
		list = append(list, x)
	}
	if len(raw) == 0 {
		r.notEmpty(path, 0, "leave it out or give it a value")
		return opt[[]rate]{}
	}
	return given(list, r.place(path))
}

func (r *fileReader) place(path string) place {
	return place{file: r.file, line: r.doc.Line(path)}
}
