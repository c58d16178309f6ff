package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results/suggest"
	"github.com/joust-bench/joust/scenarios/dataset"
)

// generator makes bodies and parts of requests from whole numbers.
type generator struct {
	// parameters bound the arguments. With many, the last one may be repeated.
	parameters []parameter
	many       bool
	make       func(args []int64) string
}

// parameter bounds an argument, both ends included.
type parameter struct {
	name        string
	least, most int64
}

// maxNumber bounds numbers in both directions: sums and totals of such numbers are
// exact in every language that counts in 64-bit floating point.
const maxNumber = 1_000_000_000

// generators returns all generators by name.
func generators() map[string]generator {
	count := func(most int64) parameter { return parameter{"count", 1, most} }
	return map[string]generator{
		"items": {parameters: []parameter{count(dataset.MaxItems), {"multiplier", 1, 1000}},
			make: func(args []int64) string { return string(dataset.Answer(int(args[0]), args[1])) }},
		"document": {parameters: []parameter{{"seed", 1, 1_000_000}}, make: document},
		"events":   {parameters: []parameter{count(10_000)}, make: events},
		"sum":      {parameters: []parameter{{"number", -maxNumber, maxNumber}}, many: true, make: sum},
		"pairs":    {parameters: []parameter{count(999)}, make: pairs},
		"cookies":  {parameters: []parameter{count(999)}, make: cookies},
	}
}

// document returns the JSON of /gzip?seed={seed}, 384 rows.
func document(args []int64) string {
	const rows, factor, modulus = 384, 7919, 1_000_003
	seed := args[0]
	var out strings.Builder
	fmt.Fprintf(&out, `{"seed":%d,"rows":[`, seed)
	for i := range int64(rows) {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, `{"id":%d,"value":%d,"name":"row-%d"}`, i, (i*seed*factor+i*i)%modulus, i)
	}
	out.WriteString("]}")
	return out.String()
}

// events returns server-sent events with the numbers from 1.
func events(args []int64) string { return joined(args[0], "", "data: %d\n\n") }

// pairs returns fields of a form or query of 31 bytes each.
func pairs(args []int64) string { return joined(args[0], "&", "k%03d=abcdefghijklmnopqrstuvwxyz") }

// cookies returns the value of a Cookie header.
func cookies(args []int64) string { return joined(args[0], "; ", "cookie%03d=abcdefghijklmnop") }

// joined writes the numbers from 1 to n.
func joined(n int64, separator, format string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf(format, i+1)
	}
	return strings.Join(parts, separator)
}

// sum returns the sum of the numbers in decimal.
func sum(args []int64) string {
	var total int64
	for _, n := range args {
		total += n
	}
	return strconv.FormatInt(total, 10)
}

// generate returns the text that the call makes. Its arguments are whole numbers and
// names of numbers.
func (known numbers) generate(call string) (string, error) {
	name, rest, ok := strings.Cut(strings.TrimSpace(call), "(")
	inner, closed := strings.CutSuffix(rest, ")")
	if !ok || !closed {
		return "", fmt.Errorf("%q is no call such as items(50, 6)", call)
	}
	g, ok := generators()[name]
	if !ok {
		return "", fmt.Errorf("%s", suggest.Unknown("generator", name, slices.Sorted(maps.Keys(generators()))))
	}
	args, err := known.arguments(inner)
	if err == nil {
		err = g.check(name, args)
	}
	if err != nil {
		return "", err
	}
	return g.make(args), nil
}

// arguments returns the values of a list such as "50, n".
func (known numbers) arguments(list string) ([]int64, error) {
	if strings.TrimSpace(list) == "" {
		return nil, nil
	}
	var args []int64
	for text := range strings.SplitSeq(list, ",") {
		text = strings.TrimSpace(text)
		value, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			n, found := known.find(text)
			if !found {
				return nil, known.unknown("argument", text)
			}
			value = n.value
		}
		args = append(args, value)
	}
	return args, nil
}

// check reports a wrong number of arguments, and values out of their ranges.
func (g generator) check(name string, args []int64) error {
	wrong := len(args) != len(g.parameters)
	if g.many {
		wrong = len(args) < len(g.parameters)
	}
	if wrong {
		return fmt.Errorf("%s has %d arguments, and takes %s", name, len(args), g.signature(name))
	}
	for i, value := range args {
		p := g.parameters[min(i, len(g.parameters)-1)]
		if value < p.least || value > p.most {
			return fmt.Errorf("%s: the %s is %d, and must be from %d to %d", name, p.name, value, p.least, p.most)
		}
	}
	return nil
}

// signature returns the call in words, such as "items(count, multiplier)".
func (g generator) signature(name string) string {
	var names []string
	for _, p := range g.parameters {
		names = append(names, p.name)
	}
	if g.many {
		names = append(names, "…")
	}
	return name + "(" + strings.Join(names, ", ") + ")"
}
