package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/plan"
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
	return variables, usage(errors.Join(errs...))
}

// versionEnv is the environment in which the commands that print the versions of
// a server run: the server's own, without what is known only when it starts.
func versionEnv(f fixture) []string {
	own := map[string]string{}
	for name, value := range f.Manifest.Env {
		if !strings.Contains(value, "{{") {
			own[name] = value
		}
	}
	return surroundings.Pairs(surroundings.Merge(surroundings.ForProcess(os.LookupEnv, os.TempDir()), own, f.Env))
}
