package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/harness/surroundings"
)

// settingFlags registers the flags of the table of settings, or only those of
// the names. A setting that joust run knows by its key alone is registered by its
// key where it is named.
func settingFlags(flags *pflag.FlagSet, names ...string) {
	for _, s := range plan.Settings() {
		if len(names) > 0 {
			s.Flag = cmp.Or(s.Flag, s.Key)
		}
		if s.Flag == "" || len(names) > 0 && !slices.Contains(names, s.Flag) {
			continue
		}
		switch s.Form {
		case "bool":
			flags.Bool(s.Flag, false, s.Usage())
		case "duration":
			flags.Duration(s.Flag, 0, s.Usage())
		case "float64":
			flags.Float64(s.Flag, 0, s.Usage())
		case "int":
			flags.Int(s.Flag, 0, s.Usage())
		case "string", "":
			flags.String(s.Flag, "", s.Usage())
		case "stringArray":
			flags.StringArray(s.Flag, nil, s.Usage())
		case "stringSlice":
			flags.StringSlice(s.Flag, nil, s.Usage())
		case "uint64":
			flags.Uint64(s.Flag, 0, s.Usage())
		}
	}
}

// settingsOf returns the flags that were given.
func settingsOf(flags *pflag.FlagSet) plan.Flags {
	given := plan.Flags{}
	flags.Visit(func(f *pflag.Flag) {
		if list, ok := f.Value.(pflag.SliceValue); ok {
			given[f.Name] = list.GetSlice()
		} else {
			given[f.Name] = []string{f.Value.String()}
		}
	})
	return given
}

// environment returns the variables of --env.
func environment(given plan.Flags) (map[string]string, error) {
	variables, errs := surroundings.Parse(given["env"], os.LookupEnv)
	for i, err := range errs {
		errs[i] = fmt.Errorf("--env: %w", err)
	}
	return variables, session.Usage(errors.Join(errs...))
}

// fixedFlag returns the first given flag that would change a stored plan.
func fixedFlag(flags *pflag.FlagSet) string {
	if flags.Changed("url") {
		return "--url"
	}
	for _, s := range plan.Settings() {
		if !s.OnResume && flags.Changed(s.Flag) {
			return "--" + s.Flag
		}
	}
	return ""
}

// urlFlag registers the flag that names servers that run already.
func (a *app) urlFlag(flags *pflag.FlagSet) {
	flags.StringArrayVar(&a.opener.Attached.URLs, "url", nil, "NAME=http://HOST:PORT of a server that runs already: one more column (repeatable)")
}

// sampleFlags registers the flags that name the processes of servers of --url.
func (a *app) sampleFlags(flags *pflag.FlagSet) {
	at := &a.opener.Attached
	flags.StringArrayVar(&at.Containers, "container", nil, "NAME=ID, or the container's name, of a server of --url that runs in a container, so that its CPU and memory are sampled (repeatable)")
	flags.StringArrayVar(&at.PIDs, "pid", nil, "NAME=PID of a server of --url, so that its CPU and memory are sampled; PID alone where there is one (repeatable)")
}
