package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/export"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
)

// exportFlags are the flags of tags, and of exports while a load runs.
type exportFlags struct {
	tags       []string
	otlp, push string
	every      *time.Duration
	// set is what is exported: joust's own names, or those of the tool whose dialect is
	// spoken.
	set export.Set
	// options are what read makes of the flags.
	options export.Options
}

func (f *loadFlags) registerExports(flags *pflag.FlagSet) {
	e := &f.export
	e.set = export.Joust()
	flags.StringArrayVar(&e.tags, "tag", nil, "`tag` NAME=VALUE of the result and of all exports, such as build=1.4 (repeatable)")
	flags.StringVar(&e.otlp, "otel-endpoint", "", "export figures while the load runs, and its result, to this OTLP/HTTP `URL`, such as http://localhost:4318")
	flags.StringVar(&e.push, "prom-push", "", "export the same to the Prometheus Pushgateway at this `URL`, such as http://localhost:9091")
	optional(f, "export-interval", flagOf(flags, durationForm, "export-interval", "", export.DefaultEvery, "`time` between two exports"), &e.every)
}

// read checks the flags and makes options of them.
func (f *exportFlags) read() error {
	var errs []error
	tags, wrong := export.ParseTags(f.tags)
	if wrong != nil {
		errs = append(errs, fmt.Errorf("--tag: %w", wrong))
	}
	f.options = export.Options{Set: f.set, Tags: tags, OTLP: f.otlp, Pushgateway: f.push, Every: export.DefaultEvery, Version: Version}
	errs = append(errs, f.options.Check())
	switch every := f.every; {
	case every == nil:
	case f.otlp == "" && f.push == "":
		errs = append(errs, errors.New("--export-interval: nothing is exported: name a receiver with --otel-endpoint or --prom-push"))
	case *every < loaders.DefaultInterval || *every > loaders.Longest:
		errs = append(errs, fmt.Errorf("--export-interval %v: must be from %v to a year", *every, loaders.DefaultInterval))
	default:
		f.options.Every = *every
	}
	return errors.Join(errs...)
}

// divideForExports gives the load the segments that exports are made of.
func (l *aim) divideForExports() {
	if l.exports.OTLP == "" && l.exports.Pushgateway == "" {
		return
	}
	every := l.exports.Every.Truncate(l.spec.Interval)
	if l.spec.Segment == 0 || l.spec.Segment > every {
		l.spec.Segment = every
	}
}

// concludeExports exports the result, and gives the report its tags and a note about
// exports that failed.
func (l *aim) concludeExports(ctx context.Context, exports *export.Exporter, r *results.Report) {
	if note := exports.End(ctx, r.Measured()); note != "" {
		r.Warnings = append(r.Warnings, note)
	}
	for _, t := range l.exports.Tags {
		if r.Tags == nil {
			r.Tags = map[string]string{}
		}
		r.Tags[t.Name] = t.Value
	}
}
