package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/joust-bench/joust/harness/surroundings"
	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/strictyaml"
	"github.com/joust-bench/joust/scenarios/suggest"
)

// checker finds what is wrong with one manifest.
type checker struct {
	m     *Manifest
	doc   *strictyaml.Document
	table scenarios.Rows
	file  string
	// elsewhere are problems in other files, such as templates.
	elsewhere strictyaml.Problems
}

func (c *checker) check() {
	if !validName(c.m.Name) {
		c.doc.Report("", "the folder's name %q is the server's name: it may hold only a-z, 0-9, _, . and -, and begin with a letter, a digit or _", c.m.Name)
	}
	c.required("title", c.m.Title)
	c.checkStart()
	c.checkContainer()
	c.checkProtocols()
	c.checkScenarios()
	c.checkUnsupported()
	c.checkTemplates()
	c.checkFiles()
	c.checkNeeds()
	c.checkVersions()
	c.positive("start_timeout", c.m.StartTimeout)
	c.positive("stop_timeout", c.m.StopTimeout)
	c.positive("warmup_cap", c.m.WarmupCap)
}

func (c *checker) required(path, value string) {
	if strings.TrimSpace(value) == "" {
		c.doc.Report(path, "%s is required", path)
	}
}

func (c *checker) positive(path string, d time.Duration) {
	if d <= 0 {
		c.doc.Report(path, "%s is %s, and must be above 0", path, d)
	}
}

// starts are the keys that say how the server gets to run.
func starts() []string { return []string{"go", "command", "url", "image", "dockerfile"} }

// checkStart holds the manifest to exactly one way to get a running server.
func (c *checker) checkStart() {
	var ways []string
	for _, way := range starts() {
		if c.doc.Has(way) {
			ways = append(ways, way)
		}
	}
	switch len(ways) {
	case 0:
		c.doc.Report("", "one of go, command, url, image and dockerfile is required: how the server gets to run")
	case 1:
	default:
		c.doc.Report(ways[1], "%s cannot stand together with %s: exactly one says how the server gets to run", ways[1], ways[0])
	}
	if c.doc.Has("go") {
		c.checkGo()
	}
	if c.doc.Has("command") && (len(c.m.Command) == 0 || c.m.Command[0] == "") {
		c.doc.Report("command", "command needs a program")
	}
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
	if err != nil || len(sources) == 0 {
		c.doc.Report("go", "go: there are no Go files in %s of the server's folder", c.m.Go)
	}
}

func (c *checker) checkURL() {
	if fault := addressFault(c.m.URL); fault != "" {
		c.doc.Report("url", "url: %s", fault)
		return
	}
	for _, key := range []string{"args", "env", "files", "needs"} {
		if c.doc.Has(key) {
			c.doc.Report(key, "%s has no meaning beside url: joust does not start that server", key)
		}
	}
}

func (c *checker) checkProtocols() {
	var known []string
	for _, p := range scenarios.Protocols() {
		known = append(known, string(p))
	}
	if len(c.m.Protocols) == 0 {
		c.doc.Report("protocols", "protocols is required: one or more of %s", strings.Join(known, ", "))
	}
	for i, p := range c.m.Protocols {
		at := fmt.Sprintf("protocols[%d]", i)
		if !slices.Contains(known, p) {
			c.doc.Report(at, "unknown protocol %q%s", p, suggest.Hint(p, known))
		}
		if slices.Contains(c.m.Protocols[:i], p) {
			c.doc.Report(at, "protocol %q stands twice", p)
		}
	}
}

func (c *checker) checkScenarios() {
	if len(c.m.Scenarios) == 0 {
		c.doc.Report("scenarios", "scenarios is required: the rows that the server answers")
	}
	for i, name := range c.m.Scenarios {
		at := fmt.Sprintf("scenarios[%d]", i)
		if slices.Contains(c.m.Scenarios[:i], name) {
			c.doc.Report(at, "scenario %q stands twice", name)
			continue
		}
		row, err := c.table.Find(name)
		if err != nil {
			c.doc.Report(at, "%v", err)
			continue
		}
		if !c.sharesProtocol(row) {
			c.doc.Report(at, "scenario %q runs on none of the server's protocols (%s)", name, strings.Join(c.m.Protocols, ", "))
		}
	}
}

// sharesProtocol tells whether the row can run on the server; a manifest
// without protocols has that problem reported already.
func (c *checker) sharesProtocol(row *scenarios.Scenario) bool {
	for _, p := range c.m.Protocols {
		if row.Supports(scenarios.Protocol(p)) {
			return true
		}
	}
	return len(c.m.Protocols) == 0
}

func (c *checker) checkUnsupported() {
	for _, name := range slices.Sorted(maps.Keys(c.m.Unsupported)) {
		at := "unsupported." + name
		if _, err := c.table.Find(name); err != nil {
			c.doc.Report(at, "%v", err)
		}
		if slices.Contains(c.m.Scenarios, name) {
			c.doc.Report(at, "scenario %q is both claimed (line %d) and unsupported", name, c.doc.Line("scenarios"))
		}
		if strings.TrimSpace(c.m.Unsupported[name]) == "" {
			c.doc.Report(at, "%s needs the reason, which tables show", at)
		}
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
	for _, fault := range templateFaults(at, text) {
		c.doc.Report(at, "%s: %s", at, fault.message)
	}
}

// checkFiles checks the files that the server gets, and their templates.
func (c *checker) checkFiles() {
	for _, name := range slices.Sorted(maps.Keys(c.m.Files)) {
		at, source := "files."+name, c.m.Files[name]
		if !filepath.IsLocal(name) || filepath.Clean(name) == "." {
			c.doc.Report(at, "%s: %q must be a file within the server's temporary folder", at, name)
		}
		if !filepath.IsLocal(source) {
			c.doc.Report(at, "%s: template %q must be a file within the server's folder", at, source)
			continue
		}
		text, err := os.ReadFile(filepath.Join(c.m.Dir, source))
		if errors.Is(err, fs.ErrNotExist) {
			c.doc.Report(at, "%s: there is no template %q in the server's folder", at, source)
			continue
		}
		if err != nil {
			c.doc.Report(at, "%s: read the template: %v", at, err)
			continue
		}
		path := filepath.Join(filepath.Dir(c.file), source)
		for _, fault := range templateFaults(source, string(text)) {
			c.elsewhere = append(c.elsewhere, strictyaml.Problem{File: path, Line: fault.line, Message: fault.message})
		}
	}
}

func (c *checker) checkNeeds() {
	for i, n := range c.m.Needs {
		at := fmt.Sprintf("needs[%d]", i)
		if n.Program == "" {
			c.doc.Report(at+".program", "%s.program is required", at)
		}
		if n.Package == "" {
			c.doc.Report(at+".package", "%s.package is required: the Debian package that brings the program", at)
		}
	}
}

func (c *checker) checkVersions() {
	of := map[string]bool{}
	for i, p := range c.m.Version {
		at := fmt.Sprintf("version[%d]", i)
		if p.Of == "" {
			c.doc.Report(at+".of", "%s.of is required: the name of the component", at)
		} else if of[p.Of] {
			c.doc.Report(at+".of", "%s.of: %q stands twice", at, p.Of)
		}
		of[p.Of] = true
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
	case p.Module != "" && p.Pattern != "":
		c.doc.Report(at+".pattern", "%s.pattern has a meaning only with command", at)
	case p.Module == "":
		pattern, err := regexp.Compile(p.Pattern)
		if err != nil {
			c.doc.Report(at+".pattern", "%s.pattern: %v", at, err)
		} else if pattern.NumSubexp() == 0 {
			c.doc.Report(at+".pattern", `%s.pattern needs a group that holds the version, such as 'nginx/(\S+)'`, at)
		}
	}
}
