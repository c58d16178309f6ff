package cli

import (
	"context"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/machine"
)

// field returns the folder of the servers of joust's release, and says so where they
// must be downloaded.
func (a *app) field(ctx context.Context) (string, error) {
	return catalog.FieldOf(ctx, machine.ModuleVersion(), func(what string) { a.say("joust: downloading %s with the go command", what) })
}
