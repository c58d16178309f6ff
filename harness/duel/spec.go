// Package duel implements joust duel. Two variants of a server meet in pairs of
// ladders, in the order A B B A, until it is known whether B differs from A by more
// than a margin, or the budget is spent. The interval is valid after every pair
// (stats.Sequence).
package duel

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/suggest"
)

// Spec is one variant of a duel: a server with changes.
type Spec struct {
	// Text is the user's text of the spec.
	Text   string
	Server string
	// Revision is a git revision of the repository that holds the server's
	// folder; empty for the folder as it stands.
	Revision string
	// Args are added behind the manifest's, Env to its environment; both are
	// templates as there.
	Args []string
	Env  map[string]string
	// With gives parameters of the server other values.
	With map[string]string
	// Program runs in place of the one that is built or named in the manifest.
	Program string
	// Isolation is results.IsolationProcess or IsolationContainer, empty for
	// the manifest's.
	Isolation string
}

// keys are the keys of a spec's changes.
func keys() []string { return []string{"arg", "bin", "env.NAME", "isolation", "with.NAME"} }

// ParseSpec reads NAME[@REVISION][,KEY=VALUE...]. A comma within a value is
// written "\,".
func ParseSpec(text string) (Spec, error) {
	s := Spec{Text: text, Env: map[string]string{}, With: map[string]string{}}
	parts := split(text)
	s.Server, s.Revision, _ = strings.Cut(parts[0], "@")
	var errs []error
	switch {
	case s.Server == "":
		errs = append(errs, errors.New("it names no server; it begins with one, such as nethttp"))
	case strings.HasSuffix(parts[0], "@"):
		errs = append(errs, fmt.Errorf("there is no revision behind the @ of %q", parts[0]))
	case strings.HasPrefix(s.Revision, "-"):
		errs = append(errs, fmt.Errorf("%q is no git revision", s.Revision))
	}
	for _, part := range parts[1:] {
		errs = append(errs, s.change(part))
	}
	if err := errors.Join(errs...); err != nil {
		return s, fmt.Errorf("variant %q: %w", text, err)
	}
	return s, nil
}

// split splits at commas without a backslash before them.
func split(text string) []string {
	const comma = "\x00" // which no argument can hold
	parts := strings.Split(strings.ReplaceAll(text, `\,`, comma), ",")
	for i := range parts {
		parts[i] = strings.ReplaceAll(parts[i], comma, ",")
	}
	return parts
}

// change reads one KEY=VALUE.
func (s *Spec) change(part string) error {
	key, value, ok := strings.Cut(part, "=")
	name, env := strings.CutPrefix(key, "env.")
	parameter, with := strings.CutPrefix(key, "with.")
	switch {
	case !ok:
		return fmt.Errorf("%q is no KEY=VALUE; the keys are %s", part, strings.Join(keys(), ", "))
	case env && name != "":
		s.Env[name] = value
	case with && parameter != "":
		s.With[parameter] = value
	case key == "arg":
		s.Args = append(s.Args, value)
	case key == "bin" && value != "":
		s.Program = value
	case key == "isolation" && (value == results.IsolationProcess || value == results.IsolationContainer):
		s.Isolation = value
	case key == "isolation":
		return fmt.Errorf("unknown isolation %q: it is %s or %s", value, results.IsolationProcess, results.IsolationContainer)
	case key == "bin":
		return errors.New("bin needs the path of a program")
	default:
		return fmt.Errorf("unknown key %q%s", key, suggest.Hint(key, keys()))
	}
	return nil
}

// Apply returns the manifest with the spec's changes; binary is the program to run
// in place of a built one, empty where it is to be built or the manifest names it.
func (s Spec) Apply(m catalog.Manifest) (changed catalog.Manifest, binary string, err error) {
	if m.URL != "" {
		if len(s.Args)+len(s.Env)+len(s.With) > 0 || s.Program != "" || s.Revision != "" {
			return m, "", fmt.Errorf("%s runs already, at %s: nothing can be changed about it", m.Name, m.URL)
		}
		return m, "", nil
	}
	if m, err = m.With(s.With); err != nil {
		return m, "", err
	}
	if s.Isolation != "" {
		if why := m.CannotBe(s.Isolation); why != "" {
			return m, "", errors.New(why)
		}
		m.Isolation = s.Isolation
	}
	m.Args = slices.Concat(m.Args, s.Args)
	env := map[string]string{}
	maps.Copy(env, m.Env)
	maps.Copy(env, s.Env)
	m.Env = env
	if s.Program == "" {
		return m, "", nil
	}
	path, err := filepath.Abs(s.Program)
	switch {
	case err != nil:
		return m, "", fmt.Errorf("finding its program: %w", err)
	case m.HasImage():
		return m, "", fmt.Errorf("%s is an image, in which no other program can stand", m.Name)
	case m.Go != "":
		return m, path, nil
	}
	m.Command = append([]string{path}, m.Command[1:]...)
	return m, "", nil
}
