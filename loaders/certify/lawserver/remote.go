package lawserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
)

// order is one line to a server process. Exactly one field is set.
type order struct {
	Law    *Law `json:"law,omitempty"`
	Counts bool `json:"counts,omitempty"`
	Stamps bool `json:"stamps,omitempty"`
}

// reply is one line from a server process: its address once at the start, then
// the answer to each order.
type reply struct {
	Address string  `json:"address,omitempty"`
	Counts  *Counts `json:"counts,omitempty"`
	Stamps  *Stamps `json:"stamps,omitempty"`
	Error   string  `json:"error,omitempty"`
}

// Serve is the life of a server process: it serves on the address, tells on
// out which one that is, and obeys the orders of in until that ends, or ctx.
func Serve(ctx context.Context, in io.Reader, out io.Writer, address string) error {
	// One thread spins; the side channel must not wait for it.
	if runtime.GOMAXPROCS(0) < 2 {
		runtime.GOMAXPROCS(2)
	}
	s, err := Start(address)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(out)
	if err := enc.Encode(reply{Address: s.Address()}); err != nil {
		return errors.Join(fmt.Errorf("telling the address: %w", err), s.Close())
	}
	ended := make(chan error, 1)
	go func() { ended <- s.converse(json.NewDecoder(in), enc) }()
	select {
	case err = <-ended:
	case <-ctx.Done():
	}
	return errors.Join(err, s.Close())
}

// converse obeys orders until their end.
func (s *Server) converse(in *json.Decoder, out *json.Encoder) error {
	for {
		var o order
		switch err := in.Decode(&o); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("reading an order: %w", err)
		}
		if err := out.Encode(s.carryOut(o)); err != nil {
			return fmt.Errorf("answering an order: %w", err)
		}
	}
}

func (s *Server) carryOut(o order) (r reply) {
	var err error
	switch {
	case o.Law != nil:
		err = s.SetLaw(*o.Law)
	case o.Counts:
		r.Counts = new(Counts)
		*r.Counts, err = s.Counts()
	case o.Stamps:
		r.Stamps = new(Stamps)
		*r.Stamps, err = s.Stamps()
	default:
		err = errors.New("an order that asks for nothing")
	}
	if err != nil {
		return reply{Error: err.Error()}
	}
	return r
}

// Remote is a server in a process of its own, seen through its pipes. Its
// methods may be called from several goroutines.
type Remote struct {
	mu      sync.Mutex
	out     *json.Encoder
	in      *json.Decoder
	address string
}

// Connect waits until the server process at the pipes serves.
func Connect(stdin io.Writer, stdout io.Reader) (*Remote, error) {
	r := &Remote{out: json.NewEncoder(stdin), in: json.NewDecoder(stdout)}
	first, err := r.hear()
	if err != nil {
		return nil, err
	}
	r.address = first.Address
	return r, nil
}

func (r *Remote) hear() (reply, error) {
	var a reply
	if err := r.in.Decode(&a); err != nil {
		return a, fmt.Errorf("reading from the law server's process: %w", err)
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}

func (r *Remote) ask(o order) (reply, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.out.Encode(o); err != nil {
		return reply{}, fmt.Errorf("writing to the law server's process: %w", err)
	}
	return r.hear()
}

// Address is host:port.
func (r *Remote) Address() string { return r.address }

// SetLaw is as Server.SetLaw.
func (r *Remote) SetLaw(law Law) error {
	_, err := r.ask(order{Law: &law})
	return err
}

// Counts is as Server.Counts.
func (r *Remote) Counts() (Counts, error) {
	a, err := r.ask(order{Counts: true})
	if err != nil || a.Counts == nil {
		return Counts{}, err
	}
	return *a.Counts, nil
}

// Stamps is as Server.Stamps.
func (r *Remote) Stamps() (Stamps, error) {
	a, err := r.ask(order{Stamps: true})
	if err != nil || a.Stamps == nil {
		return Stamps{}, err
	}
	return *a.Stamps, nil
}
