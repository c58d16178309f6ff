// Package cli is the command joust: cobra commands, one file each, and all
// that is printed. Nothing below it prints or exits.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/joust-bench/joust/harness/host/container"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/results/suggest"
)

// Version is the release that joust calls itself.
const Version = "0.1.0"

// defaultOut is the folder of stored runs and matrices.
const defaultOut = "results"

// The exit codes. Where several apply, 130 wins over 1, that over 3, 2 and 4.
const (
	ExitOK          = 0   // done, and every cell is valid
	ExitFailed      = 1   // it could not run
	ExitUsage       = 2   // the command line or the plan is wrong, or a gate cannot decide
	ExitWrong       = 3   // a threshold or a gate failed, or a server answers wrongly
	ExitVoid        = 4   // finished, but some cells are void
	ExitInterrupted = 130 // interrupted; the trials so far are stored
)

// exit ends a command with its exit code. The outcome has been printed.
type exit int

// Error returns no text, since there is nothing more to print.
func (exit) Error() string { return "" }

// Run runs joust and returns the exit code.
func Run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	a.stopping.Store("joust: stopping; once more ends at once")
	ctx, stop := interruptible(messages{a}, &a.stopping)
	defer stop()
	a.opener = session.Opener{
		Version: Version, Engine: sync.OnceValues(func() (*container.Engine, error) { return container.Connect(ctx) }),
		Field: sync.OnceValues(func() (string, error) { return a.field(ctx) }),
		Say:   a.say, OnStop: a.onStop,
	}
	root := newRoot(a)
	a.args = args
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := foreign(root, args)
	if err == nil {
		err = root.ExecuteContext(ctx)
	}
	if err = errors.Join(cmp.Or(err, a.unhelped), a.opener.Close()); err == nil {
		return ExitOK
	}
	text := err.Error()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		text = context.Cause(ctx).Error()
	}
	if text != "" && !errors.Is(err, session.ErrStopped) {
		a.say("joust: %s", text)
	}
	return exitCode(ctx, err)
}

// onStop sets the text that the first signal prints, until undo is called.
func (a *app) onStop(text string) (undo func()) {
	before := a.stopping.Swap(text)
	return func() { a.stopping.Store(before) }
}

func exitCode(ctx context.Context, err error) int {
	var code exit
	var own toolExit
	var misuse *session.UsageError
	var wrongPlan *plan.Error
	switch {
	case errors.As(err, &own):
		return int(own)
	case ctx.Err() != nil:
		return ExitInterrupted
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &misuse), errors.As(err, &wrongPlan):
		return ExitUsage
	}
	return ExitFailed
}

// draining is the first signal's text while requests are in flight and results
// will be written.
const draining = "joust: stopping: what is in flight is drained, then results are written; once more ends at once"

// app holds the streams, flags and state that all commands share.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer

	out string
	// args is the whole command line.
	args []string
	// flags are the flags of the command line that were given.
	flags plan.Flags
	// opener opens the session of the command.
	opener session.Opener
	// stopping is the text that the first signal prints, a string.
	stopping atomic.Value
	// drawing is what shows a load; nil where nothing does.
	drawing atomic.Pointer[display]
	// unhelped is the error of --help, which cobra's help function cannot return.
	unhelped error
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "joust",
		Short: "Compare HTTP servers head to head and say which differences are real",
		Long: `joust puts HTTP servers head to head and says which differences are real.

It starts each server in a process or container of its own, proves that it
answers correctly, drives it with a closed loop (peak throughput) and an open
loop (latency at a fixed rate), samples the CPU and memory of server and loader,
judges whether each number may be believed, and writes bench_results.md and
wrk2_results.md.`,
		Example: `  joust run scripts/quick.yaml              a small comparison in a minute
  joust run --servers nethttp,nginx --scenarios hello
  joust check                               does every server answer correctly?
  joust list                                what there is, and what runs here`,
		Version:          Version,
		PersistentPreRun: func(c *cobra.Command, _ []string) { a.flags = settingsOf(c.Flags()) },
		SilenceErrors:    true,
		SilenceUsage:     true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return session.Usage(a.flagError(c, err)) })
	flags := root.PersistentFlags()
	flags.StringArrayVar(&a.opener.ServersDirs, "servers-dir", nil, "a folder of servers in addition to the checkout's own (repeatable)")
	flags.StringVar(&a.out, "out", defaultOut, "the folder of stored runs and matrices")
	root.AddCommand(
		a.runCommand(), a.checkCommand(), a.listCommand(), a.reportCommand(), a.exportCommand(), a.compareCommand(), a.duelCommand(),
		a.loadCommand(), a.asCommand(), a.certifyCommand(), a.calibrateCommand(), a.agreeCommand(), a.importCommand(), a.doctorCommand(), a.serveCommand(), a.serversCommand(),
	)
	root.AddCommand(a.children()...)
	root.SetHelpCommand(helpCommand(root))
	help := root.HelpFunc()
	root.SetHelpFunc(func(c *cobra.Command, args []string) {
		if c == root {
			a.unhelped = session.Usage(unknownCommand(root, root.Flags().Args()))
		}
		if a.unhelped == nil {
			help(c, args)
		}
	})
	root.Args = func(c *cobra.Command, args []string) error { return session.Usage(unknownCommand(c, args)) }
	root.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	wrapped := fmt.Sprintf(".FlagUsagesWrapped %d |", helpColumns(a.stdout))
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages |", wrapped))
	return root
}

// helpCommand returns cobra's command, but an unknown command is an error here too.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about a command",
		Args:  atMostOne("COMMAND"),
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err == nil && len(rest) == 0 {
				return c.Help()
			}
			return session.Usage(unknownCommand(root, args))
		},
	}
}

// misuse returns a usage error that names the command, before its text and
// behind it.
func misuse(c *cobra.Command, format string, args ...any) error {
	return session.Usage(fmt.Errorf("%s %s (see joust %s --help)", c.Name(), fmt.Sprintf(format, args...), c.Name()))
}

// exactlyOne takes one argument, called name.
func exactlyOne(name string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return misuse(c, "needs a %s", name)
		}
		return atMostOne(name)(c, args)
	}
}

// atMostOne takes no argument or one, called name.
func atMostOne(name string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > 1 {
			return misuse(c, "takes one %s, and there are %d: %s", name, len(args), strings.Join(args, " "))
		}
		return nil
	}
}

func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return misuse(c, "takes no arguments, and there is %q", args[0])
	}
	return nil
}

func unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("unknown command %q%s (see joust --help)", args[0], suggest.Hint(args[0], commandNames(c)))
}
