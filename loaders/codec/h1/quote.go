package h1

import (
	"errors"
	"fmt"
	"slices"

	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/codec/h1/wire"
)

var _ codec.Quoting = (*shard)(nil)

// errAbsolute refuses requests as bytes where a proxy needs their targets in another form.
var errAbsolute = errors.New("requests that come as bytes cannot go through a proxy in plain text, which reads their targets: leave out the proxy")

// Quote implements codec.Quoting.
func (s *shard) Quote(number int32, v *codec.Verbatim, into []byte) (codec.Request, error) {
	kind := 0
	if v.NoBody {
		kind = 1
	}
	if v.HTTP10 {
		kind |= 2
	}
	if s.quoted[kind].answer == nil {
		made, err := s.kindOf(v)
		if err != nil {
			return codec.Request{}, err
		}
		s.quoted[kind] = made
	}
	s.room(number)
	p := &s.pairs[number]
	*p = s.quoted[kind]
	p.ends = v.Ends
	return codec.Request{Head: append(into[:0], v.Text...), HeadBytes: v.HeadBytes, BodyBytes: v.BodyBytes, Ends: v.Ends}, nil
}

// kindOf returns what requests of the same kind share: the right answer, and a memory.
func (s *shard) kindOf(v *codec.Verbatim) (pair, error) {
	if s.protocol.absolute {
		return pair{}, errAbsolute
	}
	model := *s.protocol.model
	if model.Expect.Echo {
		return pair{}, fmt.Errorf("request %q counts its own body as the right answer, which requests that come as bytes do not have", model.Name)
	}
	if v.NoBody {
		model.Method = "HEAD"
	} else if model.Method == "HEAD" {
		model.Method = "GET"
	}
	if model.Version = ""; v.HTTP10 {
		model.Version = "1.0"
	}
	right, err := new(answers).of(&model, wire.NewBodies())
	if err != nil {
		return pair{}, err
	}
	s.learnt = append(s.learnt, learnt{})
	return pairOf(&model, &codec.Request{}, right, int32(len(s.learnt)-1)), nil
}

// room makes a place of the thread's own for the request of that number.
func (s *shard) room(number int32) {
	if !s.own {
		s.pairs, s.own = slices.Clone(s.pairs), true
	}
	if int(number) == len(s.pairs) {
		s.pairs = append(s.pairs, pair{})
	}
}
