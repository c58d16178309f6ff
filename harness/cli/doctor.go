package cli

import (
	"context"
	"fmt"
	"runtime"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/doctor"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/results"
)

func (a *app) doctorCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Name what distorts numbers on this machine, and the command that mends it",
		Long: `Look at everything on this machine that distorts numbers or keeps runs from
happening: limits, clocks and power, other load, quotas, the network, and which
programs are installed. Each is ok, warn (numbers are noisier, or other than
elsewhere; or a program is missing) or fail (numbers mean little, or a run cannot
be done). joust run makes the same examination without the programs, and stores it.

Exit status 3 when anything is fail.`,
		Example: `  joust doctor
  joust doctor --format json`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := checkFormat(format, formatText, formatJSON); err != nil {
				return session.Usage(err)
			}
			return a.doctor(c.Context(), format)
		},
	}
	formatFlag(c.Flags(), &format, formatText, formatJSON)
	return c
}

// doctorReport is the result of joust doctor --format json.
type doctorReport struct {
	// Worst is the worst state among Findings.
	Worst    results.State     `json:"worst"`
	Joust    results.Build     `json:"joust"`
	Host     results.Host      `json:"host"`
	Findings []results.Finding `json:"findings"`
}

func (a *app) doctor(ctx context.Context, format string) error {
	split, err := autoSplit()
	if err != nil {
		return err
	}
	facts := doctor.Read(ctx, machine.Facts(), split)
	report := doctorReport{
		Joust: machine.Build(Version), Host: facts.Host,
		Findings: append(doctor.Findings(facts), doctor.Inventory(ctx)...),
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	report.Worst = doctor.Worst(report.Findings)
	if format == formatJSON {
		err = a.printJSON(report)
	} else {
		err = a.printFindings(report.Findings)
	}
	if err == nil && report.Worst == results.StateFail {
		return exit(ExitWrong)
	}
	return err
}

// autoSplit returns the split that joust run makes by itself, an empty one where
// joust cannot measure.
func autoSplit() (results.CPUSplit, error) {
	if runtime.GOOS != "linux" {
		return results.CPUSplit{}, nil
	}
	topology, err := cpuset.Read()
	if err != nil {
		return results.CPUSplit{}, err
	}
	return cpuset.Split(topology, nil, cpuset.PolicyAuto)
}

// printFindings prints a line for each finding, with the remedy below it.
func (a *app) printFindings(findings []results.Finding) error {
	t := tabwriter.NewWriter(a.stdout, 2, 8, 2, ' ', tabwriter.StripEscape)
	n := map[results.State]int{}
	for _, f := range findings {
		n[f.State]++
		fmt.Fprintf(t, "%s\t%s\t%s\n", f.State, f.Check, f.Fact)
		if f.State != results.StateWarn && f.State != results.StateFail {
			continue
		}
		fmt.Fprintf(t, "\t\t  why: %s\n", f.Why)
		if f.Remedy != "" {
			fmt.Fprintf(t, "\t\t  mend: %s\n", f.Remedy)
		}
	}
	fmt.Fprintf(t, "\n%d ok, %d warn, %d fail, %d unknown\n",
		n[results.StateOK], n[results.StateWarn], n[results.StateFail], n[results.StateUnknown])
	if err := t.Flush(); err != nil {
		return fmt.Errorf("printing the findings: %w", err)
	}
	return nil
}
