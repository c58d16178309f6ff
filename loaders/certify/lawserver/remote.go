package lawserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/rpc"
	"net/rpc/jsonrpc"
	"runtime"
)

// orders are the methods of a Local that another process may call.
type orders struct{ server *Local }

// SetLaw is Local.SetLaw.
func (o orders) SetLaw(law Law, _ *struct{}) error { return o.server.SetLaw(law) }

// Counts is Local.Counts.
func (o orders) Counts(_ struct{}, c *Counts) (err error) {
	*c, err = o.server.Counts()
	return err
}

// Stamps is Local.Stamps.
func (o orders) Stamps(_ struct{}, s *Stamps) (err error) {
	*s, err = o.server.Stamps()
	return err
}

// pipes are the two directions of a side channel. Their owner closes them.
type pipes struct {
	io.Reader
	io.Writer
}

// Close does nothing.
func (pipes) Close() error { return nil }

// Serve is the life of a server process: it serves on the address, writes to out
// the address that it has, and obeys the orders of in until in or ctx ends.
func Serve(ctx context.Context, in io.Reader, out io.Writer, address string) error {
	// One thread spins; the side channel must not wait for it.
	if runtime.GOMAXPROCS(0) < 2 {
		runtime.GOMAXPROCS(2)
	}
	s, err := Start(address)
	if err != nil {
		return err
	}
	side := rpc.NewServer()
	if err := errors.Join(side.RegisterName("Server", orders{s}), json.NewEncoder(out).Encode(s.Address())); err != nil {
		return errors.Join(fmt.Errorf("opening the side channel: %w", err), s.Close())
	}
	ended := make(chan struct{})
	go func() { side.ServeCodec(jsonrpc.NewServerCodec(pipes{in, out})); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	return s.Close()
}

// Remote is a server in a process of its own. Its methods may be called from
// several goroutines.
type Remote struct {
	client  *rpc.Client
	address string
}

// Connect waits until the server process at the pipes serves.
func Connect(stdin io.Writer, stdout io.Reader) (*Remote, error) {
	r := &Remote{}
	first := json.NewDecoder(stdout)
	if err := first.Decode(&r.address); err != nil {
		return nil, fmt.Errorf("reading from the law server's process: %w", err)
	}
	r.client = jsonrpc.NewClient(pipes{io.MultiReader(first.Buffered(), stdout), stdin})
	return r, nil
}

// call makes the process obey an order.
func (r *Remote) call(order string, argument, result any) error {
	err := r.client.Call("Server."+order, argument, result)
	if refused := rpc.ServerError(""); err == nil || errors.As(err, &refused) {
		return err
	}
	return fmt.Errorf("asking the law server's process: %w", err)
}

// Address is host:port.
func (r *Remote) Address() string { return r.address }

// SetLaw is as Local.SetLaw.
func (r *Remote) SetLaw(law Law) error { return r.call("SetLaw", law, &struct{}{}) }

// Counts is as Local.Counts.
func (r *Remote) Counts() (c Counts, err error) {
	err = r.call("Counts", struct{}{}, &c)
	return c, err
}

// Stamps is as Local.Stamps.
func (r *Remote) Stamps() (s Stamps, err error) {
	err = r.call("Stamps", struct{}{}, &s)
	return s, err
}
