package export

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/joust-bench/joust/results"
)

// Check returns every problem of the options at once.
func (o Options) Check() error {
	var errs []error
	for _, u := range []struct{ flag, text string }{{"--otel-endpoint", o.OTLP}, {"--prom-push", o.Pushgateway}} {
		if u.text == "" {
			continue
		}
		parsed, err := url.Parse(u.text)
		switch {
		case err != nil, parsed.Scheme != "http" && parsed.Scheme != "https", parsed.Hostname() == "":
			errs = append(errs, fmt.Errorf("%s %s: a URL is needed, such as http://localhost:4318", u.flag, results.Redacted(u.text)))
		case parsed.RawQuery != "" || parsed.Fragment != "":
			errs = append(errs, fmt.Errorf("%s %s: leave out what follows ? or #: receivers of metrics have no use for it", u.flag, results.Redacted(u.text)))
		}
	}
	return errors.Join(errs...)
}

// receivers returns those of the options.
func (o Options) receivers() (list []receiver, err error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	for _, r := range []struct {
		url  string
		open func() (receiver, error)
	}{{o.OTLP, o.otlp}, {o.Pushgateway, o.pushgateway}} {
		if r.url == "" {
			continue
		}
		made, err := r.open()
		if err != nil {
			return nil, fmt.Errorf("preparing exports to %s: %w", results.Redacted(r.url), err)
		}
		list = append(list, made)
	}
	return list, nil
}
