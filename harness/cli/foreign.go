package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/cli/habits"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/loaders/dialect"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/suggest"
)

// foreign returns an error that shows the user's own command in joust's words, where
// its flags are those of other tools, or where a URL or a tool stands in place of a
// command. It returns nil for all other lines.
func foreign(root *cobra.Command, args []string) error {
	if len(args) == 0 || slices.Contains(args, "--help") || slices.Contains(args, "-h") {
		return nil
	}
	load, _, err := root.Find([]string{"load"})
	if err != nil {
		return nil //nolint:nilerr // there is always the command load
	}
	load.InheritedFlags() // adds joust's own to those of the command
	own := load.Flags()
	if slices.Contains(habits.Tools(), args[0]) {
		return session.Usage(toolCommand(args[0], args[1:], own))
	}
	c, rest, err := root.Find(args)
	switch {
	case err == nil && c == load:
		if readings := habits.Readings(rest, own); len(readings) > 0 {
			return session.Usage(errors.New(explain(readings)))
		}
	case err == nil && c == root && slices.ContainsFunc(args, isURL):
		if _, near := suggest.Nearest(args[0], commandNames(root)); near {
			return session.Usage(unknownCommand(root, args))
		}
		if readings := habits.Readings(args, own); len(readings) > 0 {
			return session.Usage(errors.New("a URL needs a command before it\n  " + explain(readings)))
		}
		return session.Usage(fmt.Errorf("a URL needs a command before it: %s", loadCommand(args)))
	}
	return nil
}

// toolCommand returns the error about `joust TOOL ARGS…`.
func toolCommand(name string, args []string, own *pflag.FlagSet) error {
	err := inLoad(name, args, own)
	if slices.Contains(dialect.Names(), name) {
		return fmt.Errorf("%w\n  joust as %s takes the line as it is, and prints the report of %s", err, name, name)
	}
	return err
}

// inLoad returns the error that says what the line of a tool is for joust load.
func inLoad(name string, args []string, own *pflag.FlagSet) error {
	r, ok := habits.As(name, args, own)
	switch {
	case !ok:
		return fmt.Errorf("%s is no command of joust, and not all of these are its flags: joust load takes its place (see joust load --help)", name)
	case len(r.Changes) == 0:
		return fmt.Errorf("%s is no command of joust: try %s", name, loadCommand(r.Args))
	}
	return fmt.Errorf("%s is no command of joust, and joust load takes its place\n  %s", name, explain([]habits.Reading{r}))
}

// explain returns a line for each change of the readings, and the whole command where
// joust can do all that it asks for.
func explain(readings []habits.Reading) string {
	var lines []string
	add := func(line string) {
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	for _, r := range readings {
		for _, c := range r.Changes {
			add(meaning(r.Tools, c))
		}
	}
	for _, r := range readings {
		switch {
		case !r.Exact():
		case len(readings) > 1:
			add(fmt.Sprintf("try, as %s: %s", results.Listed(r.Tools, "or"), loadCommand(r.Args)))
		default:
			add("try " + loadCommand(r.Args))
		}
	}
	return strings.Join(lines, "\n  ")
}

// meaning says what a flag of the tools is in joust's words.
func meaning(tools []string, c habits.Change) string {
	from := shellWords(c.From)
	if len(c.To) > 0 && results.SecretFlag(c.To[0]) {
		from = c.From[0]
	}
	if len(tools) > 0 {
		from += " of " + results.Listed(tools, "or")
	}
	switch {
	case c.Missing != "":
		return from + " has no counterpart: " + c.Missing
	case len(c.To) == 0:
		return from + " is not needed: " + c.Note
	}
	return from + ": joust calls this " + shellWords(results.RedactedArgs(c.To))
}

// loadCommand returns the command joust load with the arguments, without passwords.
func loadCommand(args []string) string {
	return "joust load " + shellWords(results.RedactedArgs(args))
}

func shellWords(args []string) string {
	var words []string
	for _, arg := range args {
		words = append(words, shellWord(arg))
	}
	return strings.Join(words, " ")
}

func isURL(arg string) bool {
	return strings.HasPrefix(arg, "http://") || strings.HasPrefix(arg, "https://")
}

// elsewhere returns the lines about what other tools mean by a flag that joust load
// has, where they would take its value; "" for none.
func elsewhere(c *cobra.Command, args []string, flag *pflag.Flag) string {
	if c.Name() != "load" {
		return ""
	}
	readings := slices.DeleteFunc(habits.Differing(args, c.Flags()), func(r habits.Reading) bool {
		return !slices.ContainsFunc(r.Changes, func(change habits.Change) bool {
			name, _, _ := strings.Cut(change.From[0], "=")
			return name == "--"+flag.Name || flag.Shorthand != "" && strings.HasPrefix(name, "-"+flag.Shorthand)
		})
	})
	if len(readings) == 0 {
		return ""
	}
	return "\n  " + explain(readings)
}

// abroad returns the lines about what a flag that the command lacks means to joust
// load and to other tools; "" for none.
func abroad(c *cobra.Command, name string) string {
	if namesake(c, name) != "" {
		return ""
	}
	if c.Name() != "load" && c.Name() != "run" && c.HasParent() {
		return ""
	}
	var lines []string
	for _, r := range habits.Meanings(name) {
		line := meaning(r.Tools, r.Changes[0])
		if c.Name() != "load" {
			line = strings.Replace(line, "joust calls", "joust load calls", 1)
		}
		lines = append(lines, "\n  "+line)
	}
	return strings.Join(lines, "")
}

// namesakes are the flags of joust run for what other commands and tools call so.
var namesakes = map[string]string{
	"-c": "--clients", "--connections": "--clients", "--vus": "--clients", "--concurrency": "--clients",
	"-d": "--duration", "-z": "--duration", "-R": "--rates", "--rate": "--rates", "--rps": "--rates",
	"-t": "--threads", "-s": "--servers",
}

// namesake returns the flag of joust run that other commands and tools call by the
// name, or "".
func namesake(c *cobra.Command, name string) string {
	if c.Name() == "run" && namesakes[name] != "" {
		return ", joust run calls this " + namesakes[name]
	}
	return ""
}
