// Package cli is the command joust: cobra commands, one file each, and all
// that is printed. Nothing below it prints or exits.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/host/container"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/scenarios/suggest"
)

// Version is the release that joust calls itself.
const Version = "0.1.0"

// defaultOut is the folder of stored runs and matrices.
const defaultOut = "results"

// The exit codes. Where several apply, 130 wins over 1, that over 3, 2 and 4.
const (
	// ExitOK: done, and every cell is valid.
	ExitOK = 0
	// ExitFailed: it could not run.
	ExitFailed = 1
	// ExitUsage: the command line or the plan is wrong, or a gate cannot decide.
	ExitUsage = 2
	// ExitWrong: a threshold or a gate failed, or a server answers wrongly.
	ExitWrong = 3
	// ExitVoid: finished, but some cells are void.
	ExitVoid = 4
	// ExitInterrupted: interrupted; what was measured is stored.
	ExitInterrupted = 130
)

// codedError carries an exit code. An empty text has been told already.
type codedError struct {
	code int
	err  error
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

// usage marks an error as a mistake in how joust was called.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return &codedError{code: ExitUsage, err: err}
}

// errTold ends a command whose outcome has been printed.
var errTold = errors.New("")

// Run is joust: it returns the exit code.
func Run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	a.stopping.Store("joust: stopping; once more ends at once")
	ctx, stop := interruptible(stderr, &a.stopping)
	defer stop()
	a.opener = session.Opener{
		Version: Version, Engine: sync.OnceValues(func() (*container.Engine, error) { return container.Connect(ctx) }),
		Say: a.say, OnStop: a.onStop,
	}
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = a.unhelped
	}
	if err == nil {
		return ExitOK
	}
	text := err.Error()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		text = context.Cause(ctx).Error()
	}
	if text != "" && !errors.Is(err, session.ErrStopped) {
		fmt.Fprintf(stderr, "joust: %s\n", text)
	}
	return exitCode(ctx, err)
}

// say prints a line on standard error.
func (a *app) say(format string, args ...any) { fmt.Fprintf(a.stderr, format+"\n", args...) }

// onStop sets what the first signal says, until undo is called.
func (a *app) onStop(text string) (undo func()) {
	before := a.stopping.Swap(text)
	return func() { a.stopping.Store(before) }
}

func exitCode(ctx context.Context, err error) int {
	var coded *codedError
	var misuse *session.UsageError
	var wrongPlan *plan.Error
	switch {
	case ctx.Err() != nil:
		return ExitInterrupted
	case errors.As(err, &coded):
		return coded.code
	case errors.As(err, &misuse), errors.As(err, &wrongPlan):
		return ExitUsage
	}
	return ExitFailed
}

// interruptible ends the context at the first SIGINT or SIGTERM and says what
// happens then. The second
// ends joust at once; the keepers then end what it started.
func interruptible(stderr io.Writer, stopping *atomic.Value) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	quit := make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			select {
			case s := <-signals:
				if n > 0 {
					os.Exit(ExitInterrupted)
				}
				fmt.Fprintln(stderr, stopping.Load())
				cancel(fmt.Errorf("interrupted by %s", signalName(s)))
			case <-quit:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(quit)
		cancel(nil)
	}
}

// signalName is the name by which people know a signal.
func signalName(s os.Signal) string {
	if s == os.Interrupt {
		return "Ctrl-C"
	}
	return s.String()
}

// draining is what the first signal says while requests are in flight and
// what was measured will be told.
const draining = "joust: stopping: what is in flight is drained, then results are written; once more ends at once"

// app is what all commands share.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer

	out string
	// opener opens the session of the command.
	opener session.Opener
	// stopping is what the first signal says, a string.
	stopping atomic.Value
	// unhelped is why --help showed nothing; cobra's help returns no error.
	unhelped error
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "joust",
		Short: "Compare HTTP servers head to head and say which differences are real",
		Long: `joust puts HTTP servers head to head and says which differences are real.

It starts each server in a process or container of its own, proves that it answers correctly,
drives it with a closed loop (peak throughput) and an open loop (latency at a
fixed rate), samples the CPU and memory of server and loader, judges whether
each number may be believed, and writes bench_results.md and wrk2_results.md.`,
		Example: `  joust run scripts/quick.yaml              a small comparison in a minute
  joust run --servers nethttp,nginx --scenarios hello
  joust check                               does every server answer correctly?
  joust list                                what there is, and what runs here`,
		Version:       Version,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usage(flagError(c, err)) })
	flags := root.PersistentFlags()
	flags.StringArrayVar(&a.opener.ServersDirs, "servers-dir", nil, "a folder of more servers beside the checkout's own (repeatable)")
	flags.StringVar(&a.out, "out", defaultOut, "the folder of stored runs and matrices")
	root.AddCommand(
		a.runCommand(), a.checkCommand(), a.listCommand(), a.reportCommand(), a.compareCommand(), a.duelCommand(),
		a.loadCommand(), a.certifyCommand(), a.calibrateCommand(), a.agreeCommand(), a.doctorCommand(), a.serveCommand(),
		a.loaderCommand(), a.keepCommand(), a.guardCommand(), a.lawserverCommand(),
	)
	root.SetHelpCommand(helpCommand(root))
	help := root.HelpFunc()
	root.SetHelpFunc(func(c *cobra.Command, args []string) {
		if c == root {
			a.unhelped = usage(unknownCommand(root, root.Flags().Args()))
		}
		if a.unhelped == nil {
			help(c, args)
		}
	})
	root.Args = func(c *cobra.Command, args []string) error { return usage(unknownCommand(c, args)) }
	root.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	return root
}

// helpCommand is cobra's, but an unknown command is an error there too.
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
			return usage(unknownCommand(root, args))
		},
	}
}

// exactlyOne wants one argument, which is called what.
func exactlyOne(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage(fmt.Errorf("%s needs a %s (see joust %s --help)", c.Name(), what, c.Name()))
		}
		return atMostOne(what)(c, args)
	}
}

// atMostOne wants no argument or one, which is called what.
func atMostOne(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > 1 {
			return usage(fmt.Errorf("%s takes one %s, and there are %d: %s (see joust %s --help)",
				c.Name(), what, len(args), strings.Join(args, " "), c.Name()))
		}
		return nil
	}
}

func unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range c.Commands() {
		if !sub.Hidden {
			names = append(names, sub.Name())
		}
	}
	return fmt.Errorf("unknown command %q%s (see joust --help)", args[0], suggest.Hint(args[0], names))
}

// flagError says in joust's words what pflag found: the nearest flag to one that
// is unknown, and a right value where one is wrong.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &invalid):
		flag := invalid.GetFlag()
		return fmt.Errorf("--%s %q: %s (see %s --help)", flag.Name, invalid.GetValue(), wanted(flag, err), c.CommandPath())
	case !errors.As(err, &unknown):
		return fmt.Errorf("%w (see %s --help)", err, c.CommandPath())
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, "--"+f.Name)
		}
	})
	given := "--" + strings.TrimLeft(unknown.GetSpecifiedName(), "-")
	return fmt.Errorf("unknown flag %s%s (see %s --help)", given, suggest.Hint(given, names), c.CommandPath())
}

// wanted is what a flag of its type takes, in place of the error of a value.
func wanted(flag *pflag.Flag, err error) string {
	if errors.Is(err, strconv.ErrRange) {
		return "that number is out of range"
	}
	switch flag.Value.Type() {
	case "int":
		return "a whole number is needed, such as 8"
	case "uint64":
		return "a whole number from 0 on is needed, such as 8"
	case "float64":
		return "a number is needed, such as 0.5"
	case "float64Slice":
		return "numbers are needed, such as 1000,20000"
	case "duration":
		return "a duration with its unit is needed, such as 1.5s or 500ms"
	case "bool":
		return "true or false is needed, such as --" + flag.Name + "=false"
	}
	return errors.Unwrap(err).Error()
}

// noArguments wants none.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(fmt.Errorf("%s takes no arguments, and there is %q (see joust %s --help)", c.Name(), args[0], c.Name()))
	}
	return nil
}
