package wire

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// A body is right exactly when all its bytes are, in whatever pieces they
// come.
func TestCheckIsEquality(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		want := rapid.SliceOfN(rapid.ByteRange('a', 'b'), 0, 8).Draw(rt, "want")
		got := rapid.SliceOfN(rapid.ByteRange('a', 'b'), 0, 8).Draw(rt, "got")
		if rapid.Bool().Draw(rt, "same") {
			got = bytes.Clone(want)
		}
		answer := Expectation{Body: want, Exact: rapid.Bool().Draw(rt, "exact")}
		var check Check
		ok, rest := true, got
		for len(rest) > 0 && ok {
			n := rapid.IntRange(1, len(rest)).Draw(rt, "piece")
			ok = check.Body(&answer, rest[:n])
			rest = rest[n:]
		}
		right := ok && check.Done(&answer)
		if want := !answer.Exact || bytes.Equal(want, got); right != want {
			rt.Fatalf("%q for %q, exact %v: right = %v", got, answer.Body, answer.Exact, right)
		}
		if ok && check.Seen() != int64(len(got)) {
			rt.Fatalf("%d bytes seen of %d", check.Seen(), len(got))
		}
	})
}

func TestCheckStopsAtTheFirstDifference(t *testing.T) {
	t.Parallel()
	answer := Expectation{Body: []byte("hello"), Exact: true}
	var check Check
	if !check.Body(&answer, []byte("he")) || check.Done(&answer) {
		t.Error("a right start is wrong, or complete")
	}
	if check.Body(&answer, []byte("lx")) {
		t.Error("a difference passed")
	}
	check.Reset()
	if !check.Body(&answer, []byte("hello")) || !check.Done(&answer) {
		t.Error("the whole body is wrong after Reset")
	}
	if check.Body(&answer, []byte("!")) {
		t.Error("a surplus byte passed")
	}
}
