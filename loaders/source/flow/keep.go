package flow

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/results"
)

// kept holds the iterations that flows ask to keep.
type kept struct {
	thread, count int
	list          []results.KeptIteration
	// size is the number of bytes of all, about; dropped counts the iterations beyond
	// loaders.MostKept.
	size    int
	dropped uint64
}

// keepsAny reports whether the flow asks to keep anything.
func (f *walk) keepsAny() bool { return f.Keep != "" && f.Keep != loaders.KeepNothing }

// keeps adds what is kept of answers to the needs.
func (f *walk) keeps(n *source.Needs) {
	n.Heads = n.Heads || f.Keep == loaders.KeepHeads || f.Keep == loaders.KeepBodies
	if f.Keep == loaders.KeepBodies {
		n.Body = max(n.Body, f.KeepLimit)
	}
}

// keep keeps an answer of the step.
func (i *iteration) keep(f *walk, s *step, v *source.View) {
	if !f.keepsAny() {
		return
	}
	a := results.KeptStep{Name: s.Name, Status: v.Status, Cause: v.Cause, TookNS: int64(v.Took)}
	if f.Keep != loaders.KeepTimes {
		a.Head = string(v.Head)
	}
	if f.Keep == loaders.KeepBodies {
		a.BodyBytes = len(v.Body)
		if body := v.Body[:min(len(v.Body), f.KeepLimit)]; utf8.Valid(body) {
			a.Body = string(body)
		} else {
			a.BodyBase64 = bytes.Clone(body)
		}
	}
	i.answers = append(i.answers, a)
}

// leastKept is the size of a kept answer without its texts, in bytes, about.
const leastKept = 128

// add adds an iteration that has ended.
func (k *kept) add(i *iteration, f *walk, aborted bool) {
	if !f.keepsAny() {
		return
	}
	number := k.count
	k.count++
	size := leastKept
	for _, a := range i.answers {
		size += leastKept + len(a.Head) + len(a.Body) + len(a.BodyBase64)
	}
	if k.size+size > loaders.MostKept {
		k.dropped++
		return
	}
	k.size += size
	k.list = append(k.list, results.KeptIteration{Flow: f.Name, Thread: k.thread, Number: number, Aborted: aborted, Steps: slices.Clip(i.answers)})
}

// Kept implements source.Keeps.
func (w *walker) Kept() (list []results.KeptIteration, dropped uint64) {
	return w.kept.list, w.kept.dropped
}
