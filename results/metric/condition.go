package metric

import (
	"fmt"
	"strings"
)

// Op is the comparison of a condition.
type Op string

// The comparisons.
const (
	Below   Op = "<"
	AtMost  Op = "<="
	Above   Op = ">"
	AtLeast Op = ">="
)

// Upper reports whether the condition sets an upper bound.
func (o Op) Upper() bool { return o == Below || o == AtMost }

// Holds reports whether the comparison holds between a value and a limit.
func (o Op) Holds(value, limit float64) bool {
	switch o {
	case Below:
		return value < limit
	case AtMost:
		return value <= limit
	case Above:
		return value > limit
	}
	return value >= limit
}

// Condition is a bound of one metric, such as "p99<300ms".
type Condition struct {
	Metric Name `json:"metric"`
	Op     Op   `json:"op"`
	// Limit is in the metric's unit.
	Limit float64 `json:"limit"`
}

// ParseCondition reads METRIC OP LIMIT about a metric of the known ones. The limit
// is written as Unit.Parse reads it.
func ParseCondition(text string, known []Name) (Condition, error) {
	n, op, limit, err := Split(text, known)
	if err != nil {
		return Condition{}, err
	}
	value, err := n.Unit().Parse(limit)
	if err != nil {
		return Condition{}, fmt.Errorf("%q: %w", strings.TrimSpace(text), err)
	}
	return Condition{n, op, value}, nil
}

// Split separates METRIC OP LIMIT. The limit is not empty, and not yet read: some
// callers know other limits than values of the metric's unit.
func Split(text string, known []Name) (n Name, op Op, limit string, err error) {
	text = strings.TrimSpace(text)
	// Every form of the signs that people know.
	s := strings.NewReplacer("≤", "<=", "≥", ">=").Replace(text)
	at := strings.IndexAny(s, "<>=")
	if at < 0 {
		return "", "", "", incomplete(text)
	}
	name, rest := strings.TrimSpace(s[:at]), s[at:]
	op = Op(rest[:1])
	if strings.HasPrefix(rest[1:], "=") {
		op = Op(rest[:2])
	}
	limit = strings.TrimSpace(rest[len(op):])
	switch {
	case op[0] == '=':
		return "", "", "", fmt.Errorf("%q asks for one exact value; write a bound with <, <=, > or >=", text)
	case name == "" || limit == "":
		return "", "", "", incomplete(text)
	case strings.ContainsAny(limit, "<>="):
		return "", "", "", fmt.Errorf("%q has more than one sign; write one condition for each bound", text)
	}
	if n, err = Find(name, known); err != nil {
		return "", "", "", fmt.Errorf("%q: %w", text, err)
	}
	return n, op, limit, nil
}

func incomplete(text string) error {
	return fmt.Errorf("%q is no condition; write a metric, one of < <= > >=, and a limit, such as p99<10ms", text)
}

// Holds reports whether a value of the metric keeps the condition.
func (c Condition) Holds(value float64) bool { return c.Op.Holds(value, c.Limit) }

// String returns the condition as ParseCondition reads it, such as "p99 < 300ms".
func (c Condition) String() string {
	return fmt.Sprintf("%s %s %s", c.Metric, c.Op, c.Metric.Unit().Text(c.Limit))
}
