package cli

import (
	"github.com/spf13/cobra"

	"github.com/joust-bench/joust/harness/host/container"
	"github.com/joust-bench/joust/harness/host/keeper"
	"github.com/joust-bench/joust/loaders/certify/lawserver"
	"github.com/joust-bench/joust/loaders/child"
)

// children returns the hidden commands: processes that joust starts.
func (a *app) children() []*cobra.Command {
	listen := "127.0.0.1:0"
	law := hidden("lawserver", "a server with a known law: joust certify starts it and speaks with it through its pipes",
		func(c *cobra.Command) error { return lawserver.Serve(c.Context(), a.stdin, a.stdout, listen) })
	law.Flags().StringVar(&listen, "listen", listen, "the numeric address to serve on")
	return []*cobra.Command{
		law,
		hidden("loader", "a loader process: joust starts it and speaks with it through its pipes",
			func(c *cobra.Command) error { return child.Serve(c.Context(), a.stdin, a.stdout, a.stderr, Version) }),
		hidden("keep", "a keeper: it starts one program and ends its whole tree when joust is gone",
			func(c *cobra.Command) error {
				if code := keeper.Main(c.Context(), a.stdin, a.stdout); code != ExitOK {
					return exit(code)
				}
				return nil
			}),
		hidden("guard", "a guard: it removes joust's containers when joust is gone",
			func(*cobra.Command) error { return container.Guard(a.stdin) }),
	}
}

// hidden returns a command that stands in no --help.
func hidden(name, short string, run func(*cobra.Command) error) *cobra.Command {
	return &cobra.Command{
		Use: name, Short: short, Hidden: true, Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return run(c) },
	}
}
