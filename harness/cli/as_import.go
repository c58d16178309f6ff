package cli

import (
	"context"
	"slices"
	"strings"
)

// harImport is the subcommand of pywrkr that reads recordings of browsers.
const harImport = "har-import"

// importedFormats are the names of joust import for the formats of pywrkr.
var importedFormats = map[string]string{"scenario": formatFlow, "url-file": formatURLs}

// importHAR makes of the arguments of pywrkr's har-import those of joust import, whose
// flags have the same names.
func (a *app) importHAR(ctx context.Context, args []string) error {
	words := slices.Clone(args)
	for i, word := range words {
		format, inline := strings.CutPrefix(word, "--format=")
		switch {
		case inline && importedFormats[format] != "":
			words[i] = "--format=" + importedFormats[format]
		case i > 0 && words[i-1] == "--format" && importedFormats[word] != "":
			words[i] = importedFormats[word]
		}
	}
	c := a.importCommand()
	c.SetArgs(append([]string{kindHAR}, words...))
	c.SetOut(a.stdout)
	c.SetErr(a.stderr)
	c.SilenceErrors, c.SilenceUsage = true, true
	return c.ExecuteContext(ctx)
}
