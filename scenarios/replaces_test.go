package scenarios_test

import (
	"testing"

	"github.com/joust-bench/joust/scenarios"
)

func TestReplaces(t *testing.T) {
	t.Parallel()
	plain := scenarios.Request{Name: "plain"}
	closing := scenarios.Request{Exchange: scenarios.Exchange{{AwaitEnd: new(true)}, {Close: new(scenarios.FIN)}}}
	for _, c := range []struct {
		connection scenarios.Connection
		requests   []scenarios.Request
		want       bool
	}{
		{scenarios.Connection{}, []scenarios.Request{plain}, false},
		{scenarios.Connection{CloseWith: scenarios.RST}, []scenarios.Request{plain, plain}, false},
		{scenarios.Connection{ReconnectEvery: 3}, []scenarios.Request{plain}, true},
		{scenarios.Connection{}, []scenarios.Request{plain, closing}, true},
	} {
		if got := c.connection.Replaces(c.requests); got != c.want {
			t.Errorf("%+v with %d requests: %v, want %v", c.connection, len(c.requests), got, c.want)
		}
	}
}
