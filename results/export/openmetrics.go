package export

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/joust-bench/joust/results/metric"
)

// writeOpenMetrics writes the run as gauges, each with the instant at which the run began.
// The median is joust_NAME, and the bounds of its interval are joust_NAME_low and
// joust_NAME_high. Durations are in seconds, as is the custom there.
func writeOpenMetrics(out *bytes.Buffer, from Source) error {
	var families gauges
	at := from.Set.Run.Started.UnixMilli()
	for _, p := range places(from.Set) {
		for _, f := range p.figures() {
			name, labels, factor := f.gauge()
			families.add(name, &p, labels, f.Value*factor, at)
			if f.bounded() {
				families.add(name+"_low", &p, labels, f.Low*factor, at)
				families.add(name+"_high", &p, labels, f.High*factor, at)
			}
		}
	}
	for _, family := range families.list {
		if _, err := expfmt.MetricFamilyToOpenMetrics(out, family); err != nil {
			return fmt.Errorf("writing %s in the text format of OpenMetrics: %w", family.GetName(), err)
		}
	}
	_, err := expfmt.FinalizeOpenMetrics(out)
	return err
}

// gauge returns the name of the figure's gauge, the labels that are its own, and the factor
// to the gauge's unit.
func (f *figure) gauge() (name string, labels map[string]string, factor float64) {
	name = "joust_latency"
	if strings.HasPrefix(f.name, "service_") {
		name = "joust_service_time"
	}
	switch q, percentile := f.metric.Quantile(); {
	case percentile && f.metric != metric.Max:
		return name + "_seconds", map[string]string{"quantile": number(q)}, 1e-9
	case f.metric.IsLatency():
		return name + "_" + string(f.metric) + "_seconds", nil, 1e-9
	case f.metric == metric.CPU && f.unit == metric.DurationPerByte:
		return "joust_cpu_seconds_per_byte", nil, 1e-9
	case f.metric == metric.CPU:
		return "joust_cpu_seconds_per_request", nil, 1e-9
	case f.metric == metric.Memory:
		return "joust_memory_bytes", nil, 1
	case f.unit == metric.Bandwidth:
		return "joust_body_bytes_per_second", nil, 1
	}
	return "joust_throughput_per_second", nil, 1
}

// gauges are families of gauges in the order in which their names came.
type gauges struct {
	list []*dto.MetricFamily
}

// add adds a value at the instant, in milliseconds since 1970.
func (g *gauges) add(name string, p *place, more map[string]string, value float64, at int64) {
	i := slices.IndexFunc(g.list, func(f *dto.MetricFamily) bool { return f.GetName() == name })
	if i < 0 {
		i = len(g.list)
		g.list = append(g.list, &dto.MetricFamily{Name: &name, Type: dto.MetricType_GAUGE.Enum()})
	}
	labels := map[string]string{"run": p.set.Run.ID, "server": p.Server.Name, "scenario": p.Table.Scenario, "protocol": p.Table.Protocol, "phase": p.Phase}
	for key, text := range more {
		labels[key] = text
	}
	m := &dto.Metric{Gauge: &dto.Gauge{Value: &value}, TimestampMs: &at}
	for _, key := range []string{"run", "server", "scenario", "protocol", "phase", "quantile"} {
		if text, ok := labels[key]; ok {
			m.Label = append(m.Label, &dto.LabelPair{Name: &key, Value: &text})
		}
	}
	g.list[i].Metric = append(g.list[i].Metric, m)
}
