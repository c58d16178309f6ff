package loaders

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
)

// Profile is a rate that changes over a phase: the kind of its curve with the curve's
// parameters, those that are not the kind's left out. Shares are of the phase's rate.
type Profile struct {
	Kind ProfileKind `json:"kind"`
	// Cycles is how often the curve repeats itself in the phase, above 0.
	Cycles float64 `json:"cycles,omitempty"`
	// Min is the lowest rate as a share, 0 to 1; Low is that of the low half of a square.
	Min float64 `json:"min,omitempty"`
	Low float64 `json:"low,omitempty"`
	// Levels are rates in req/s, each held for an equal part of the phase.
	Levels []float64 `json:"levels_rps,omitempty"`
	// Every is the time from one spike to the next, the first at the begin, and Spike the
	// length of one, both above 0. Multiplier is the rate in a spike, and Baseline the one
	// between spikes, as shares from 0, perhaps above 1.
	Every      time.Duration `json:"interval_ns,omitempty"`
	Spike      time.Duration `json:"spike_ns,omitempty"`
	Multiplier float64       `json:"multiplier,omitempty"`
	Baseline   float64       `json:"baseline,omitempty"`
	// File names the file that Points were read from.
	File string `json:"file,omitempty"`
	// Points are joined by straight lines. The rate before the first and behind the last
	// is theirs.
	Points []ProfilePoint `json:"points,omitempty"`
	// Shares is true where the values of Points are shares, false where they are in req/s.
	Shares bool `json:"shares,omitempty"`
}

// ProfilePoint is the rate at one instant of a profile.
type ProfilePoint struct {
	// At is from the begin of the phase, not before that of the point before. Two points
	// at one instant are a jump.
	At time.Duration `json:"at_ns"`
	// Value is a rate in req/s or a share, from 0.
	Value float64 `json:"value"`
}

// ProfileKind names the curve of a profile.
type ProfileKind string

// The curves. Their parameters and defaults are those of pywrkr's traffic profiles.
const (
	// Sine swings between Min and 1, from the middle upwards.
	Sine ProfileKind = "sine"
	// Step holds Levels.
	Step ProfileKind = "step"
	// Sawtooth rises from Min to 1 and falls at once.
	Sawtooth ProfileKind = "sawtooth"
	// Square is 1 for half a cycle, then Low.
	Square ProfileKind = "square"
	// SpikeKind has Spikes above Baseline.
	SpikeKind ProfileKind = "spike"
	// BusinessHours presses a day's 24 hours into the phase: 0.05 at night, a rise from 6
	// to 9 o'clock, 1 with a dip to 0.85 at 13 o'clock, and a fall from 17 to 21 o'clock.
	BusinessHours ProfileKind = "business-hours"
	// CSV goes through Points.
	CSV ProfileKind = "csv"
)

// ProfileWords lists the kinds of profiles in a sentence, with their parameters.
const ProfileWords = "sine:cycles=2,min=0.1, step:levels=100,500,1000, sawtooth:cycles=3,min=0.1, square:cycles=3,low=0.2, " +
	"spike:interval=10,spike_dur=2,multiplier=5,baseline=0.2, business-hours or csv:FILE"

// parameter is a number of a profile.
type parameter struct {
	name, alias string
	// number or time is where the value goes; the other is nil.
	number *float64
	time   *time.Duration
	// otherwise is the default, in seconds for a time.
	otherwise float64
	// least and most bound the value; open excludes least.
	least, most float64
	open        bool
}

// parameters returns those of the profile's kind.
func (p *Profile) parameters() []parameter {
	cycles := func(otherwise float64) parameter {
		return parameter{name: "cycles", number: &p.Cycles, otherwise: otherwise, most: mostCycles, open: true}
	}
	share := func(name, alias string, to *float64, otherwise, most float64) parameter {
		return parameter{name: name, alias: alias, number: to, otherwise: otherwise, most: most}
	}
	seconds := func(name string, to *time.Duration, otherwise float64) parameter {
		return parameter{name: name, time: to, otherwise: otherwise, most: Longest.Seconds(), open: true}
	}
	switch p.Kind {
	case Sine:
		return []parameter{cycles(2), share("min", "min_factor", &p.Min, 0.1, 1)}
	case Sawtooth:
		return []parameter{cycles(3), share("min", "min_factor", &p.Min, 0.1, 1)}
	case Square:
		return []parameter{cycles(3), share("low", "low_factor", &p.Low, 0.2, 1)}
	case SpikeKind:
		return []parameter{
			seconds("interval", &p.Every, 10), seconds("spike_dur", &p.Spike, 2),
			share("multiplier", "", &p.Multiplier, 5, mostShare), share("baseline", "", &p.Baseline, 0.2, mostShare),
		}
	}
	return nil
}

const (
	// mostCycles is the greatest number of cycles in a phase.
	mostCycles = 1e9
	// mostShare is the greatest share of the rate.
	mostShare = 1e9
)

// ParseProfile reads a profile in one of the forms of ProfileWords. The points of a CSV
// file are left out: see ParseProfilePoints.
func ParseProfile(text string) (Profile, error) {
	kind, rest, _ := strings.Cut(strings.TrimSpace(text), ":")
	p := Profile{Kind: ProfileKind(strings.ToLower(strings.TrimSpace(kind)))}
	rest = strings.TrimSpace(rest)
	var err error
	switch p.Kind {
	case CSV:
		if p.File = rest; rest == "" {
			err = errors.New("it names no file: write csv:FILE")
		}
	case Step:
		err = p.setLevels(rest)
	case Sine, Sawtooth, Square, SpikeKind, BusinessHours:
		err = p.setParameters(rest)
	default:
		err = fmt.Errorf("no profile is called %q: write %s", kind, ProfileWords)
	}
	if err == nil && p.Kind != CSV {
		err = p.Validate()
	}
	if err != nil {
		return Profile{}, err
	}
	return p, nil
}

// setLevels reads the levels of a step profile.
func (p *Profile) setLevels(text string) error {
	if name, rest, named := strings.Cut(text, "="); named {
		if name = strings.TrimSpace(name); name != "levels" {
			return fmt.Errorf("step has no parameter %q: it has levels, such as step:levels=100,500,1000", name)
		}
		text = rest
	}
	if strings.TrimSpace(text) == "" {
		return errors.New("it has no levels: write step:levels=100,500,1000")
	}
	var errs []error
	for i, level := range strings.Split(text, ",") {
		rate, err := results.ParseNumber(level)
		if err != nil {
			errs = append(errs, fmt.Errorf("level %d: %w", i+1, err))
		}
		p.Levels = append(p.Levels, rate)
	}
	return errors.Join(errs...)
}

// setParameters reads parameters such as "cycles=3,min=0.2", and sets all others to their
// defaults.
func (p *Profile) setParameters(text string) error {
	list := p.parameters()
	var names []string
	for _, one := range list {
		one.set(one.otherwise)
		names = append(names, one.name)
	}
	if text == "" {
		return nil
	}
	var errs []error
	given := map[string]bool{}
	for part := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(part, "=")
		name = strings.TrimSpace(name)
		at := slices.IndexFunc(list, func(one parameter) bool { return name != "" && (name == one.name || name == one.alias) })
		switch {
		case at < 0 && len(list) == 0:
			errs = append(errs, fmt.Errorf("%s has no parameters", p.Kind))
		case at < 0:
			errs = append(errs, fmt.Errorf("%s has no parameter %q: it has %s", p.Kind, name, results.Listed(names, "and")))
		case !ok:
			errs = append(errs, fmt.Errorf("%s has no value: write %s=%v", name, name, list[at].otherwise))
		case given[list[at].name]:
			errs = append(errs, fmt.Errorf("%s is given twice", list[at].name))
		default:
			given[list[at].name] = true
			if err := list[at].parse(value); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
			}
		}
	}
	return errors.Join(errs...)
}

// parse reads the value.
func (one *parameter) parse(text string) error {
	if one.time != nil {
		d, err := results.ParseDuration(text)
		*one.time = d
		return err
	}
	x, err := results.ParseNumber(text)
	*one.number = x
	return err
}

// set takes a value, in seconds for a time.
func (one *parameter) set(value float64) {
	if one.time != nil {
		*one.time = time.Duration(value * float64(time.Second))
		return
	}
	*one.number = value
}

// value returns the value, in seconds for a time.
func (one *parameter) value() float64 {
	if one.time != nil {
		return one.time.Seconds()
	}
	return *one.number
}

// String writes the profile as ParseProfile reads it.
func (p Profile) String() string {
	var words []string
	for _, one := range p.parameters() {
		words = append(words, one.name+"="+plainly(one.value()))
	}
	switch p.Kind {
	case CSV:
		words = append(words, p.File)
	case Step:
		var levels []string
		for _, level := range p.Levels {
			levels = append(levels, plainly(level))
		}
		words = append(words, "levels="+strings.Join(levels, ","))
	}
	return strings.TrimSuffix(string(p.Kind)+":"+strings.Join(words, ","), ":")
}

func plainly(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// Validate returns every problem of the profile's parameters at once.
func (p *Profile) Validate() error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	for _, one := range p.parameters() {
		x := one.value()
		refuse(one.open && !(x > one.least && x <= one.most), "%s %v: must be above %v, and at most %v", one.name, x, one.least, one.most)
		refuse(!one.open && !(x >= one.least && x <= one.most), "%s %v: must be from %v to %v", one.name, x, one.least, one.most)
	}
	switch p.Kind {
	case Step:
		refuse(len(p.Levels) == 0, "step without levels")
		for i, level := range p.Levels {
			refuse(!(level >= 0) || math.IsInf(level, 0), "level %d is %v req/s: must not be negative", i+1, level)
		}
	case CSV:
		refuse(len(p.Points) == 0, "csv without points")
		last := time.Duration(0)
		for i, at := range p.Points {
			refuse(at.At < last || at.At > Longest, "point %d at %v: must be from %v to %v", i+1, at.At, last, Longest)
			refuse(!(at.Value >= 0) || math.IsInf(at.Value, 0), "point %d is %v: must not be negative", i+1, at.Value)
			last = max(last, at.At)
		}
	case Sine, Sawtooth, Square, SpikeKind, BusinessHours:
	default:
		refuse(true, "no profile is called %q", p.Kind)
	}
	if len(errs) == 0 && p.PeakRPS(1) == 0 {
		return errors.New("its rate is always 0: nothing would be asked")
	}
	return errors.Join(errs...)
}

// PeakRPS returns the highest rate of the profile in req/s, in a phase with the rate.
func (p *Profile) PeakRPS(rate float64) float64 {
	peak := 0.0
	switch p.Kind {
	case Step:
		for _, level := range p.Levels {
			peak = max(peak, level)
		}
	case SpikeKind:
		peak = rate * max(p.Multiplier, p.Baseline)
	case CSV:
		for _, at := range p.Points {
			peak = max(peak, at.Value)
		}
		if p.Shares {
			peak *= rate
		}
	default:
		peak = rate
	}
	return peak
}
