package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/engine"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/scenarios"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	base := enginetest.Spec(enginetest.Closed(time.Second))
	for _, c := range []struct {
		name  string
		tweak func(*loaders.Spec)
		want  string // part of the error, empty for none
	}{
		{"default", func(*loaders.Spec) {}, ""},
		{"portable", func(s *loaders.Spec) { s.Engine = loaders.Portable }, ""},
		{"unknown", func(s *loaders.Spec) { s.Engine = "wrk" }, `engine "wrk"`},
		{"protocol", func(s *loaders.Spec) { s.Protocol = scenarios.H3 }, `"h3"`},
	} {
		spec := base
		c.tweak(&spec)
		l, err := engine.Choose(spec)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) || err == nil && l == nil {
			t.Errorf("%s: got %v, %v; want %q", c.name, l, err, c.want)
		}
	}
}
