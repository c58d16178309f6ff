package cli

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// value is the value of a flag in the forms that all of joust's commands read.
type value[T any] struct {
	to   *T
	form form[T]
}

// form is how values of a type are read and printed. kind is the type's name in
// package pflag, from which --help makes the flag's argument.
type form[T any] struct {
	kind  string
	parse func(string) (T, error)
	print func(T) string
}

var (
	durationForm = form[time.Duration]{"duration", results.ParseDuration, func(d time.Duration) string {
		if d == 0 {
			return "0" // --help prints no default that is "0"
		}
		return d.String()
	}}
	integerForm = form[int]{"int", results.ParseInt, strconv.Itoa}
	statusForm  = form[int]{"int", parseStatus, strconv.Itoa}
	countForm   = form[uint64]{"uint64", results.ParseCount, func(n uint64) string { return strconv.FormatUint(n, 10) }}
)

// parseStatus reads a status, or the word any.
func parseStatus(text string) (int, error) {
	if strings.EqualFold(strings.TrimSpace(text), "any") {
		return scenarios.AnyStatus, nil
	}
	return results.ParseInt(text)
}

// flagOf registers a flag whose values are read by the form. A shorthand of "" is
// none.
func flagOf[T any](flags *pflag.FlagSet, f form[T], name, shorthand string, otherwise T, usage string) *T {
	to := &otherwise
	flags.VarP(value[T]{to, f}, name, shorthand, usage)
	return to
}

// durationVar registers a flag of a duration.
func durationVar(flags *pflag.FlagSet, to *time.Duration, name string, otherwise time.Duration, usage string) {
	*to = otherwise
	flags.Var(value[time.Duration]{to, durationForm}, name, usage)
}

// integerVar registers a flag of a whole number.
func integerVar(flags *pflag.FlagSet, to *int, name string, otherwise int, usage string) {
	*to = otherwise
	flags.Var(value[int]{to, integerForm}, name, usage)
}

// Set reads the text of the flag.
func (v value[T]) Set(text string) (err error) {
	*v.to, err = v.form.parse(text)
	return err
}

// String prints the value as Set reads it. pflag asks it of a zero value too.
func (v value[T]) String() string {
	if v.to == nil {
		return ""
	}
	return v.form.print(*v.to)
}

// Type returns the name of the value's type.
func (v value[T]) Type() string { return v.form.kind }

// list is the value of a flag of several items with commas, which may be given
// several times. Spaces around items do not count.
type list[T any] struct {
	to   *[]T
	item form[T]
	// given is true once the flag was given, which replaces its default.
	given *bool
}

var (
	wordForm   = form[string]{"string", func(text string) (string, error) { return text, nil }, func(text string) string { return text }}
	numberForm = form[float64]{"float64", results.ParseNumber, func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }}
)

// listVar registers a flag of words such as names.
func listVar(flags *pflag.FlagSet, to *[]string, name string, otherwise []string, usage string) {
	*to = otherwise
	flags.Var(list[string]{to, wordForm, new(false)}, name, usage)
}

// numbersVar registers a flag of numbers.
func numbersVar(flags *pflag.FlagSet, to *[]float64, name string, otherwise []float64, usage string) {
	*to = otherwise
	flags.Var(list[float64]{to, numberForm, new(false)}, name, usage)
}

func (l list[T]) parse(text string) ([]T, error) {
	var items []T
	var errs []error
	for part := range strings.SplitSeq(text, ",") {
		item, err := l.item.parse(strings.TrimSpace(part))
		items, errs = append(items, item), append(errs, err)
	}
	return items, errors.Join(errs...)
}

// Set reads the items of one text.
func (l list[T]) Set(text string) error {
	items, err := l.parse(text)
	if err != nil {
		return err
	}
	if *l.given {
		items = append(*l.to, items...)
	}
	*l.to, *l.given = items, true
	return nil
}

// Append adds an item.
func (l list[T]) Append(text string) error { return l.Set(text) }

// Replace takes these items in place of all others.
func (l list[T]) Replace(texts []string) error {
	items, err := l.parse(strings.Join(texts, ","))
	if err == nil {
		*l.to, *l.given = items, true
	}
	return err
}

// GetSlice returns the items as texts.
func (l list[T]) GetSlice() []string {
	texts := []string{}
	for _, item := range *l.to {
		texts = append(texts, l.item.print(item))
	}
	return texts
}

// String prints the items. pflag asks it of a zero value too.
func (l list[T]) String() string {
	if l.to == nil || len(*l.to) == 0 {
		return ""
	}
	return "[" + strings.Join(l.GetSlice(), ",") + "]"
}

// Type returns the name of the list's type in package pflag.
func (l list[T]) Type() string { return l.item.kind + "Slice" }

var _ pflag.SliceValue = list[string]{}
