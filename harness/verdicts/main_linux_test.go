package verdicts

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/joust-bench/joust/harness/host/keeper"
)

// TestMain makes this binary its own helpers: a keeper, a loader that may be
// slowed down, the staged server, and work that competes.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		var err error
		switch os.Args[1] {
		case "keep", "loader", "stage", "compete":
			hurry()
		}
		switch os.Args[1] {
		case "keep":
			os.Exit(keeper.Main(context.Background(), os.Stdin, os.Stdout))
		case "loader":
			err = slowLoader(os.Args[2:])
		case "stage":
			err = serve(os.Args[2:])
		case "compete":
			err = compete(os.Args[2:])
		default:
			os.Exit(m.Run())
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}
