// Command box is the program of the tests' containers.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// main takes a mode and its argument:
//
//	serve ADDRESS  answers "alive" until SIGTERM; $SAY is written first
//	deaf           ignores SIGTERM
//	spin           uses all the CPU time that it gets
//	eat            takes 4 MiB after 4 MiB
//	exit CODE      ends
//	cat FILE       writes the file and ends
//	surroundings   writes its umask, working directory, limits and environment
func main() {
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	fmt.Println("box", os.Args[1:], os.Getenv("SAY"))
	switch os.Args[1] {
	case "serve":
		go func() { fail(http.ListenAndServe(os.Args[2], http.HandlerFunc(alive))) }()
		<-terminated
		fmt.Println("bye")
	case "deaf":
		time.Sleep(time.Hour)
	case "spin":
		for { //nolint:staticcheck // spinning is its work
		}
	case "eat":
		var kept [][]byte
		for {
			b := make([]byte, 4<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			kept = append(kept, b)
			time.Sleep(time.Millisecond * time.Duration(1+len(kept)%2))
		}
	case "exit":
		code, err := strconv.Atoi(os.Args[2])
		fail(err)
		os.Exit(code)
	case "cat":
		text, err := os.ReadFile(os.Args[2])
		fail(err)
		os.Stdout.Write(text)
	case "surroundings":
		dir, err := os.Getwd()
		fail(err)
		// To ask the kernel by umask(2) would change it, while joust reads it.
		status, err := os.ReadFile("/proc/self/status")
		fail(err)
		_, umask, _ := strings.Cut(string(status), "\nUmask:\t")
		fmt.Printf("umask %.4s\nin %s\n", umask, dir)
		for name, resource := range map[string]int{"core": syscall.RLIMIT_CORE, "stack": syscall.RLIMIT_STACK} {
			var limit syscall.Rlimit
			fail(syscall.Getrlimit(resource, &limit))
			fmt.Printf("%s soft %d\n", name, limit.Cur)
		}
		fmt.Println(strings.Join(os.Environ(), "\n"))
		<-terminated
	}
}

func alive(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "alive") }

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
