package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/joust-bench/joust/harness/surroundings"
	"github.com/joust-bench/joust/results/files"
	"github.com/joust-bench/joust/results/suggest"
	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// checker finds the mistakes of one manifest.
type checker struct {
	m    *Manifest
	doc  *strictyaml.Document
	rows scenarios.Rows
	file string
	// inTemplates are the problems of the manifest's template files.
	inTemplates strictyaml.Problems
}

func (c *checker) check() {
	c.doc.ReportIf(!validName(c.m.Name), "", "the folder's name %q is the server's name: it may hold only a-z, 0-9, _, . and -, and begin with a letter, a digit or _", c.m.Name)
	c.doc.ReportIf(strings.TrimSpace(c.m.Title) == "", "title", "title is required")
	c.checkStart()
	c.checkContainer()
	c.checkProtocols()
	c.checkScenarios()
	c.checkUnsupported()
	c.checkTemplates()
	c.checkFiles()
	c.checkNeeds()
	c.checkVersions()
	c.checkAbove0("start_timeout", c.m.StartTimeout)
	c.checkAbove0("stop_timeout", c.m.StopTimeout)
	c.checkAbove0("warmup_cap", c.m.WarmupCap)
}

func (c *checker) checkAbove0(path string, d time.Duration) {
	c.doc.ReportIf(d <= 0, path, "%s is %s, and must be above 0", path, d)
}

// starts returns the keys of the ways to get a running server.
func starts() []string { return []string{"go", "command", "url", "image", "dockerfile"} }

// checkStart requires exactly one way to get a running server.
func (c *checker) checkStart() {
	ways := slices.DeleteFunc(starts(), func(way string) bool { return !c.doc.Has(way) })
	if len(ways) == 0 {
		c.doc.Report("", "one of go, command, url, image and dockerfile is required: how the server gets to run")
	}
	if len(ways) > 1 {
		c.doc.Report(ways[1], "%s cannot stand together with %s: exactly one says how the server gets to run", ways[1], ways[0])
	}
	if c.doc.Has("go") {
		c.checkGo()
	}
	noProgram := len(c.m.Command) == 0 || c.m.Command[0] == ""
	c.doc.ReportIf(c.doc.Has("command") && noProgram, "command", "command needs a program")
	if c.doc.Has("url") {
		c.checkURL()
	}
}

func (c *checker) checkGo() {
	if !filepath.IsLocal(c.m.Go) {
		c.doc.Report("go", "go: %q must be a package within the server's folder, such as . or ./cmd/server", c.m.Go)
		return
	}
	sources, err := filepath.Glob(filepath.Join(c.m.Dir, c.m.Go, "*.go"))
	c.doc.ReportIf(err != nil || len(sources) == 0, "go", "go: there are no Go files in %s of the server's folder", c.m.Go)
}

func (c *checker) checkURL() {
	if fault := addressFault(c.m.URL); fault != "" {
		c.doc.Report("url", "url: %s", fault)
		return
	}
	for _, key := range []string{"args", "env", "files", "needs"} {
		c.doc.ReportIf(c.doc.Has(key), key, "%s has no meaning beside url: joust does not start that server", key)
	}
}

func (c *checker) checkProtocols() {
	known := suggest.Texts(scenarios.Protocols()...)
	c.doc.ReportIf(len(c.m.Protocols) == 0, "protocols", "protocols is required: one or more of %s", strings.Join(known, ", "))
	for i, p := range c.m.Protocols {
		at := fmt.Sprintf("protocols[%d]", i)
		c.checkWord(at, "protocol", p, known)
		c.doc.ReportIf(slices.Contains(c.m.Protocols[:i], p), at, "protocol %q stands twice", p)
	}
}

// checkWord reports a word that is not in the list.
func (c *checker) checkWord(at, what, word string, list []string) {
	unknown := suggest.Unknown(what, word, list)
	c.doc.ReportIf(unknown != "", at, "%s", unknown)
}

func (c *checker) checkScenarios() {
	c.doc.ReportIf(len(c.m.Scenarios) == 0, "scenarios", "scenarios is required: the rows that the server answers")
	for i, name := range c.m.Scenarios {
		at := fmt.Sprintf("scenarios[%d]", i)
		row, err := c.rows.Find(name)
		switch {
		case slices.Contains(c.m.Scenarios[:i], name):
			c.doc.Report(at, "scenario %q stands twice", name)
		case err != nil:
			c.doc.Report(at, "%v", err)
		case len(c.m.Protocols) > 0:
			shared := slices.ContainsFunc(c.m.Protocols, func(p string) bool { return row.Supports(scenarios.Protocol(p)) })
			c.doc.ReportIf(!shared, at, "scenario %q runs on none of the server's protocols (%s)", name, strings.Join(c.m.Protocols, ", "))
		}
	}
}

func (c *checker) checkUnsupported() {
	for _, name := range slices.Sorted(maps.Keys(c.m.Unsupported)) {
		at := "unsupported." + name
		_, err := c.rows.Find(name)
		c.doc.ReportIf(err != nil, at, "%v", err)
		c.doc.ReportIf(slices.Contains(c.m.Scenarios, name), at, "scenario %q is both claimed (line %d) and unsupported", name, c.doc.Line("scenarios"))
		c.doc.ReportIf(strings.TrimSpace(c.m.Unsupported[name]) == "", at, "%s needs the reason, which tables show", at)
	}
}

// checkTemplates checks arguments and environment.
func (c *checker) checkTemplates() {
	for i, text := range c.m.Args {
		c.checkTemplate(fmt.Sprintf("args[%d]", i), text)
	}
	for _, key := range slices.Sorted(maps.Keys(c.m.Env)) {
		if fault := surroundings.Fault(key, c.m.Env[key]); fault != "" {
			c.doc.Report("env."+key, "env: %s", fault)
		}
		c.checkTemplate("env."+key, c.m.Env[key])
	}
}

func (c *checker) checkTemplate(at, text string) {
	for _, mistake := range templateMistakes(at, text) {
		c.doc.Report(at, "%s: %s", at, mistake.Message)
	}
}

// checkFiles checks the files that the server gets, and their templates.
func (c *checker) checkFiles() {
	for _, name := range slices.Sorted(maps.Keys(c.m.Files)) {
		at, source := "files."+name, c.m.Files[name]
		c.doc.ReportIf(!filepath.IsLocal(name) || filepath.Clean(name) == ".", at, "%s: %q must be a file within the server's temporary folder", at, name)
		if !filepath.IsLocal(source) {
			c.doc.Report(at, "%s: template %q must be a file within the server's folder", at, source)
			continue
		}
		text, err := files.Read(filepath.Join(c.m.Dir, source), mostText)
		if errors.Is(err, fs.ErrNotExist) {
			c.doc.Report(at, "%s: there is no template %q in the server's folder", at, source)
			continue
		}
		if err != nil {
			c.doc.Report(at, "%s: read the template: %v", at, err)
			continue
		}
		for _, mistake := range templateMistakes(source, string(text)) {
			mistake.File = filepath.Join(filepath.Dir(c.file), source)
			c.inTemplates = append(c.inTemplates, mistake)
		}
	}
}

func (c *checker) checkNeeds() {
	for i, n := range c.m.Needs {
		at := fmt.Sprintf("needs[%d]", i)
		c.doc.ReportIf(n.Program == "", at+".program", "%s.program is required", at)
		c.doc.ReportIf(n.Package == "", at+".package", "%s.package is required: the Debian package that brings the program", at)
	}
}

func (c *checker) checkVersions() {
	seen := map[string]bool{}
	for i, p := range c.m.Version {
		at := fmt.Sprintf("version[%d]", i)
		c.doc.ReportIf(p.Of == "", at+".of", "%s.of is required: the name of the component", at)
		c.doc.ReportIf(p.Of != "" && seen[p.Of], at+".of", "%s.of: %q stands twice", at, p.Of)
		seen[p.Of] = true
		c.checkProbe(at, p)
	}
}

func (c *checker) checkProbe(at string, p VersionProbe) {
	switch {
	case (p.Module == "") == (len(p.Command) == 0):
		c.doc.Report(at, "%s needs exactly one of module and command", at)
	case len(p.Command) > 0 && c.m.HasImage():
		c.doc.Report(at+".command", "%s.command would be run outside of the image; the image's digest is recorded by itself", at)
	case p.Module != "" && c.m.Go == "":
		c.doc.Report(at+".module", "%s.module is looked up in a program that joust builds; this server has no go", at)
	case p.Module != "":
		c.doc.ReportIf(p.Pattern != "", at+".pattern", "%s.pattern has a meaning only with command", at)
	default:
		pattern, err := regexp.Compile(p.Pattern)
		if err != nil {
			c.doc.Report(at+".pattern", "%s.pattern: %v", at, err)
			return
		}
		c.doc.ReportIf(pattern.NumSubexp() == 0, at+".pattern", `%s.pattern needs a group that holds the version, such as 'nginx/(\S+)'`, at)
	}
}
