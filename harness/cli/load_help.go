package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// sectionKey is the annotation that holds the heading of a flag in --help.
const sectionKey = "section"

// sections returns a function that begins a section of flags: those registered from
// then on stand under its heading, until the next call.
func sections(flags *pflag.FlagSet) (under func(heading string)) {
	current := ""
	return func(next string) {
		flags.VisitAll(func(f *pflag.Flag) {
			if f.Annotations[sectionKey] == nil {
				f.Annotations = map[string][]string{sectionKey: {current}}
			}
		})
		current = next
	}
}

// alias registers a second, hidden name of a flag, for people who know it from other
// tools.
func alias(flags *pflag.FlagSet, of, name, shorthand string) {
	f := *flags.Lookup(of)
	f.Name, f.Shorthand, f.Hidden = name, shorthand, true
	f.Annotations = nil
	flags.AddFlag(&f)
}

// sectionedUsage prints the usage of a command whose flags stand in sections.
func sectionedUsage(c *cobra.Command) error {
	var text strings.Builder
	fmt.Fprintf(&text, "Usage:\n  %s\n\nExamples:\n%s\n", c.UseLine(), c.Example)
	var headings []string
	under := map[string]*pflag.FlagSet{}
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		heading := "Other flags"
		if h := f.Annotations[sectionKey]; h != nil {
			heading = h[0]
		}
		if under[heading] == nil {
			headings = append(headings, heading)
			under[heading] = pflag.NewFlagSet(heading, pflag.ContinueOnError)
			under[heading].SortFlags = false
		}
		under[heading].AddFlag(f)
	})
	under[headings[len(headings)-1]].AddFlagSet(c.InheritedFlags())
	for _, heading := range headings {
		fmt.Fprintf(&text, "\n%s:\n%s", heading, under[heading].FlagUsagesWrapped(helpColumns(c.OutOrStdout())))
	}
	_, err := io.WriteString(c.OutOrStderr(), text.String())
	return err
}

// helpWidth is the most columns of the flags in --help.
const helpWidth = 100

// helpColumns returns the columns of the flags in --help: those of a terminal that is
// narrower, else helpWidth.
func helpColumns(w io.Writer) int {
	if n := columns(w); n > 0 {
		return min(n, helpWidth)
	}
	return helpWidth
}
