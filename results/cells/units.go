package cells

import (
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/table"
)

// Thing returns the word for one of what the table counts: request, session, message
// or event, or upload where a row of large bodies is ranked by their bytes.
func (s *Set) Thing(t results.PlanTable) string {
	row := s.Row(t)
	if s.Bandwidth(t) && sends(row) {
		return "upload"
	}
	if row.Unit == "" {
		return "request"
	}
	return strings.TrimSuffix(row.Unit, "s")
}

// RateUnit returns the unit of the table's rates: req/s, or the things a second.
func (s *Set) RateUnit(t results.PlanTable) string {
	if thing := s.Thing(t); thing != "request" {
		return thing + "s/s"
	}
	return "req/s"
}

// sends reports whether the bytes of the row are those of its requests' bodies.
func sends(row results.Scenario) bool { return row.BodyBytes > 0 || row.Sends }

// Bodies is the bytes of bodies a second: those of requests where the row sends them,
// else those of answers.
func (c *Cell) Bodies(s *Observation) (float64, bool) { return bodies(s, c.sends) }

// Events is the server-sent events of right answers a second; false for rows without.
func Events(s *Observation) (float64, bool) {
	return perSecond(s.Load.Total.Events, s.Load), s.Load.Total.Events > 0
}

// Abandoned is the exchanges a second that the loader dropped on purpose; false for
// rows without.
func Abandoned(s *Observation) (float64, bool) {
	return perSecond(s.Load.Total.Abandoned, s.Load), s.Load.Total.Abandoned > 0
}

// Waves is the waves a second in which all connections were made together; false for
// rows that make them one by one.
func Waves(s *Observation) (float64, bool) {
	clients := 0
	for i := range s.Trial.Loaders {
		clients += s.Trial.Loaders[i].ConnectionsAsked
	}
	if s.Load.Waves == 0 || clients == 0 {
		return 0, false
	}
	return s.Load.ThroughputRPS() / float64(clients), true
}

// ScaleOf returns the scale in which a value of the unit is printed; rateUnit is the unit of
// rates, such as "req/s".
func ScaleOf(u metric.Unit, rateUnit string, value float64) table.Scale {
	return table.ScaleOf(map[metric.Unit][]table.Scale{
		metric.Rate:            {{Per: 1, Unit: rateUnit}},
		metric.Bandwidth:       {{Per: 1e9, Unit: "GB/s"}, {Per: 1e6, Unit: "MB/s"}, {Per: 1, Unit: "B/s"}},
		metric.Duration:        table.Durations(),
		metric.DurationPerByte: {{Per: 1, Unit: "s/GB"}},
		metric.Size:            {{Per: 1 << 20, Unit: "MiB"}},
	}[u], value)
}
