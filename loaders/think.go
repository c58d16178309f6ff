package loaders

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
)

// Think is the law of a user's think time, from an answer to the user's next
// request. The zero Think is no time at all.
type Think struct {
	// From and To bound a time that is spread evenly between them; they are equal
	// for a constant time.
	From, To time.Duration
	// Exponential spreads the time exponentially around From, which To equals.
	Exponential bool
}

// ThinkWords lists the laws in a sentence.
const ThinkWords = "1s, 1s±50%, exp 1s or uniform 1s..5s"

// ParseThink reads a law in one of the forms of ThinkWords.
func ParseThink(text string) (Think, error) {
	t, err := parseThink(strings.TrimSpace(text))
	if err == nil && (t.From < 0 || t.To <= 0) {
		err = errors.New("it must be above 0")
	}
	if err != nil {
		return Think{}, fmt.Errorf("think time %q: %w: write %s", text, err, ThinkWords)
	}
	return t, nil
}

func parseThink(text string) (t Think, err error) {
	if bounds, uniform := strings.CutPrefix(text, "uniform "); uniform {
		from, to, _ := strings.Cut(strings.TrimSpace(bounds), "..")
		if t.From, err = thinkTime(from); err == nil {
			t.To, err = thinkTime(to)
		}
		if err == nil && t.To < t.From {
			err = errors.New("its bounds must rise")
		}
		return t, err
	}
	text, t.Exponential = strings.CutPrefix(text, "exp ")
	mean, share, spread := strings.Cut(text, "±")
	t.From, err = thinkTime(strings.TrimSpace(mean))
	if t.To = t.From; err != nil || !spread {
		return t, err
	}
	number, percent := strings.CutSuffix(strings.TrimSpace(share), "%")
	p, err := strconv.ParseFloat(number, 64)
	if err != nil || !percent || t.Exponential || !(p >= 0 && p <= 100) {
		return t, errors.New("its spread must be from 0% to 100%")
	}
	half := time.Duration(float64(t.From) * p / 100)
	return Think{From: t.From - half, To: t.To + half}, nil
}

// thinkTime reads a duration. The caller's error says how a law is written.
func thinkTime(text string) (time.Duration, error) {
	d, err := results.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is no duration", text)
	}
	return d, nil
}

// String writes the law as ParseThink reads it; "" for no time.
func (t Think) String() string {
	switch {
	case t == Think{}:
		return ""
	case t.Exponential:
		return "exp " + t.From.String()
	case t.From < t.To:
		return fmt.Sprintf("uniform %v..%v", t.From, t.To)
	}
	return t.From.String()
}

// MarshalText writes the law for JSON.
func (t Think) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (t *Think) UnmarshalText(text []byte) (err error) {
	if *t = (Think{}); len(text) > 0 {
		*t, err = ParseThink(string(text))
	}
	return err
}

// Draw returns a think time.
func (t Think) Draw(r *rand.Rand) time.Duration {
	switch {
	case t.Exponential:
		return time.Duration(float64(t.From) * r.ExpFloat64())
	case t.From < t.To:
		return t.From + time.Duration(r.Float64()*float64(t.To-t.From))
	}
	return t.From
}
