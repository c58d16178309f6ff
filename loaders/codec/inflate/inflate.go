// Package inflate undoes the content codings of bodies: gzip and br.
package inflate

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"

	"github.com/joust-bench/joust/loaders/codec"
)

// Reader inflates one body after another, and keeps its memory between them. The zero
// Reader is ready for Open. One goroutine may use it.
type Reader struct {
	in     bytes.Reader
	gzip   *gzip.Reader
	brotli *brotli.Reader
	// out is the reader of the open body.
	out    io.Reader
	coding codec.Coding
}

// Open begins to inflate a body, which must not change until it is read.
func (r *Reader) Open(coding codec.Coding, packed []byte) error {
	r.in.Reset(packed)
	r.coding = coding
	var err error
	switch {
	case coding == codec.Brotli && r.brotli == nil:
		r.brotli = brotli.NewReader(&r.in)
	case coding == codec.Brotli:
		err = r.brotli.Reset(&r.in)
	case coding != codec.Gzip:
		return fmt.Errorf("inflating a body: joust cannot undo the coding %s", coding)
	case r.gzip == nil:
		r.gzip, err = gzip.NewReader(&r.in)
	default:
		err = r.gzip.Reset(&r.in)
	}
	if r.out = r.gzip; coding == codec.Brotli {
		r.out = r.brotli
	}
	return r.explain(err)
}

// Read returns the next bytes of the inflated body, io.EOF at its end, or an error that
// says why the body does not inflate.
func (r *Reader) Read(p []byte) (int, error) {
	n, err := r.out.Read(p)
	return n, r.explain(err)
}

// explain says in words why the body does not inflate.
func (r *Reader) explain(err error) error {
	switch err {
	case nil, io.EOF:
		return err
	case io.ErrUnexpectedEOF:
		return fmt.Errorf("the body ends inside its %s stream", r.coding)
	}
	return fmt.Errorf("the body is no %s stream: %w", r.coding, err)
}
