package cli

import (
	"slices"

	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/plan"
)

// settingFlags registers the flags of the table of settings: those of these
// names, or all.
func settingFlags(flags *pflag.FlagSet, names ...string) {
	for _, s := range plan.Settings() {
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
		case "string":
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

// settingsOf are the flags that were given.
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

// fixedFlag is the first flag given that would change a stored plan.
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
