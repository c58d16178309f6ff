// Package surroundings has the environment variables, limits and umask with which
// joust starts servers, loaders and other programs. Nothing else of joust's own
// shell reaches them: two runs of one plan start the same servers.
package surroundings

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Umask is the umask of every program that joust starts as a process.
const Umask = 0o022

// ForProcess returns the stated environment of a process: PATH and HOME of joust's
// own environment, which lookup reads as os.LookupEnv does, the given TMPDIR, and
// fixed values for language and time zone.
func ForProcess(lookup func(name string) (value string, found bool), tmp string) map[string]string {
	variables := Merge(ForContainer(), map[string]string{"TMPDIR": tmp})
	for _, name := range []string{"HOME", "PATH"} {
		if value, found := lookup(name); found {
			variables[name] = value
		}
	}
	return variables
}

// ForContainer returns the stated environment of a container. PATH, HOME and
// TMPDIR are the image's: paths of this machine mean nothing in it.
func ForContainer() map[string]string {
	return map[string]string{"LANG": "C.UTF-8", "TZ": "UTC"}
}

// Merge returns the variables of all layers. The last layer that has a variable
// decides its value.
func Merge(layers ...map[string]string) map[string]string {
	merged := map[string]string{}
	for _, layer := range layers {
		maps.Copy(merged, layer)
	}
	return merged
}

// Pairs returns the variables as NAME=VALUE, sorted by name.
func Pairs(variables map[string]string) []string {
	pairs := make([]string, 0, len(variables))
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		pairs = append(pairs, name+"="+variables[name])
	}
	return pairs
}

// FromPairs reads NAME=VALUE pairs. The last one of a name counts.
func FromPairs(pairs []string) map[string]string {
	variables := make(map[string]string, len(pairs))
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		variables[name] = value
	}
	return variables
}

// Parse reads variables as users write them: NAME=VALUE, or NAME alone for the
// value that lookup finds in joust's own environment. It returns an error for
// every wrong text.
func Parse(texts []string, lookup func(name string) (value string, found bool)) (map[string]string, []error) {
	variables := map[string]string{}
	var errs []error
	for _, text := range texts {
		name, value, given := strings.Cut(text, "=")
		own, found := lookup(name)
		_, twice := variables[name]
		switch {
		case Fault(name, value) != "":
			errs = append(errs, fmt.Errorf("%q: %s; write NAME=VALUE, such as GOGC=off", text, Fault(name, value)))
		case twice:
			errs = append(errs, fmt.Errorf("%s is given twice", name))
		case !given && !found:
			errs = append(errs, fmt.Errorf("%q is no NAME=VALUE, and joust's own environment has no %s to pass on; write %s=VALUE", text, name, name))
		case !given:
			variables[name] = own
		default:
			variables[name] = value
		}
	}
	return variables, errs
}

// Fault returns why an environment cannot hold the variable; empty where it can.
func Fault(name, value string) string {
	switch {
	case name == "" || strings.ContainsAny(name, "= \t\r\n\x00"):
		return fmt.Sprintf("%q cannot be the name of a variable", name)
	case strings.Contains(value, "\x00"):
		return fmt.Sprintf("the value of %s holds a zero byte", name)
	}
	return ""
}
