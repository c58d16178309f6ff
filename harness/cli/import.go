package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/importing"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/loaders/flowfile"
	"github.com/joust-bench/joust/results/suggest"
)

// The kinds of files that joust import reads, and those that it writes.
const (
	kindHAR     = "har"
	kindOpenAPI = "openapi"
	kindURLs    = "urls"
	kindCurl    = "curl"
	kindPywrkr  = "pywrkr"

	formatFlow = "flow"
	formatURLs = "urls"
)

// mostImported bounds a file that is read whole, in bytes.
const mostImported = 64 << 20

// importFlags are the flags of joust import.
type importFlags struct {
	importing.Options
	output, format, name, base string
	exclude, include           []string
}

func (a *app) importCommand() *cobra.Command {
	var f importFlags
	kinds := []string{kindHAR, kindOpenAPI, kindURLs, kindCurl, kindPywrkr}
	c := &cobra.Command{
		Use:   "import har|openapi|urls|curl|pywrkr FILE",
		Short: "Make a load of what others recorded or described",
		Long: `Make a URL file or a flow file of a recording or a description.

har is a HAR file, as browsers save it; openapi an OpenAPI 3 document in JSON or
YAML; urls a list of URLs, one a line, with a method before them where it is not
GET; curl one or more command lines of curl, as browsers copy them; pywrkr a scenario
of pywrkr in JSON or YAML. FILE may be - for standard input.

--format urls writes a file for joust load --url-file, in which each request stands
for itself. --format flow writes a file for joust load --flow: requests are the steps
of one flow, with the recorded pauses between them. A scenario of pywrkr is a flow with
its captures, conditions and data; notes say what joust does differently.

Of a HAR file, style sheets, scripts, images, fonts and media are left out, and no
header is written but Content-Type. Read the file before you share it: with
--preserve-headers, and in bodies and URLs, it may hold tokens and passwords.`,
		Example: `  joust import har shop.har --format urls -o shop.urls
  joust import har shop.har --domain example.com --exclude '/health' -o shop.yaml
  joust import openapi api.yaml --base http://127.0.0.1:8080 --format urls
  pbpaste | joust import curl - --format urls
  joust import pywrkr checkout.json -o checkout.yaml`,
		Args: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) > 0 && !slices.Contains(kinds, args[0]):
				return misuse(c, "reads no %q: %s", args[0], strings.TrimLeft(suggest.Hint(args[0], kinds), ",; "))
			case len(args) != 2:
				return misuse(c, "needs what it reads (har, openapi, urls, curl or pywrkr) and a FILE")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.check(c.Flags(), args[0]); err != nil {
				return session.Usage(err)
			}
			return a.imports(args[0], args[1], &f)
		},
	}
	f.register(c.Flags())
	return c
}

func (f *importFlags) register(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.StringVarP(&f.output, "output", "o", "", "`file` to write (default: standard output)")
	flags.StringVar(&f.format, "format", formatFlow, "what to write: `flow` or urls")
	flags.StringVar(&f.name, "name", "", "`name` of the flow (default: that of FILE)")
	flags.StringVar(&f.base, "base", "", "openapi: `URL` in place of the document's server")
	flags.StringArrayVar(&f.Domains, "domain", nil, "har, openapi: keep requests to this `host` and those below it (repeatable)")
	flags.StringArrayVar(&f.exclude, "exclude", nil, "har, openapi: leave out URLs that this `expression` matches (repeatable)")
	flags.StringArrayVar(&f.include, "include", nil, "har, openapi: keep only URLs that this `expression` matches (repeatable)")
	flags.BoolVar(&f.AssertStatus, "assert-status", false, "har, openapi: the recorded status, or the first success described, is the right one")
	flags.BoolVar(&f.IncludeStatic, "include-static", false, "har: keep style sheets, scripts, images, fonts and media")
	flags.BoolVar(&f.PreserveHeaders, "preserve-headers", false, "har: keep the headers that the page set, not those of the browser")
	flags.BoolVar(&f.NoThinkTime, "no-think-time", false, "har: leave out the recorded pauses")
	f.ThinkTimes = 1
	flags.Var(value[float64]{&f.ThinkTimes, numberForm}, "think-time-multiplier", "har: multiply the recorded pauses")
}

// check completes the options, and refuses those that do not belong to the kind.
func (f *importFlags) check(flags *pflag.FlagSet, kind string) error {
	errs := []error{checkFormat(f.format, formatFlow, formatURLs)}
	flags.Visit(func(flag *pflag.Flag) {
		of, _, ok := strings.Cut(flag.Usage, ": ")
		kinds := strings.Split(of, ", ")
		if ok && (kinds[0] == kindHAR || kinds[0] == kindOpenAPI) && !slices.Contains(kinds, kind) {
			errs = append(errs, fmt.Errorf("--%s is for %s: leave it out for %s", flag.Name, strings.Join(kinds, " and "), kind))
		}
	})
	for _, list := range []struct {
		flag  string
		texts []string
		to    *[]*regexp.Regexp
	}{{"--exclude", f.exclude, &f.Exclude}, {"--include", f.include, &f.Include}} {
		for _, text := range list.texts {
			e, err := regexp.Compile(text)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s %q is no regular expression: %w", list.flag, text, err))
			}
			*list.to = append(*list.to, e)
		}
	}
	if f.ThinkTimes < 0 {
		errs = append(errs, fmt.Errorf("--think-time-multiplier %v: must not be negative", f.ThinkTimes))
	}
	return errors.Join(errs...)
}

// imports reads the file and writes another.
func (a *app) imports(kind, name string, f *importFlags) error {
	from, shown := a.stdin, "standard input"
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("import %s: %w", kind, err)
		}
		defer func() { _ = file.Close() }()
		from, shown = file, name
	}
	if kind == kindPywrkr {
		return a.importPywrkr(from, shown, f)
	}
	found, err := a.found(kind, from, f)
	if err != nil {
		return session.Usage(fmt.Errorf("%s: %w", shown, err))
	}
	for _, note := range found.Notes {
		a.say("note: %s", note)
	}
	var text bytes.Buffer
	if f.format == formatURLs {
		err = importing.WriteURLs(&text, found.Requests)
	} else {
		err = importing.WriteFlow(&text, f.flowName(name), found.Requests)
	}
	if err != nil {
		return session.Usage(fmt.Errorf("%s: %w", shown, err))
	}
	return a.writeImported(text.Bytes(), f)
}

// flowName returns the name of the flow that is made of the file.
func (f *importFlags) flowName(file string) string {
	base := filepath.Base(file)
	return cmp.Or(f.name, strings.TrimSuffix(base, filepath.Ext(base)))
}

// writeImported writes what was made of a file.
func (a *app) writeImported(text []byte, f *importFlags) error {
	var err error
	if f.output == "" {
		_, err = a.stdout.Write(text)
	} else {
		err = os.WriteFile(f.output, text, 0o644)
	}
	if err != nil {
		return fmt.Errorf("writing what was imported: %w", err)
	}
	return nil
}

// importPywrkr writes a scenario of pywrkr as a flow file.
func (a *app) importPywrkr(from io.Reader, shown string, f *importFlags) error {
	text, err := io.ReadAll(io.LimitReader(from, mostImported))
	if err != nil {
		return fmt.Errorf("import pywrkr: %w", err)
	}
	draft, notes, err := importing.Pywrkr(text)
	if err == nil && f.format != formatFlow {
		err = errors.New("a scenario is written as a flow: leave --format out")
	}
	if err != nil {
		return session.Usage(fmt.Errorf("%s: %w", shown, err))
	}
	for _, note := range notes {
		a.say("note: %s", note)
	}
	if draft.Name = cmp.Or(f.name, draft.Name); draft.Name == "" {
		draft.Name = f.flowName(shown)
	}
	var out bytes.Buffer
	if err := flowfile.Write(&out, &draft); err != nil {
		return session.Usage(fmt.Errorf("%s: %w", shown, err))
	}
	return a.writeImported(out.Bytes(), f)
}

// found returns the requests of a file of the kind.
func (a *app) found(kind string, from io.Reader, f *importFlags) (importing.Found, error) {
	switch kind {
	case kindHAR:
		return importing.HAR(from, f.Options)
	case kindURLs:
		return importing.List(from)
	}
	text, err := io.ReadAll(io.LimitReader(from, mostImported+1))
	switch {
	case err != nil:
		return importing.Found{}, err
	case len(text) > mostImported:
		return importing.Found{}, fmt.Errorf("holds more than %d bytes, the most that is read", mostImported)
	case kind == kindOpenAPI:
		return importing.OpenAPI(text, f.base, f.Options)
	}
	return a.curl(string(text))
}
