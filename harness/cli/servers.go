package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/catalog/scaffold"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/scenarios"
)

// field returns the folder of the servers of joust's release, and says so where they
// must be downloaded.
func (a *app) field(ctx context.Context) (string, error) {
	return catalog.FieldOf(ctx, machine.ModuleVersion(), func(what string) { a.say("joust: downloading %s with the go command", what) })
}

func (a *app) serversCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "servers",
		Short: "List the servers, what they need, and begin one of your own",
		Example: `  joust servers                             as joust list servers
  joust servers needs                       the packages that are missing here
  joust servers new mine --language go      a folder that passes joust check`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return a.list(c.Context(), []string{"servers"}) },
	}
	c.AddCommand(a.serversNeedsCommand(), a.serversNewCommand())
	return c
}

func (a *app) serversNeedsCommand() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "needs [SERVER...]",
		Short: "List the Debian packages that servers need and that are missing here",
		Long: `List the Debian packages that servers need, of all servers unless some are named:
each package on a line of its own, with the servers that need it. Packages whose
programs and files are here already are left out, unless --all asks for them.
scripts/install-servers.sh installs them.`,
		Example: `  joust servers needs
  joust servers needs --all nginx uvicorn`,
		RunE: func(_ *cobra.Command, args []string) error { return a.serversNeeds(args, all) },
	}
	c.Flags().BoolVar(&all, "all", false, "list also the packages that are here")
	return c
}

func (a *app) serversNeeds(names []string, all bool) error {
	names = a.opener.Folders(names)
	w, err := a.opener.Look("")
	if err != nil {
		return err
	}
	manifests := w.Servers.All()
	if len(names) > 0 {
		manifests = nil
		var errs []error
		for _, name := range names {
			m, err := w.Servers.Find(name)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			manifests = append(manifests, *m)
		}
		if err := errors.Join(errs...); err != nil {
			return session.Usage(err)
		}
	}
	servers := map[string][]string{}
	for _, m := range manifests {
		packages := m.MissingPackages()
		if all {
			packages = m.Packages()
		}
		for _, p := range packages {
			servers[p] = append(servers[p], m.Name)
		}
	}
	l := listing{width: columns(a.stdout)}
	for _, p := range slices.Sorted(maps.Keys(servers)) {
		l.row(p, strings.Join(servers[p], ", "))
	}
	return l.print(a.stdout)
}

func (a *app) serversNewCommand() *cobra.Command {
	var language string
	languages := strings.Join(scaffold.Languages(), ", ")
	c := &cobra.Command{
		Use:   "new FOLDER --language L",
		Short: "Begin a server of your own, which passes joust check at once",
		Long: `Write a folder with a small server that answers the rows hello, json and echo
rightly, and with its server.yaml. The folder's name becomes the server's. Nothing
is overwritten.

The languages are ` + languages + `.`,
		Example: `  joust servers new mine --language go
  joust servers new ./servers/mine --language rust`,
		Args: exactlyOne("FOLDER"),
		RunE: func(_ *cobra.Command, args []string) error {
			if language == "" {
				return session.Usage(fmt.Errorf("--language is required: %s", languages))
			}
			return a.serversNew(args[0], language)
		},
	}
	c.Flags().StringVar(&language, "language", "", "the language: "+languages)
	return c
}

func (a *app) serversNew(dir, language string) error {
	files, err := scaffold.Write(dir, language)
	if err != nil {
		return session.Usage(err)
	}
	for _, file := range files {
		fmt.Fprintf(a.stdout, "wrote %s\n", file)
	}
	path := filepath.Clean(dir)
	if !filepath.IsAbs(path) {
		path = "./" + path
	}
	fmt.Fprintf(a.stdout, `next:
  joust check %[1]s
  joust run --servers %[1]s --scenarios hello
  joust serve %[1]s
servers/README.md has the keys of server.yaml; joust list scenarios the other rows
`, path)
	table, err := scenarios.Load()
	if err != nil {
		return fmt.Errorf("the built-in scenario table: %w", err)
	}
	m, err := catalog.LoadOne(table, dir)
	if missing := m.MissingPackages(); len(missing) > 0 {
		fmt.Fprintf(a.stdout, "first install what is missing here: apt-get install %s\n", strings.Join(missing, " "))
	}
	return err
}
