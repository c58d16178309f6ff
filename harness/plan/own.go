package plan

import (
	"errors"
	"slices"

	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// OwnRows returns the rows with the user's own behind them: those of the plan's key
// scenarios, and those of the scenario files. file and data are as in Resolve. The
// problems are those of the rows; Resolve reports them with all others.
func OwnRows(rows scenarios.Rows, file string, data []byte, paths []string) (scenarios.Rows, strictyaml.Problems) {
	var problems strictyaml.Problems
	if data != nil {
		var raw planYAML
		doc := strictyaml.Decode(file, data, &raw)
		ofForm := doc.Problems() // Resolve meets these again
		rows, problems = rows.WithOwn(file, doc, raw.own)
		problems = append(problems, slices.DeleteFunc(doc.Problems(), func(p strictyaml.Problem) bool { return slices.Contains(ofForm, p) })...)
	}
	for _, path := range paths {
		more, err := rows.WithFiles(path)
		var wrong strictyaml.Problems
		switch {
		case errors.As(err, &wrong):
			problems = append(problems, wrong...)
		case err != nil:
			problems = append(problems, strictyaml.Problem{File: "--scenario-file", Message: err.Error()})
		default:
			rows = more
		}
	}
	return rows, problems
}
