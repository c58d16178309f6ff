package cli

import (
	"strings"

	"github.com/spf13/pflag"
)

// urlFlag is the flag that names servers that run already.
func (a *app) urlFlag(flags *pflag.FlagSet) {
	flags.StringArrayVar(&a.opener.Attached.URLs, "url", nil, "NAME=http://HOST:PORT of a server that runs already: one more column (repeatable)")
}

// sampleFlags are those that say what is sampled for a server of --url.
func (a *app) sampleFlags(flags *pflag.FlagSet) {
	at := &a.opener.Attached
	flags.StringArrayVar(&at.Containers, "container", nil, "NAME=ID, or the container's name, of a server of --url that runs in a container, so that its CPU and memory are sampled (repeatable)")
	flags.StringArrayVar(&at.PIDs, "pid", nil, "NAME=PID of a server of --url, so that its CPU and memory are sampled; PID alone where there is one (repeatable)")
}

// sampledAgain are the flags with which the same processes are sampled again.
func (a *app) sampledAgain() string {
	var text strings.Builder
	for _, pid := range a.opener.Attached.PIDs {
		text.WriteString(" --pid " + shellWord(pid))
	}
	for _, id := range a.opener.Attached.Containers {
		text.WriteString(" --container " + shellWord(id))
	}
	return text.String()
}
