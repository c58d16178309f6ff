package arrival

// Constant spaces arrivals evenly: t(k) = ⌊k·10⁹/rate⌋ ns for k = 0, 1, 2 …,
// exact for any k, so that nothing drifts. The rate is in arrivals per second
// over all shards. Shard i of n has k = i, i+n, i+2n …: the union of the
// shards is the schedule itself. The seed has no effect.
func Constant(rate float64) (Schedule, error) {
	if err := checkRate("constant schedule", rate); err != nil {
		return nil, err
	}
	return constant{rate: ratioOf(rate)}, nil
}

type constant struct{ rate ratio }

func (c constant) Cursor(shard, shards int, _ uint64) Cursor {
	shards = max(shards, 1)
	cursor := &constantCursor{num: c.rate.num}
	if shard < 0 || shard >= shards {
		cursor.ended = true
		return cursor
	}
	var starts, repeats bool
	cursor.at, cursor.rest, starts = c.rate.span(uint64(shard))
	cursor.step, cursor.stepRest, repeats = c.rate.span(uint64(shards))
	cursor.ended, cursor.single = !starts, !repeats
	return cursor
}

// constantCursor adds the exact step again and again: whole nanoseconds, and
// the rest in num-ths of one. That is the division of every instant without
// dividing.
type constantCursor struct {
	num            uint64
	at, step       int64
	rest, stepRest uint64
	single         bool // the step is past every clock
	ended          bool
}

func (c *constantCursor) Next() (int64, bool) {
	if c.ended {
		return 0, false
	}
	at := c.at
	c.at += c.step
	c.rest += c.stepRest
	if c.rest >= c.num {
		c.rest -= c.num
		c.at++
	}
	c.ended = c.single || c.at > maxInstant
	return at, true
}

// comb deals the numbers 0, 1, 2 … to shards in turn.
type comb struct {
	k, step uint64
	ended   bool
}

// combOf is the share of one shard. Fewer than one shard counts as one; a
// shard that does not exist has no numbers.
func combOf(shard, shards int) comb {
	shards = max(shards, 1)
	if shard < 0 || shard >= shards {
		return comb{ended: true}
	}
	return comb{k: uint64(shard), step: uint64(shards)}
}

func (c *comb) next() (k uint64, ok bool) {
	k = c.k
	if c.ended {
		return 0, false
	}
	c.k += c.step
	c.ended = c.k < k // wrapped around
	return k, true
}
