package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/harness/surroundings"
)

// envFlag is the flag of every command that starts servers.
func envFlag(flags *pflag.FlagSet, to *[]string) {
	for _, s := range plan.Settings() {
		if s.Flag == "env" {
			flags.StringArrayVar(to, s.Flag, nil, s.Usage())
		}
	}
}

// readEnv reads the flag where no plan does.
func readEnv(texts []string) (map[string]string, error) {
	variables, errs := surroundings.Parse(texts, os.LookupEnv)
	for i, err := range errs {
		errs[i] = fmt.Errorf("--env: %w", err)
	}
	return variables, session.Usage(errors.Join(errs...))
}
