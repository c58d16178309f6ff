package export

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/push"
	"github.com/prometheus/common/expfmt"

	"github.com/joust-bench/joust/results"
)

// pushgateway returns the Pushgateway of the options. The tags are its grouping labels,
// which it gives every metric: each export replaces the last one with the same tags.
func (o Options) pushgateway() (receiver, error) {
	u, err := url.Parse(o.Pushgateway)
	if err != nil {
		return receiver{}, err
	}
	user := u.User
	u.User = nil // errors of the library quote the URL
	client := &bounded{http.Client{Transport: newTransport()}}
	send := func(ctx context.Context, f *Figures) error {
		p := push.New(u.String(), o.Set.Job).Client(client).Format(expfmt.NewFormat(expfmt.TypeTextPlain)).Collector(o.Set.collector(f))
		if password, _ := user.Password(); user != nil {
			p = p.BasicAuth(user.Username(), password)
		}
		for _, t := range o.Tags {
			p = p.Grouping(t.Label(), t.Value)
		}
		return p.PushContext(ctx)
	}
	return receiver{"the Pushgateway " + results.Redacted(o.Pushgateway), send}, nil
}

// bounded is a client that reads no more of an answer than an error message needs.
type bounded struct{ client http.Client }

// Do implements push.HTTPDoer.
func (b *bounded) Do(r *http.Request) (*http.Response, error) {
	const most = 4 << 10
	response, err := b.client.Do(r)
	if err == nil {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(response.Body, most), response.Body}
	}
	return response, err
}

// collector holds the figures in Prometheus' terms.
type collector struct {
	descriptions []*prometheus.Desc
	metrics      []prometheus.Metric
}

var _ prometheus.Collector = (*collector)(nil)

// collector returns the figures of the set.
func (s Set) collector(f *Figures) *collector {
	c := &collector{}
	for _, m := range s.Metrics {
		kind := prometheus.GaugeValue
		if m.Counter {
			kind = prometheus.CounterValue
		}
		var labels, values []string
		for _, v := range m.Values(f) {
			if v.Quantile != "" {
				labels, values = []string{quantileLabel}, []string{v.Quantile}
			}
			d := prometheus.NewDesc(m.Prometheus, m.Help, labels, nil)
			one, err := prometheus.NewConstMetric(d, kind, v.Value, values...)
			if err != nil {
				one = prometheus.NewInvalidMetric(d, fmt.Errorf("the metric %s: %w", m.Prometheus, err))
			}
			c.descriptions, c.metrics = append(c.descriptions, d), append(c.metrics, one)
		}
	}
	return c
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range c.descriptions {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	for _, m := range c.metrics {
		to <- m
	}
}
