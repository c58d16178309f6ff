package core

import (
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Users start after over × k ÷ users, in arbitrary precision, and are counted from that
// nanosecond on; those of several loaders are together those of one.
func TestStartsOfUsers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		of := rapid.IntRange(1, 5).Draw(rt, "loaders")
		all := starts{
			begin: rapid.Int64Range(0, 1e15).Draw(rt, "begin"), users: rapid.IntRange(1, 1<<20).Draw(rt, "users"),
			over: rapid.Int64Range(1, int64(365*24*time.Hour)).Draw(rt, "over"), index: rapid.IntRange(0, of-1).Draw(rt, "index"), of: of,
		}
		k := rapid.IntRange(0, all.users-1).Draw(rt, "user")
		place := new(big.Int).Mul(big.NewInt(all.over), big.NewInt(int64(k*of+all.index)))
		at := all.begin + place.Div(place, big.NewInt(int64(all.users*of))).Int64()
		if got := all.at(k); got != at {
			rt.Fatalf("%+v: user %d starts at %d, want %d", all, k, got, at)
		}
		if n := all.by(at); n <= k || n < all.users && all.at(n) <= at {
			rt.Fatalf("%+v: %d users have started as user %d does, at %d", all, n, k, at)
		}
		if n := all.by(at - 1); n > 0 && all.at(n-1) > at-1 {
			rt.Fatalf("%+v: %d users have started at %d, where user %d starts at %d", all, n, at-1, n-1, all.at(n-1))
		}
	})
}

func TestStartsAtTheEnds(t *testing.T) {
	t.Parallel()
	together := starts{begin: 100, users: 7, of: 1}
	ramp := starts{begin: 100, over: 1000, users: 4, of: 1}
	for _, c := range []struct {
		of      starts
		instant int64
		want    int
	}{
		{together, 99, 0}, {together, 100, 7},
		{ramp, 99, 0}, {ramp, 100, 1}, {ramp, 349, 1}, {ramp, 350, 2}, {ramp, 849, 3}, {ramp, 850, 4}, {ramp, 1e18, 4},
	} {
		if got := c.of.by(c.instant); got != c.want {
			t.Errorf("%+v: %d users at %d, want %d", c.of, got, c.instant, c.want)
		}
	}
}
