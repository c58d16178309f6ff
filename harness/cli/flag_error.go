package cli

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios/suggest"
)

// flagError puts an error of pflag in joust's words. It names the nearest flag to
// an unknown one, and a right value in place of a wrong one.
func (a *app) flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &invalid):
		flag := invalid.GetFlag()
		_, rest, _ := c.Root().Find(a.args)
		return fmt.Errorf("--%s %q: %s (see %s --help)%s", flag.Name, invalid.GetValue(), wanted(flag, err), c.CommandPath(), elsewhere(c, rest, flag))
	case !errors.As(err, &unknown):
		return fmt.Errorf("%w (see %s --help)", err, c.CommandPath())
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, "--"+f.Name)
		}
	})
	name := "--" + strings.TrimLeft(unknown.GetSpecifiedName(), "-")
	if unknown.GetSpecifiedShortnames() != "" {
		name = name[1:]
	}
	return fmt.Errorf("unknown flag %s%s (see %s --help)%s", name, cmp.Or(namesake(c, name), suggest.Hint(name, names)), c.CommandPath(), abroad(c, name))
}

// wanted says which values the flag takes, in place of the error of a value.
func wanted(flag *pflag.Flag, err error) string {
	if errors.Is(err, strconv.ErrRange) {
		return "that number is out of range"
	}
	text, ok := map[string]string{
		"int":          "a whole number is needed, such as 8 or 20k",
		"uint64":       "a whole number from 0 on is needed, such as 8 or 20k",
		"float64":      "a number is needed, such as 0.5",
		"float64Slice": "numbers are needed, such as 1000,20k",
		"duration":     "a duration is needed: " + results.DurationForm,
		"bool":         "true or false is needed, such as --" + flag.Name + "=false",
	}[flag.Value.Type()]
	if !ok {
		return errors.Unwrap(err).Error()
	}
	return text
}
