package codec

import (
	"bytes"
	"strings"

	"github.com/joust-bench/joust/scenarios"
)

// Coding is the content coding of an answer (RFC 9110 §8.4.1).
type Coding uint8

// The codings. Unasked stands where the request does not say which codings count as
// right, OtherCoding for those that joust cannot undo and for lists of several.
const (
	Unasked Coding = iota
	Identity
	Gzip
	Brotli
	OtherCoding
)

// CodingOf returns the coding that the value of a Content-Encoding names.
func CodingOf(value []byte) Coding {
	switch value = bytes.Trim(value, " \t"); {
	case len(value) == 0, bytes.EqualFold(value, []byte("identity")):
		return Identity
	case bytes.EqualFold(value, []byte("gzip")), bytes.EqualFold(value, []byte("x-gzip")):
		return Gzip
	case bytes.EqualFold(value, []byte("br")):
		return Brotli
	}
	return OtherCoding
}

// String returns the name of the coding.
func (c Coding) String() string {
	switch c {
	case Identity:
		return string(scenarios.Identity)
	case Gzip:
		return string(scenarios.Gzip)
	case Brotli:
		return string(scenarios.Brotli)
	}
	return "of another kind"
}

// Codings is a set of codings; the zero set says nothing of them.
type Codings uint8

// CodingsOf returns the set of the encodings.
func CodingsOf(encodings []scenarios.Encoding) (set Codings) {
	for _, e := range encodings {
		for c := Identity; c < OtherCoding; c++ {
			if c.String() == string(e) {
				set |= 1 << c
			}
		}
	}
	return set
}

// String lists the codings.
func (s Codings) String() string {
	var names []string
	for c := Identity; c < OtherCoding; c++ {
		if s.Has(c) {
			names = append(names, c.String())
		}
	}
	return strings.Join(names, " or ")
}

// Has reports whether the coding is in the set.
func (s Codings) Has(c Coding) bool { return s>>c&1 != 0 }
