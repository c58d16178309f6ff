package adhoc_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/scenarios"
)

func TestExpectContinueIsAnExchange(t *testing.T) {
	t.Parallel()
	// The wait is half of the request's timeout, at most a second.
	wait, rest := int64(500_000), int64(-1)
	want := scenarios.Exchange{{SendHead: new(true)}, {AwaitContinueMicros: &wait}, {SendBytes: &rest}, {AwaitEnd: new(true)}}
	for _, c := range []struct {
		header string
		body   *string
		want   scenarios.Exchange
	}{
		{"Expect: 100-continue", new("body"), want},
		{"expect:100-Continue", new("body"), want},
		{"Expect: 100-continue", nil, nil},
		{"Expect: 100-continue", new(""), nil},
		{"Expect: something", new("body"), nil},
		{"Accept: 100-continue", new("body"), nil},
	} {
		target, err := adhoc.ParseURL("http://127.0.0.1:8080/")
		if err != nil {
			t.Fatal(err)
		}
		o := adhoc.Flags{
			Headers: []string{c.header}, Body: c.body, Depth: 1, Processors: 2,
			Timeout: time.Second, ConnectTimeout: time.Second, Drain: time.Second,
		}
		spec, err := o.Spec(target, []string{"127.0.0.1"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, spec.Requests[0].Exchange); diff != "" {
			t.Errorf("%s: %s", c.header, diff)
		}
	}
}
