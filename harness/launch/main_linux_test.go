package launch_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/joust-bench/joust/harness/host/keeper"
	"github.com/joust-bench/joust/loaders/retry"
)

// TestMain makes this binary its own keeper and its own server. The tests await servers
// most of the time: more of them run at once than there are processors.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "keep":
			os.Exit(keeper.Main(context.Background(), os.Stdin, os.Stdout))
		case "server":
			fmt.Println(http.ListenAndServe(os.Args[2], fragile(os.Args[3])))
			os.Exit(1)
		}
	}
	// Under the race detector every process would sleep for a second at its end.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE")); err != nil {
		panic(err)
	}
	if err := retry.AtOnce(5); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// kept is what a greedy server holds of a body.
var kept []byte

// drain reads a body in pieces. A greedy server keeps the first 256 MiB.
func drain(body io.Reader, how string) {
	if how == "greedy" {
		kept = make([]byte, 256<<20)
		_, _ = io.ReadFull(body, kept)
	}
	_, _ = io.Copy(io.Discard, body)
}

// fragile is a server that answers most paths with "ok", and /caps with its caps. It ends
// on /crash, and on the first other request after one for /later.
func fragile(caps string) http.Handler {
	var ending atomic.Bool
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := "ok"
		switch {
		case r.URL.Path == "/crash":
			fmt.Println("no such thing")
			os.Exit(3)
		case r.URL.Path == "/later":
			ending.Store(true)
		case ending.Load():
			os.Exit(4)
		case r.URL.Path == "/caps":
			answer = caps
		case r.URL.Path == "/wrong":
			answer = "ko"
		case r.URL.Path == "/drain":
			drain(r.Body, caps)
		}
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte(answer)) // the client sees missing bytes
	})
}
