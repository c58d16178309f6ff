package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/harness/surroundings"
)

// settingFlags registers the flags of the table of settings, or only those of
// the names. A setting that joust run knows by its key alone is registered by its
// key where it is named.
func settingFlags(flags *pflag.FlagSet, names ...string) {
	register := map[string]func(name, usage string){
		"bool":        func(name, usage string) { flags.Bool(name, false, usage) },
		"duration":    func(name, usage string) { flagOf(flags, durationForm, name, "", 0, usage) },
		"float64":     func(name, usage string) { flags.Float64(name, 0, usage) },
		"int":         func(name, usage string) { flagOf(flags, integerForm, name, "", 0, usage) },
		"uint64":      func(name, usage string) { flags.Uint64(name, 0, usage) },
		"":            func(name, usage string) { flags.String(name, "", usage) },
		"string":      func(name, usage string) { flags.String(name, "", usage) },
		"stringArray": func(name, usage string) { flags.StringArray(name, nil, usage) },
		"stringSlice": func(name, usage string) { listVar(flags, new([]string), name, nil, usage) },
	}
	for _, s := range plan.Settings() {
		name := s.Flag
		if len(names) > 0 {
			name = cmp.Or(s.Flag, s.Key)
		}
		if name != "" && (len(names) == 0 || slices.Contains(names, name)) {
			register[s.Form](name, s.Usage())
		}
	}
}

// otherNames lets flags of joust run have the names that other harnesses give them.
func otherNames(flags *pflag.FlagSet) {
	names := map[string]pflag.NormalizedName{"profile-tool": "profile", "runs": "trials"}
	flags.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if own, ok := names[name]; ok {
			return own
		}
		return pflag.NormalizedName(name)
	})
	flags.BoolFunc("with-resources", "accepted, and always on: CPU and memory of both sides are measured in every run", func(text string) error {
		if on, err := strconv.ParseBool(text); err != nil || !on {
			return errors.New("CPU and memory are measured in every run; leave the flag out")
		}
		return nil
	})
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
func (a *app) environment() (map[string]string, error) {
	variables, errs := surroundings.Parse(a.flags["env"], os.LookupEnv)
	for i, err := range errs {
		errs[i] = fmt.Errorf("--env: %w", err)
	}
	return variables, session.Usage(errors.Join(errs...))
}

// fixedFlag returns the first given flag that would change a stored plan.
func fixedFlag(flags *pflag.FlagSet) string {
	for _, flag := range []string{"url", "scenario-file"} {
		if flags.Changed(flag) {
			return "--" + flag
		}
	}
	for _, s := range plan.Settings() {
		if !s.OnResume && flags.Changed(s.Flag) {
			return "--" + s.Flag
		}
	}
	return ""
}

// scenarioFileFlag registers the flag that names files of the user's own rows.
func (a *app) scenarioFileFlag(flags *pflag.FlagSet) {
	flags.StringArrayVar(&a.opener.ScenarioFiles, "scenario-file", nil, "`FILE` with rows of your own, in the form of the scenario table; every server may be asked them (repeatable)")
}

// urlFlag registers the flag that names servers that run already.
func (a *app) urlFlag(flags *pflag.FlagSet) {
	flags.StringArrayVar(&a.opener.Attached.URLs, "url", nil, "NAME=http://HOST:PORT of a server that runs already: one more column (repeatable)")
}

// sampleFlags registers the flags that name the processes of servers of --url.
func (a *app) sampleFlags(flags *pflag.FlagSet) {
	at := &a.opener.Attached
	flags.StringArrayVar(&at.Containers, "container", nil, "NAME=ID, or the container's name, of a server of --url that runs in a container: samples its CPU and memory (repeatable)")
	flags.StringArrayVar(&at.PIDs, "pid", nil, "NAME=PID of a server of --url: samples its CPU and memory; PID alone where there is one (repeatable)")
}
