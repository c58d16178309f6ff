package export

import (
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results/metric"
)

// Set is what a program exports, and under which names.
type Set struct {
	// Job is the program's name: service.name in OTLP, the job of a Pushgateway.
	Job     string
	Metrics []Metric
}

// Metric is one metric of a Set.
type Metric struct {
	// Name is that in OTLP, such as "joust.latency", Prometheus that in a Pushgateway,
	// such as "joust_latency_seconds".
	Name, Prometheus string
	// Unit is in the form of UCUM, as OTLP wants it: "s", "By", "{request}".
	Unit string
	Help string
	// Counter is true for a count that only grows within a load.
	Counter bool
	// Values returns the values in the unit; none where the load has none.
	Values func(*Figures) []Value
}

// Value is one value of a Metric.
type Value struct {
	// Quantile is that of a latency, such as "0.99"; empty for all other metrics.
	Quantile string
	Value    float64
}

// one returns a single value.
func one(v float64) []Value { return []Value{{Value: v}} }

// Joust is what joust itself exports.
func Joust() Set {
	return Set{Job: "joust", Metrics: []Metric{
		counter("requests", "{request}", "joust_requests_total", "Requests that ended in the window, right or failed.", func(f *Figures) []Value { return one(float64(f.Requests)) }),
		counter("errors", "{request}", "joust_errors_total", "Requests that failed in the window.", func(f *Figures) []Value { return one(float64(f.Errors)) }),
		counter("offered", "{request}", "joust_offered_total", "Requests of an open loop that were due in the window.", func(f *Figures) []Value { return known(f.Offered) }),
		counter("bytes", "By", "joust_bytes_total", "Bytes sent and received in the window.", func(f *Figures) []Value { return one(float64(f.Bytes)) }),
		gauge("throughput", "{request}/s", "joust_throughput", "Right answers a second since the last export, and in the whole window at its end.", func(f *Figures) []Value { return one(f.ThroughputRPS) }),
		gauge("latency", "s", "joust_latency_seconds", "Percentiles of latency since the last export, and in the whole window at its end.", quantiles),
		gauge("latency.mean", "s", "joust_latency_mean_seconds", "Mean latency over the same time.", func(f *Figures) []Value { return Latency(f, metric.Mean) }),
		gauge("latency.max", "s", "joust_latency_max_seconds", "Longest latency over the same time.", func(f *Figures) []Value { return Latency(f, metric.Max) }),
		gauge("users", "{user}", "joust_users", "Users who have started.", func(f *Figures) []Value { return known(f.Users) }),
		gauge("connections", "{connection}", "joust_connections", "Open connections.", func(f *Figures) []Value { return known(f.Open) }),
		gauge("duration", "s", "joust_duration_seconds", "The part of the window that is over.", func(f *Figures) []Value { return one(f.At.Sub(f.Start).Seconds()) }),
	}}
}

// Pywrkr is what pywrkr exports, under its names and in its units. Its errors include
// answers with a status from 400 on that joust takes for right, from the window's end on.
func Pywrkr() Set {
	metrics := []Metric{
		{Name: "requests.total", Unit: "{request}", Help: "Total requests", Counter: true, Values: func(f *Figures) []Value { return one(float64(f.Requests)) }},
		{Name: "errors.total", Unit: "{request}", Help: "Total errors", Counter: true, Values: func(f *Figures) []Value { return one(float64(f.Errors + f.Tolerated)) }},
		{Name: "requests_per_sec", Unit: "{request}/s", Help: "Requests per second", Values: func(f *Figures) []Value { return one(f.ThroughputRPS) }},
		{Name: "transfer_bytes_per_sec", Unit: "By/s", Help: "Transfer bytes per second", Values: func(f *Figures) []Value { return one(f.BytesPerSecond) }},
		{Name: "duration_sec", Unit: "s", Help: "Benchmark duration in seconds", Values: func(f *Figures) []Value { return one(f.At.Sub(f.Start).Seconds()) }},
	}
	for i := range metrics {
		metrics[i].Prometheus = "pywrkr_" + strings.ReplaceAll(metrics[i].Name, ".", "_")
	}
	for _, n := range []metric.Name{metric.P50, metric.P95, metric.P99, metric.Mean, metric.Max} {
		metrics = append(metrics, Metric{
			Name: "latency." + string(n), Prometheus: "pywrkr_latency_" + string(n) + "_ms", Unit: "ms", Help: string(n) + " latency in ms",
			Values: func(f *Figures) []Value { return milliseconds(Latency(f, n)) },
		})
	}
	for i := range metrics {
		metrics[i].Name = "pywrkr." + metrics[i].Name
	}
	return Set{Job: "pywrkr", Metrics: metrics}
}

// milliseconds turns values in seconds into milliseconds.
func milliseconds(list []Value) []Value {
	for i := range list {
		list[i].Value *= 1e3
	}
	return list
}

func gauge(name, unit, prometheus, help string, values func(*Figures) []Value) Metric {
	return Metric{Name: "joust." + name, Prometheus: prometheus, Unit: unit, Help: help, Values: values}
}

func counter(name, unit, prometheus, help string, values func(*Figures) []Value) Metric {
	m := gauge(name, unit, prometheus, help, values)
	m.Counter = true
	return m
}

// known returns a number that may be nil.
func known[N int | uint64](n *N) []Value {
	if n == nil {
		return nil
	}
	return one(float64(*n))
}

// Latency returns a figure of latency in seconds; none without samples enough for it.
func Latency(f *Figures, n metric.Name) []Value {
	p := f.Latency.At(n)
	if !p.Printable {
		return nil
	}
	return one(p.NS / 1e9)
}

// quantiles returns the percentiles of joust.latency.
func quantiles(f *Figures) (list []Value) {
	for _, n := range []metric.Name{metric.P50, metric.P75, metric.P90, metric.P95, metric.P99, metric.P999, metric.P9999} {
		q, _ := n.Quantile()
		for _, v := range Latency(f, n) {
			list = append(list, Value{strconv.FormatFloat(q, 'g', -1, 64), v.Value})
		}
	}
	return list
}
