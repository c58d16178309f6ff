package loaders

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
)

// MostProfilePoints is the greatest number of points of a profile.
const MostProfilePoints = 100_000

// mostProblems is the number of wrong lines that an error names.
const mostProblems = 10

// The names of a second column whose values are rates, and of one whose values are shares.
var (
	rateColumns  = []string{"rate", "rps"}
	shareColumns = []string{"multiplier", "factor"}
)

// pointForm says how the points of a profile are written.
const pointForm = "write time_sec,rate or time_sec,multiplier, and below it lines such as 30,500"

// ParseProfilePoints reads the points of a CSV profile: lines of a time in seconds and a
// rate in req/s, below a head such as "time_sec,rate" or none. Below "time_sec,multiplier"
// the values are shares of the phase's rate. The error names the lines that are wrong.
func ParseProfilePoints(text []byte) (points []ProfilePoint, shares bool, err error) {
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	in.FieldsPerRecord, in.TrimLeadingSpace, in.ReuseRecord = -1, true, true
	var errs []error
	for first := true; len(errs) < mostProblems; first = false {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, false, err
		}
		line, _ := in.FieldPos(0)
		if first && !isNumber(row[0]) {
			if shares, err = readHead(row); err != nil {
				return nil, false, fmt.Errorf("line %d: %w", line, err)
			}
			continue
		}
		if len(points) == MostProfilePoints {
			return nil, false, fmt.Errorf("line %d: a profile has %d points at most", line, MostProfilePoints)
		}
		at, err := readPoint(row, points)
		if err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", line, err))
			continue
		}
		points = append(points, at)
	}
	if len(points) == 0 && len(errs) == 0 {
		return nil, false, errors.New("it has no points: " + pointForm)
	}
	return points, shares, errors.Join(errs...)
}

func isNumber(text string) bool {
	_, err := results.ParseNumber(text)
	return err == nil
}

// readHead reports whether the values below the head are shares.
func readHead(row []string) (shares bool, err error) {
	if len(row) == 2 {
		name := strings.ToLower(strings.TrimSpace(row[1]))
		switch {
		case slices.Contains(rateColumns, name):
			return false, nil
		case slices.Contains(shareColumns, name):
			return true, nil
		}
	}
	return false, fmt.Errorf("the head %q says neither rate nor multiplier: %s", strings.Join(row, ","), pointForm)
}

// readPoint reads the point of a line behind those before.
func readPoint(row []string, before []ProfilePoint) (ProfilePoint, error) {
	if len(row) != 2 {
		return ProfilePoint{}, fmt.Errorf("%s: two are needed, a time in seconds and a rate", results.Counted(len(row), "column"))
	}
	for i, what := range []string{"time", "rate"} {
		if strings.TrimSpace(row[i]) == "" {
			return ProfilePoint{}, fmt.Errorf("it has no %s", what)
		}
	}
	seconds, err := results.ParseNumber(row[0])
	if err != nil {
		return ProfilePoint{}, fmt.Errorf("time: %w", err)
	}
	value, err := results.ParseNumber(row[1])
	switch {
	case err != nil:
		return ProfilePoint{}, fmt.Errorf("rate: %w", err)
	case seconds < 0 || seconds > Longest.Seconds():
		return ProfilePoint{}, fmt.Errorf("time %v s: must be from 0 to %v s, a year", seconds, Longest.Seconds())
	case value < 0:
		return ProfilePoint{}, fmt.Errorf("rate %v: must not be negative", value)
	}
	at := time.Duration(seconds * float64(time.Second))
	if n := len(before); n > 0 && at < before[n-1].At {
		return ProfilePoint{}, fmt.Errorf("time %v s: it goes back, behind %v s", seconds, before[n-1].At.Seconds())
	}
	return ProfilePoint{At: at, Value: value}, nil
}
