package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/doctor"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/results"
)

func (a *app) doctorCommand() *cobra.Command {
	format := formatText
	c := &cobra.Command{
		Use:   "doctor",
		Short: "What on this machine distorts numbers, and the command that mends it",
		Long: `Look at everything on this machine that distorts numbers or keeps runs from
happening: limits, clocks and power, other load, quotas, the network, and which
programs are installed. Each is ok, warn (numbers are noisier, or other than
elsewhere; or a program is missing) or fail (numbers mean little, or a run cannot
be done). joust run makes the same examination, programs apart, and stores it.

Exit status 3 when anything is fail.`,
		Example: `  joust doctor
  joust doctor --format json`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if format != formatText && format != formatJSON {
				return usage(fmt.Errorf("--format %s: text or json", format))
			}
			return a.doctor(c.Context(), format)
		},
	}
	c.Flags().StringVar(&format, "format", formatText, "text or json")
	return c
}

// doctorReport is the form of joust doctor --format json.
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
		err = &codedError{code: ExitWrong, err: errTold}
	}
	return err
}

// autoSplit is the split that joust run makes by itself; none where joust
// cannot measure.
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

func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.stdout)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("printing the result: %w", err)
	}
	return nil
}

// printFindings prints a line each, and what is to mend below it.
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
	if err := t.Flush(); err != nil {
		return errors.Join(errors.New("printing the findings"), err)
	}
	_, err := fmt.Fprintf(a.stdout, "\n%d ok, %d warn, %d fail, %d unknown\n",
		n[results.StateOK], n[results.StateWarn], n[results.StateFail], n[results.StateUnknown])
	return err
}
