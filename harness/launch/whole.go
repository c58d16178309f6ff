package launch

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/joust-bench/joust/harness/check"
	"github.com/joust-bench/joust/harness/check/conformance"
	"github.com/joust-bench/joust/scenarios"
)

// whole checks what is true of a server as a whole, once: its memory while it reads a
// large body, and the HTTP/1.1 battery. It returns the server that runs then.
func (c *checking) whole(ctx context.Context, server *Server) *Server {
	rows := slices.DeleteFunc(slices.Clone(c.asked), func(row *scenarios.Scenario) bool {
		return c.Differences[row.Name] != "" || !c.ownCaps(row)
	})
	if len(rows) == 0 || ctx.Err() != nil {
		return server
	}
	r := &reviver{checking: c, server: server, row: rows[0]}
	if row := check.DrainRow(rows); row != nil && r.alive(ctx) {
		c.show("memory")
		c.drain(ctx, r.server, row)
	}
	if c.NoConformance || !r.alive(ctx) {
		return r.server
	}
	c.show("HTTP/1.1")
	asked := conformance.Server{Address: r.server.Address, Host: r.server.Host, Rows: rows}
	if !r.server.Attached {
		asked.Revive = r.address
	}
	if outcome := conformance.Run(ctx, asked); ctx.Err() == nil {
		c.Conformance = outcome
	}
	return r.server
}

// drain fails the row where its large body takes the server too much memory.
func (c *checking) drain(ctx context.Context, server *Server, row *scenarios.Scenario) {
	name := fmt.Sprintf("%d MiB streamed", check.DrainBytes>>20)
	if server.Handle == nil {
		c.NotChecked = append(c.NotChecked, name+" within "+fmt.Sprint(check.DrainMemory>>20)+" MiB of memory: the processes of the server are not known")
		return
	}
	before, err := server.Handle.Memory()
	err = errors.Join(err, server.Handle.ResetPeak())
	if err != nil {
		c.NotChecked = append(c.NotChecked, name+": reading the server's memory: "+err.Error())
		return
	}
	err = check.Drain(ctx, server.Address, server.Host, row)
	used, usedErr := server.Handle.Used()
	switch {
	case server.Ended() || err != nil && server.endsWithin(endNotice):
		c.Differences[row.Name] = name + ": the server ended: " + DescribeExit(server.Handle.Exit()) + endOfOutput(server.LogTail())
	case err != nil:
		c.Differences[row.Name] = name + ": " + err.Error()
	case usedErr != nil:
		c.NotChecked = append(c.NotChecked, name+": reading the server's memory: "+usedErr.Error())
	case used.PeakMemoryBytes > before+check.DrainMemory:
		c.Differences[row.Name] = fmt.Sprintf("%s: the server's memory grew from %d to %d MiB, by more than %d MiB: it holds bodies whole",
			name, before>>20, used.PeakMemoryBytes>>20, check.DrainMemory>>20)
	}
}

// reviver starts a server again when it has ended.
type reviver struct {
	*checking
	server *Server
	row    *scenarios.Scenario
}

// revive returns the server that runs, and how the one before it ended, "" where that
// runs still.
func (r *reviver) revive(ctx context.Context) (server *Server, ended string, err error) {
	if !r.server.Ended() {
		return r.server, "", nil
	}
	ended = DescribeExit(r.server.Handle.Exit()) + endOfOutput(r.server.LogTail())
	if err := r.server.Stop(context.WithoutCancel(ctx)); err != nil {
		return r.server, ended, fmt.Errorf("ending server %s: %w", r.fixture.Manifest.Name, err)
	}
	server, err = r.StartServer(ctx, r.fixture, scenarios.H1, r.row)
	if err != nil {
		return r.server, ended, err
	}
	r.server = server
	return server, ended, nil
}

// alive starts the server again if it has ended, and reports whether it runs.
func (r *reviver) alive(ctx context.Context) bool {
	_, _, err := r.revive(ctx)
	if err != nil && ctx.Err() == nil {
		r.NotChecked = append(r.NotChecked, "HTTP/1.1: the server could not be started again: "+err.Error())
	}
	return err == nil
}

// address is revive as the battery needs it.
func (r *reviver) address(ctx context.Context) (address, ended string, err error) {
	server, ended, err := r.revive(ctx)
	return server.Address, ended, err
}
