package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
)

// schema is the version of Document. It grows with each change that could mislead a
// reader of an older one.
const schema = 1

// Document is a run as JSON.
type Document struct {
	Schema int `json:"schema"`
	// Run is the run's ID, Started the instant of its begin.
	Run     string           `json:"run"`
	State   results.RunState `json:"state"`
	Started time.Time        `json:"started"`
	Joust   results.Build    `json:"joust"`
	Host    results.Host     `json:"host"`
	CPUs    results.CPUSplit `json:"cpus"`
	Cells   []DocumentCell   `json:"cells"`
}

// DocumentCell is the figures of one server in one phase of one scenario.
type DocumentCell struct {
	Server   string `json:"server"`
	Scenario string `json:"scenario"`
	Protocol string `json:"protocol"`
	// Phase is "closed", an open loop such as "open 90%", or "ladder" for what belongs to
	// all phases of a trial together.
	Phase   string `json:"phase"`
	Clients int    `json:"clients"`
	// Trials is the number of valid trials, Planned that of the plan.
	Trials  int `json:"trials"`
	Planned int `json:"planned"`
	// Bottleneck is what limited a closed loop: server, loader, balanced, connections,
	// shared-cpu or unknown. Absent for all else.
	Bottleneck results.Bottleneck `json:"bottleneck,omitempty"`
	// Saturated is true where the server could not keep the rate of an open loop.
	Saturated bool `json:"saturated,omitempty"`
	// Absent says why no trial counts, such as "void" or "unsupported"; Why says it in a
	// sentence. Both are empty where some trial counts.
	Absent cells.Absence `json:"absent,omitempty"`
	Why    string        `json:"why,omitempty"`
	// Voids are the reasons of void trials.
	Voids []string `json:"voids,omitempty"`
	// Figures are by the name of the metric: throughput, percentiles, min, max, mean and
	// stdev of corrected latency, the same of service time behind "service_", cpu for the
	// server's CPU time a request, or a byte of bodies where the row is about bandwidth,
	// memory for the server's peak.
	Figures map[string]DocumentFigure `json:"figures"`
}

// DocumentFigure is the median of a metric over the trials.
type DocumentFigure struct {
	// Unit is "ns", "req/s" or what the row counts a second, "B/s", "ns/B" or "B".
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
	// Low and High bound a 95 % interval of the median where Interval is true, and else
	// the range of the trials; absent with a single one.
	Low      *float64 `json:"low,omitempty"`
	High     *float64 `json:"high,omitempty"`
	Interval bool     `json:"interval,omitempty"`
	// AtLeast marks a lower bound, AtMost an upper one, Rough a latency that the
	// loader's own lateness makes uncertain by more than a tenth.
	AtLeast bool `json:"at_least,omitempty"`
	AtMost  bool `json:"at_most,omitempty"`
	Rough   bool `json:"rough,omitempty"`
	// Values are those of the trials, in their order.
	Values []float64 `json:"values"`
}

func writeJSON(out *bytes.Buffer, from Source) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	if err := e.Encode(documentOf(from.Set)); err != nil {
		return fmt.Errorf("writing the run as JSON: %w", err)
	}
	return nil
}

func documentOf(set *cells.Set) Document {
	run := &set.Run
	d := Document{Schema: schema, Run: run.ID, State: run.State, Started: run.Started, Joust: run.Joust, Host: run.Host, CPUs: run.CPUs, Cells: []DocumentCell{}}
	for _, p := range places(set) {
		d.Cells = append(d.Cells, p.document())
	}
	return d
}

func (p *place) document() DocumentCell {
	c := DocumentCell{
		Server: p.Server.Name, Scenario: p.Table.Scenario, Protocol: p.Table.Protocol, Phase: p.Phase, Clients: p.Table.Clients,
		Trials: len(p.Valid), Planned: p.Planned, Absent: p.Absent, Why: p.Why, Voids: p.Voids, Saturated: p.Saturated(),
		Figures: map[string]DocumentFigure{},
	}
	if len(p.Valid) > 0 && p.Phase == results.PhaseClosed {
		c.Bottleneck = p.Bottleneck()
	}
	for _, f := range p.figures() {
		out := DocumentFigure{Unit: f.unitText(), Value: f.Value, Interval: f.claimed(), AtLeast: f.AtLeast, AtMost: f.AtMost, Rough: f.Rough, Values: f.Values}
		if f.bounded() {
			out.Low, out.High = &f.Low, &f.High
		}
		c.Figures[f.name] = out
	}
	return c
}
