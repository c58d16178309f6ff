package export

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/joust-bench/joust/results"
)

// metricsPath is the path of an OTLP/HTTP receiver whose URL has none.
const metricsPath = "/v1/metrics"

// otlp returns the OTLP/HTTP receiver of the options.
func (o Options) otlp() (receiver, error) {
	u, err := url.Parse(o.OTLP)
	if err != nil {
		return receiver{}, err
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = metricsPath
	}
	with := []otlpmetrichttp.Option{
		otlpmetrichttp.WithHTTPClient(&http.Client{Transport: newTransport()}),
		// What an export has not delivered, the next one brings.
		otlpmetrichttp.WithRetry(otlpmetrichttp.RetryConfig{}),
	}
	if u.User != nil {
		password, _ := u.User.Password()
		credentials := base64.StdEncoding.EncodeToString([]byte(u.User.Username() + ":" + password))
		with = append(with, otlpmetrichttp.WithHeaders(map[string]string{"Authorization": "Basic " + credentials}))
		u.User = nil
	}
	exporter, err := otlpmetrichttp.New(context.Background(), append(with, otlpmetrichttp.WithEndpointURL(u.String()))...)
	if err != nil {
		return receiver{}, err
	}
	about := resource.NewSchemaless(attribute.String("service.name", o.Set.Job), attribute.String("service.version", o.Version))
	var tags []attribute.KeyValue
	for _, t := range o.Tags {
		tags = append(tags, attribute.String(t.Name, t.Value))
	}
	send := func(ctx context.Context, f *Figures) error {
		return exporter.Export(ctx, &metricdata.ResourceMetrics{
			Resource: about,
			ScopeMetrics: []metricdata.ScopeMetrics{{
				Scope:   instrumentation.Scope{Name: "github.com/joust-bench/joust", Version: o.Version},
				Metrics: o.Set.otlp(f, tags),
			}},
		})
	}
	return receiver{"the OTLP receiver " + results.Redacted(o.OTLP), send}, nil
}

// otlp returns the figures in OTLP's terms. The tags are attributes of every value.
func (s Set) otlp(f *Figures, tags []attribute.KeyValue) (list []metricdata.Metrics) {
	for _, m := range s.Metrics {
		values := m.Values(f)
		if len(values) == 0 {
			continue
		}
		of := metricdata.Metrics{Name: m.Name, Description: m.Help, Unit: m.Unit}
		if m.Counter {
			of.Data = metricdata.Sum[int64]{Temporality: metricdata.CumulativeTemporality, IsMonotonic: true, DataPoints: points(f, values, tags, func(v float64) int64 { return int64(v) })}
		} else {
			of.Data = metricdata.Gauge[float64]{DataPoints: points(f, values, tags, func(v float64) float64 { return v })}
		}
		list = append(list, of)
	}
	return list
}

// points returns the values with their attributes and times.
func points[N int64 | float64](f *Figures, values []Value, tags []attribute.KeyValue, number func(float64) N) (list []metricdata.DataPoint[N]) {
	for _, v := range values {
		attributes := tags
		if v.Quantile != "" {
			attributes = append([]attribute.KeyValue{attribute.String(quantileLabel, v.Quantile)}, tags...)
		}
		list = append(list, metricdata.DataPoint[N]{
			Attributes: attribute.NewSet(attributes...), StartTime: f.Start, Time: f.At, Value: number(v.Value),
		})
	}
	return list
}

// newTransport returns the transport to one receiver.
func newTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns = 1
	return t
}
