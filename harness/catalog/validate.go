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
	// starting is the place of templates that are filled in when the server starts.
	starting place
}

func (c *checker) check() {
	c.doc.ReportIf(!ValidName(c.m.Name), "", "the folder's name %q is the server's name: it may hold only a-z, 0-9, _, . and -, and begin with a letter, a digit or _", c.m.Name)
	c.doc.ReportIf(strings.TrimSpace(c.m.Title) == "", "title", "title is required")
	c.checkParameters()
	c.checkStart()
	c.checkBuild()
	c.checkContainer()
	c.checkProtocols()
	c.checkScenarios()
	c.checkUnsupported()
	c.checkTemplates()
	c.checkFiles()
	c.checkNeeds("needs", c.m.Needs)
	c.checkVersions()
	c.checkRuntimeMemory()
	c.checkProfiler()
	c.checkVariants()
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
	for _, key := range []string{"args", "env", "files", "needs", "parameters"} {
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

// checkTemplates checks command, arguments and environment.
func (c *checker) checkTemplates() {
	c.checkWords("command", c.m.Command, &c.starting)
	c.checkWords("args", c.m.Args, &c.starting)
	for _, key := range slices.Sorted(maps.Keys(c.m.Env)) {
		if fault := surroundings.Fault(key, c.m.Env[key]); fault != "" {
			c.doc.Report("env."+key, "env: %s", fault)
		}
		c.checkTemplate("env."+key, c.m.Env[key], &c.starting)
	}
}

// checkWords checks the templates of a list.
func (c *checker) checkWords(key string, list []string, where *place) {
	for i, text := range list {
		c.checkTemplate(fmt.Sprintf("%s[%d]", key, i), text, where)
	}
}

func (c *checker) checkTemplate(at, text string, where *place) {
	for _, mistake := range where.mistakes(at, text) {
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
		for _, mistake := range c.starting.mistakes(source, string(text)) {
			mistake.File = filepath.Join(filepath.Dir(c.file), source)
			c.inTemplates = append(c.inTemplates, mistake)
		}
	}
}

func (c *checker) checkNeeds(key string, needs []Need) {
	for i, n := range needs {
		at := fmt.Sprintf("%s[%d]", key, i)
		switch {
		case n.Program == "" && n.File == "":
			c.doc.Report(at, "%s needs a program, or the file of a library", at)
		case n.Program != "" && n.File != "":
			c.doc.Report(at+".file", "%s: a need is a program or a file, not both", at)
		case n.File != "":
			_, err := filepath.Match(n.File, "")
			c.doc.ReportIf(err != nil || !filepath.IsAbs(n.File), at+".file", "%s.file: %q must be an absolute path; * and ? stand for any text", at, n.File)
		}
		c.doc.ReportIf(n.Package == "" && n.Hint == "", at+".package", "%s.package is required: the Debian package that brings it (or hint: what to do where none does)", at)
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
		c.checkWords(at+".command", p.Command, c.probing())
		pattern, err := regexp.Compile(p.Pattern)
		if err != nil {
			c.doc.Report(at+".pattern", "%s.pattern: %v", at, err)
			return
		}
		c.doc.ReportIf(pattern.NumSubexp() == 0, at+".pattern", `%s.pattern needs a group that holds the version, such as 'nginx/(\S+)'`, at)
	}
}
