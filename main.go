// Command joust compares HTTP servers head to head and says which differences
// are real. All of it is in package harness/cli.
package main

import (
	"os"

	"github.com/joust-bench/joust/harness/cli"
)

func main() {
	os.Exit(cli.Run(cli.Arguments(os.Args), os.Stdin, os.Stdout, os.Stderr))
}
