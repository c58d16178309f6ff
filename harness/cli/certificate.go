package cli

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/joust-bench/joust/harness/certify"
	truth "github.com/joust-bench/joust/loaders/certify"
)

// tellCertificate prints the certificate and turns it into an exit code. ended
// is why the battery ended early, nil when it did not.
func (a *app) tellCertificate(c *certify.Certificate, format string, ended error) error {
	if format == formatJSON {
		if err := a.printJSON(c); err != nil {
			return err
		}
	} else if err := a.certificateTable(c); err != nil {
		return err
	}
	if ended != nil {
		return ended
	}
	if !c.OK {
		return exit(ExitWrong)
	}
	return nil
}

func (a *app) certificateTable(c *certify.Certificate) error {
	var lines [][]string
	law := ""
	for i := range c.Rows {
		line := certificateLine(&c.Rows[i])
		if line[0] == law {
			line[0] = ""
		} else {
			law = line[0]
		}
		lines = append(lines, line)
	}
	if err := a.printTable([]string{"law", "figure", "expected", "measured", "deviation", "bound", "ok"}, lines); err != nil {
		return err
	}
	for _, f := range c.Failures {
		fmt.Fprintf(a.stdout, "could not be run: %s\n", f)
	}
	fmt.Fprintf(a.stdout, "%s on %s, kernel %s: %d figures, %d miss their bound, %d cases could not be run, %s\n",
		c.Engine, c.Host.CPUModel, c.Host.Kernel, len(c.Rows), c.Missed(), len(c.Failures), c.Took.Round(time.Second))
	return nil
}

// certificateLine is a row for people.
func certificateLine(r *truth.Row) []string {
	ok := "ok"
	if !r.OK {
		ok = "MISSED"
	}
	if r.Unit == truth.UnitText {
		return []string{r.Law, r.Figure, r.ExpectedText, r.MeasuredText, "", "", ok}
	}
	return []string{r.Law, r.Figure, figure(r.Unit, r.Expected), figure(r.Unit, r.Measured), deviation(r), bound(r), ok}
}

func deviation(r *truth.Row) string {
	switch {
	case r.Bound.Kind == truth.AtMost:
		return ""
	case r.Bound.Kind == truth.Relative && r.Expected != 0:
		return fmt.Sprintf("%+.2f %%", r.Deviation*100)
	case r.Deviation == 0:
		return "0"
	case r.Deviation > 0:
		return "+" + figure(r.Unit, r.Deviation)
	}
	return figure(r.Unit, r.Deviation)
}

func bound(r *truth.Row) string {
	switch r.Bound.Kind {
	case truth.Relative:
		return fmt.Sprintf("± %.3g %%", r.Bound.Limit*100)
	case truth.Absolute:
		return "± " + figure(r.Unit, r.Bound.Limit)
	case truth.AtMost:
		return "at most"
	}
	return "exact"
}

// figure is a number with its unit. What is counted is shown to the last digit.
func figure(u truth.Unit, x float64) string {
	switch u {
	case truth.Nanoseconds:
		d := time.Duration(x)
		digits := 4 - int(math.Ceil(math.Log10(max(1, math.Abs(x)))))
		unit := time.Duration(math.Pow10(max(0, -digits)))
		return d.Round(unit).String()
	case truth.PerSecond:
		return fmt.Sprintf("%.1f/s", x)
	}
	return strconv.FormatFloat(math.Round(x*1000)/1000, 'f', -1, 64)
}
