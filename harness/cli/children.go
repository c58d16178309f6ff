package cli

import (
	"github.com/spf13/cobra"

	"github.com/joust-bench/joust/harness/host/container"
	"github.com/joust-bench/joust/harness/host/keeper"
	"github.com/joust-bench/joust/loaders/child"
)

// loaderCommand is the loader process: hidden, since joust starts it.
func (a *app) loaderCommand() *cobra.Command {
	return &cobra.Command{
		Use: "loader", Hidden: true, Args: cobra.NoArgs,
		Short: "a loader process: joust starts it and speaks with it through its pipes",
		RunE: func(c *cobra.Command, _ []string) error {
			return child.Serve(c.Context(), a.stdin, a.stdout, Version)
		},
	}
}

// keepCommand is the keeper of a server or loader: hidden, since joust starts
// it.
func (a *app) keepCommand() *cobra.Command {
	return &cobra.Command{
		Use: "keep", Hidden: true, Args: cobra.NoArgs,
		Short: "a keeper: it starts one program and ends its whole tree when joust is gone",
		RunE: func(c *cobra.Command, _ []string) error {
			code := keeper.Main(c.Context(), a.stdin, a.stdout)
			if code == 0 {
				return nil
			}
			return &codedError{code: code, err: errTold}
		},
	}
}

// guardCommand is the guard of a joust's containers: hidden, since joust starts
// it.
func (a *app) guardCommand() *cobra.Command {
	return &cobra.Command{
		Use: "guard", Hidden: true, Args: cobra.NoArgs,
		Short: "a guard: it removes joust's containers when joust is gone",
		RunE:  func(*cobra.Command, []string) error { return container.Guard(a.stdin) },
	}
}
