package wire_test

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/loaders/codec/h1/wire"
	"github.com/joust-bench/joust/scenarios"
)

// A mapped body is the same bytes as a generated one, whatever its pattern and
// length.
func TestMappedBodiesAreTheSameBytes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := string(rapid.SliceOfN(rapid.Byte(), 1, 97).Draw(t, "pattern"))
		body := &scenarios.Body{Text: pattern, Length: rapid.Int64Range(1<<20, 3<<20).Draw(t, "length")}
		b := wire.NewMappedBodies()
		r, err := b.Compile(&scenarios.Request{Method: "POST", Path: "/", Body: body}, "x")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(r.Body, body.Bytes()) {
			t.Error("a mapped body differs from the generated one")
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// A long text that repeats itself is recognised; one that nearly does is not.
func TestLongTextsKeepTheirBytes(t *testing.T) {
	t.Parallel()
	repeated := strings.Repeat("0123456789abcdefghijklmnopqrstuvwxyz", 60_000)
	for _, text := range []string{repeated, repeated[:len(repeated)-1], repeated + "x", strings.Repeat("a", 2<<20), "b" + strings.Repeat("a", 2<<20)} {
		b := wire.NewMappedBodies()
		r, err := b.Compile(&scenarios.Request{Method: "POST", Path: "/", Body: &scenarios.Body{Text: text}}, "x")
		if err != nil {
			t.Fatal(err)
		}
		if string(r.Body) != text {
			t.Errorf("a body of %d bytes came out as other bytes", len(text))
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
