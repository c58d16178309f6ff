package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/results"
)

// needsPlan returns the error of joust run without anything to compare; nil where
// there is something.
func (a *app) needsPlan(args []string) error {
	isGiven := func(s plan.Setting) bool { return a.flags[s.Flag] != nil }
	if len(args) > 0 || len(a.opener.Attached.URLs) > 0 || slices.ContainsFunc(plan.Settings(), isGiven) {
		return nil
	}
	return session.Usage(errors.New("run needs a plan, or servers and scenarios: joust run scripts/quick.yaml, or joust run --servers nethttp,nginx --scenarios hello (joust list tells what there is)"))
}

// onePlan takes one plan at most. Several names are those of servers.
func onePlan(c *cobra.Command, args []string) error {
	if len(args) < 2 {
		return nil
	}
	if _, err := os.Stat(args[0]); err != nil {
		return misuse(c, "takes one PLAN.yaml, and there are %d: %s; servers are named so: --servers %s --scenarios hello", len(args), strings.Join(args, " "), strings.Join(args, ","))
	}
	return atMostOne("PLAN.yaml")(c, args)
}

// noPlan returns the error about a plan that cannot be read. It names the command for
// what the user may have meant.
func noPlan(arg string, known *plan.Catalogue, cause error) error {
	plans, _ := planFiles() // without them the error names none
	shown := results.Redacted(arg)
	named := slices.IndexFunc(plans, func(file string) bool {
		return strings.TrimSuffix(filepath.Base(file), ".yaml") == strings.TrimSuffix(arg, ".yaml")
	})
	_, manifest := os.Stat(filepath.Join(arg, "server.yaml"))
	switch {
	case isURL(arg):
		return fmt.Errorf("%s is a URL and no plan: joust load %s, or joust run --url mine=%s --scenarios hello", shown, shown, shown)
	case known.Server(arg) != nil:
		return fmt.Errorf("%s is a server and no plan: joust run --servers %s --scenarios hello", arg, arg)
	case manifest == nil:
		return fmt.Errorf("%s is the folder of a server and no plan: joust run --servers %s --scenarios hello", arg, arg)
	case known.Scenario(arg) != nil:
		return fmt.Errorf("%s is a scenario and no plan: joust run --servers nethttp,nginx --scenarios %s", arg, arg)
	case !errors.Is(cause, os.ErrNotExist):
		return fmt.Errorf("reading the plan: %w", cause)
	case named >= 0:
		return fmt.Errorf("there is no plan %s: joust run %s", arg, plans[named])
	}
	return fmt.Errorf("there is no plan %s: plans here: %s", arg, strings.Join(plans, ", "))
}

// noURLs returns an error where an argument of joust check is a URL.
func noURLs(names []string) error {
	for _, name := range names {
		if shown := results.Redacted(name); isURL(name) {
			return session.Usage(fmt.Errorf("%s: check takes names of servers, and a server that runs already by --url: joust check --url mine=%s --scenarios hello", shown, shown))
		}
	}
	return nil
}

// oneURL takes one URL.
func oneURL(c *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return misuse(c, "needs a URL: joust load http://127.0.0.1:8080/")
	case len(args) > 1 && !slices.ContainsFunc(args, func(arg string) bool { return !isURL(arg) }):
		return misuse(c, "takes one URL, and there are %d: %s; start one joust load for each, or compare them: joust run --url a=%s --url b=%s --scenarios hello; one load asks many URLs with --url-file", len(args), results.Redacted(strings.Join(args, " ")), results.Redacted(args[0]), results.Redacted(args[1]))
	}
	return atMostOne("URL")(c, args)
}

// commandNames returns the names of a command's commands, without the hidden ones.
func commandNames(c *cobra.Command) []string {
	var names []string
	for _, sub := range c.Commands() {
		if !sub.Hidden {
			names = append(names, sub.Name())
		}
	}
	return names
}
