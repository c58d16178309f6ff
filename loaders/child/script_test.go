package child_test

import (
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/enginetest"
)

// A script travels with its Spec, and what its function done prints with the report.
func TestScriptThroughThePipe(t *testing.T) {
	t.Parallel()
	server := enginetest.Start(t, good())
	phase := enginetest.Closed(time.Minute)
	phase.Count = 10
	spec := enginetest.Spec(phase)
	spec.Target.Address = server.Address
	spec.Script = &loaders.Script{File: "test.lua", URL: "http://" + server.Address + "/", Text: []byte(`
		function request() return wrk.format(nil, "/script") end
		function done(summary) print(summary.requests) end`)}
	driver, ended := process(t)
	report := enginetest.Drive(t, driver, spec, &enginetest.Steer{})
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if s := report.Script; s == nil || s.Output != "10\n" || s.Error != "" || server.Path("/script") != 10 {
		t.Errorf("%+v, %d requests", s, server.Path("/script"))
	}
}
