package arrival

// Part is the share of the schedule that one of several loaders makes. The
// shards of all loaders together make the whole schedule, however many each
// divides its own share into. Index is from 0 to of − 1.
func Part(s Schedule, index, of int) Schedule { return part{s, index, of} }

type part struct {
	whole     Schedule
	index, of int
}

func (p part) Cursor(shard, shards int, seed uint64) Cursor {
	return p.whole.Cursor(p.index+p.of*shard, p.of*max(shards, 1), seed)
}
