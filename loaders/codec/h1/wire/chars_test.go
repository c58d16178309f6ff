package wire

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The bytes of RFC 9110, written out as 5.6.2 does.
func TestTokenBytes(t *testing.T) {
	t.Parallel()
	const token = "!#$%&'*+-.^_`|~0123456789" +
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for c := range 256 {
		if want := strings.IndexByte(token, byte(c)) >= 0; isTokenByte(byte(c)) != want {
			t.Errorf("byte %#02x: token is %v, want %v", c, !want, want)
		}
	}
}

// Looking at eight bytes at once says the same as looking at each.
func TestIsValueIsEveryByte(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		for at := range 19 {
			s := []byte("a long field value.")
			s[at] = byte(c)
			if isValue(s) != isShortValue(s) {
				t.Fatalf("%q: %v, want %v", s, isValue(s), isShortValue(s))
			}
		}
	}
	odd := rapid.SampledFrom([]byte{0, '\t', 0x1f, ' ', 0x7e, 0x7f, 0x80, 0x9f, 0xff, 'a'})
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.SliceOfN(odd, 0, 20).Draw(rt, "value")
		if isValue(s) != isShortValue(s) {
			rt.Fatalf("%q: %v, want %v", s, isValue(s), isShortValue(s))
		}
	})
}
