package loaders

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
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

func parseThink(text string) (Think, error) {
	law, rest, named := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	switch {
	case named && law == "exp":
		mean, err := time.ParseDuration(rest)
		return Think{mean, mean, true}, err
	case named && law == "uniform":
		from, to, found := strings.Cut(rest, "..")
		if !found {
			return Think{}, errors.New("two bounds are needed")
		}
		least, err := time.ParseDuration(from)
		most, err2 := time.ParseDuration(to)
		if most < least {
			err2 = errors.Join(err2, errors.New("its bounds must rise"))
		}
		return Think{From: least, To: most}, errors.Join(err, err2)
	}
	middle, share, spread := strings.Cut(text, "±")
	mean, err := time.ParseDuration(strings.TrimSpace(middle))
	if err != nil || !spread {
		return Think{From: mean, To: mean}, err
	}
	percent, found := strings.CutSuffix(strings.TrimSpace(share), "%")
	p, err := strconv.ParseFloat(percent, 64)
	if err != nil || !found || !(p >= 0 && p <= 100) {
		return Think{}, errors.New("its spread must be from 0% to 100%")
	}
	half := time.Duration(float64(mean) * p / 100)
	return Think{From: mean - half, To: mean + half}, nil
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
