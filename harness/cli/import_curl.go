package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/cli/habits"
	"github.com/joust-bench/joust/harness/importing"
	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/scenarios"
)

// curl reads command lines of curl as joust load would, and returns what each asks.
func (a *app) curl(text string) (importing.Found, error) {
	commands, err := importing.Commands(text)
	if err != nil {
		return importing.Found{}, err
	}
	var found importing.Found
	for i, args := range commands {
		r, notes, err := a.curlRequest(args)
		if err != nil {
			return importing.Found{}, fmt.Errorf("command %d: %w", i+1, err)
		}
		found.Requests = append(found.Requests, r)
		for _, note := range notes {
			if !slices.Contains(found.Notes, note) {
				found.Notes = append(found.Notes, note)
			}
		}
	}
	return found, nil
}

// ofRequest are the flags of joust load that say what a request is; all others are about
// the load.
var ofRequest = []string{"method", "request", "body", "json", "form", "cookie", "basic-auth", "header", "compressed"}

// curlRequest returns the request of one command line, and what of it is not written.
func (a *app) curlRequest(args []string) (importing.Request, []string, error) {
	var f loadFlags
	flags := pflag.NewFlagSet("load", pflag.ContinueOnError)
	f.register(flags)
	reading, ok := habits.As("curl", args, flags)
	if !ok {
		return importing.Request{}, nil, errors.New("it has a flag of curl that joust does not know: leave out what says nothing about the request")
	}
	for _, c := range reading.Changes {
		if c.Missing != "" {
			return importing.Request{}, nil, fmt.Errorf("%s of curl has no counterpart: %s", c.From[0], c.Missing)
		}
	}
	literal := make([]string, len(reading.Args))
	for i, arg := range reading.Args {
		literal[i] = strings.ReplaceAll(arg, pieces.Begin, "$"+pieces.Begin)
	}
	if err := flags.Parse(literal); err != nil {
		return importing.Request{}, nil, err
	}
	if flags.NArg() != 1 || flags.Arg(0) == "URL" {
		return importing.Request{}, nil, fmt.Errorf("it names %d URLs, and one is needed", min(flags.NArg(), len(args)))
	}
	var notes []string
	flags.Visit(func(flag *pflag.Flag) {
		if !slices.Contains(ofRequest, flag.Name) {
			notes = append(notes, fmt.Sprintf("--%s is not written, since it is about the load: give it to joust load", flag.Name))
		}
	})
	if text := flags.Lookup("body").Value.String(); strings.HasPrefix(text, "@") {
		return importing.Request{}, nil, fmt.Errorf("its body is the file %s: write the text of the body in its place", text[1:])
	}
	r, err := f.asked(flags, a)
	return r, notes, err
}

// asked returns the request that joust load would send.
func (f *loadFlags) asked(flags *pflag.FlagSet, a *app) (importing.Request, error) {
	url, err := adhoc.ParseURL(flags.Arg(0))
	if err != nil {
		return importing.Request{}, err
	}
	if err := f.read(flags, a.stdin); err != nil {
		return importing.Request{}, err
	}
	spec, err := f.load.Spec(url, []string{"127.0.0.1"})
	if err != nil {
		return importing.Request{}, err
	}
	plain := func(text string) string { return strings.ReplaceAll(text, "$"+pieces.Begin, pieces.Begin) }
	asked := spec.Requests[0]
	scheme := "http://"
	if url.TLS {
		scheme = "https://"
	}
	r := importing.Request{Method: asked.Method, URL: plain(scheme + url.Host + asked.Path)}
	for _, h := range asked.Headers {
		r.Headers = append(r.Headers, scenarios.Header{Name: h.Name, Value: plain(h.Value)})
	}
	if asked.Body != nil {
		r.Body = new(plain(asked.Body.Text))
	}
	return r, nil
}
