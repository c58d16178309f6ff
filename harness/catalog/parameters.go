package catalog

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/joust-bench/joust/harness/profile"
	"github.com/joust-bench/joust/results/suggest"
)

// With returns the manifest with other values of its parameters. The error names
// every parameter that it does not have.
func (m Manifest) With(values map[string]string) (Manifest, error) {
	var errs []error
	params := maps.Clone(m.Params)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if fault := m.parameterFault(name); fault != "" {
			errs = append(errs, errors.New(fault))
			continue
		}
		params[name] = values[name]
	}
	m.Params = params
	return m, errors.Join(errs...)
}

// parameterFault returns the mistake in the name of a parameter, or "".
func (m *Manifest) parameterFault(name string) string {
	known := slices.Sorted(maps.Keys(m.Parameters))
	switch {
	case slices.Contains(known, name):
		return ""
	case len(known) == 0:
		return fmt.Sprintf("the server %s has no parameters, so %s cannot be set", m.Name, name)
	}
	return suggest.Unknown("parameter", name, known)
}

// variants returns the manifest's variants as servers.
func (m *Manifest) variants() []Manifest {
	var list []Manifest
	for _, v := range m.Variants {
		s, err := m.With(v.Set)
		if err != nil {
			continue // checkVariants reports it
		}
		s.Name, s.Variants = v.Name, nil
		if s.Title = v.Title; s.Title == "" {
			s.Title = m.Title + " (" + pairs(v.Set) + ")"
		}
		if v.Setup != "" {
			s.Setup = v.Setup
		}
		s.Unsupported = maps.Clone(m.Unsupported)
		if s.Unsupported == nil {
			s.Unsupported = map[string]string{}
		}
		maps.Copy(s.Unsupported, v.Unsupported)
		s.Scenarios = slices.DeleteFunc(slices.Clone(m.Scenarios), func(row string) bool { return v.Unsupported[row] != "" })
		list = append(list, s)
	}
	return list
}

// pairs returns the values as "a=1, b=2".
func pairs(values map[string]string) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		list = append(list, name+"="+values[name])
	}
	return strings.Join(list, ", ")
}

// parameterName is the form of names that templates can write after a dot.
var parameterName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// checkParameters checks the parameters and gives them their default values.
func (c *checker) checkParameters() {
	if len(c.m.Parameters) > 0 {
		c.m.Params = map[string]string{}
	}
	for _, name := range slices.Sorted(maps.Keys(c.m.Parameters)) {
		at := "parameters." + name
		p := c.m.Parameters[name]
		c.m.Params[name] = p.Default
		c.doc.ReportIf(!parameterName.MatchString(name), at, "parameters: the name %q may hold only a-z, 0-9 and _, and begins with a letter", name)
		c.doc.ReportIf(!c.doc.Has(at+".default"), at+".default", "%s.default is required: the value that holds unless another one is given", at)
		c.doc.ReportIf(strings.TrimSpace(p.About) == "", at+".about", "%s.about is required: what the parameter sets", at)
	}
	c.starting = place{params: c.m.Params, without: map[string]string{"Out": "is known only to build.command; what the build made is in {{.Built}}"}}
	if c.m.Build == nil {
		c.starting.without["Built"] = "has a meaning only with build"
	}
}

// probing is the place of the templates of version commands.
func (c *checker) probing() *place {
	return only(c.m, "is not known when a version is read", "Built")
}

// building is the place of the templates of build commands.
func (c *checker) building() *place { return only(c.m, "is not known when the server is built", "Out") }

// only is a place that knows the field and those of the manifest, and gives the reason
// for all others.
func only(m *Manifest, reason, field string) *place {
	p := place{params: m.Params, without: map[string]string{}}
	for _, other := range launchFields() {
		if !slices.Contains([]string{field, "Params", "Source"}, other) {
			p.without[other] = reason + fmt.Sprintf("; {{.%s}}, {{.Params.NAME}} and {{.Source}} are", field)
		}
	}
	if field == "Built" && m.Build == nil {
		p.without[field] = "has a meaning only with build"
	}
	return &p
}

func (c *checker) checkVariants() {
	for i, v := range c.m.Variants {
		at := fmt.Sprintf("variants[%d]", i)
		c.doc.ReportIf(!ValidName(v.Name), at+".name", "%s.name: %q is a server's name: it may hold only a-z, 0-9, _, . and -, and begins with a letter, a digit or _", at, v.Name)
		twice := v.Name == c.m.Name || slices.ContainsFunc(c.m.Variants[:i], func(other Variant) bool { return other.Name == v.Name })
		c.doc.ReportIf(twice, at+".name", "%s.name: there is a server %s already", at, v.Name)
		c.doc.ReportIf(len(v.Set) == 0, at+".set", "%s.set is required: the parameters in which the variant differs", at)
		for _, name := range slices.Sorted(maps.Keys(v.Set)) {
			fault := c.m.parameterFault(name)
			c.doc.ReportIf(fault != "", at+".set."+name, "%s.set: %s", at, fault)
		}
		for _, row := range slices.Sorted(maps.Keys(v.Unsupported)) {
			_, err := c.rows.Find(row)
			c.doc.ReportIf(err != nil, at+".unsupported."+row, "%s.unsupported: %v", at, err)
			c.doc.ReportIf(strings.TrimSpace(v.Unsupported[row]) == "", at+".unsupported."+row, "%s.unsupported.%s needs the reason, which tables show", at, row)
		}
	}
}

// checkBuild checks the recipe.
func (c *checker) checkBuild() {
	r := c.m.Build
	if r == nil {
		return
	}
	r.line = c.doc.Line("build.output")
	c.doc.ReportIf(!c.doc.Has("command"), "build", "build has a meaning only beside command: a Go package and an image are built without it")
	c.doc.ReportIf(len(r.Command) == 0 || r.Command[0] == "", "build.command", "build.command is required: the tool that builds, with its arguments")
	c.doc.ReportIf(len(r.Inputs) == 0, "build.inputs", "build.inputs is required: the files that decide on the program, such as [\"*.java\"]")
	c.doc.ReportIf(!filepath.IsLocal(r.Output) || filepath.Clean(r.Output) == ".", "build.output", "build.output: %q must be a file or folder that the command makes in {{.Out}}", r.Output)
	c.checkWords("build.command", r.Command, c.building())
	c.checkNeeds("build.needs", r.Needs)
	for i, pattern := range r.Inputs {
		at := fmt.Sprintf("build.inputs[%d]", i)
		paths, err := filepath.Glob(filepath.Join(c.m.Dir, pattern))
		switch {
		case filepath.IsAbs(pattern):
			c.doc.Report(at, "%s: %q must be relative to the server's folder; tools and libraries stand under build.needs", at, pattern)
		case err != nil:
			c.doc.Report(at, "%s: %q is no pattern of file names: %v", at, pattern, err)
		case len(paths) == 0:
			c.doc.Report(at, "%s: no file of the server's folder matches %q", at, pattern)
		}
	}
}

func (c *checker) checkProfiler() {
	if c.doc.Has("profiler") {
		c.checkWord("profiler", "profiler", c.m.Profiler, suggest.Texts(profile.Runtimes()...))
	}
}

func (c *checker) checkRuntimeMemory() {
	if m := c.m.RuntimeMemory; m != nil {
		c.doc.ReportIf(!strings.HasPrefix(m.Path, "/"), "runtime_memory.path", "runtime_memory.path: %q must be a path such as /runtime/memory", m.Path)
	}
}
