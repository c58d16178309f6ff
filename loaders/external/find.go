package external

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// Found is a tool as this machine has it.
type Found struct {
	Tool Tool
	// Path is the program's file, empty where there is none.
	Path string
	// Image is the image that stands in for a program: a reference, and the
	// engine's id once the image was found or pulled.
	Image string
	// Version is as the tool prints it, or that of the image.
	Version string
	// Why says why the tool cannot be used; empty where it can.
	Why string
}

// versions are the tools' flags for their version, and the lines that they print
// then.
var versions = map[string]struct {
	flag string
	line *regexp.Regexp
}{
	"wrk":    {"-v", regexp.MustCompile(`^wrk (\S+)`)},
	"wrk2":   {"-v", regexp.MustCompile(`^wrk2? (\S+)`)},
	"h2load": {"--version", regexp.MustCompile(`^h2load (\S+)`)},
	"ab":     {"-V", regexp.MustCompile(`ApacheBench, Version (\S+)`)},
}

// Find looks for the tool on PATH and asks for its version. wrk2's own build calls
// it wrk: the flag for the rate distinguishes the two.
func Find(ctx context.Context, t Tool) Found {
	f := Found{Tool: t, Why: "not on PATH: " + t.Install}
	names := []string{t.Name}
	if t.Name == "wrk2" {
		names = append(names, "wrk")
	}
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil && !errors.Is(err, exec.ErrDot) {
			continue
		}
		version, said, err := askVersion(ctx, t.Name, path)
		paces := strings.Contains(said, "--rate")
		switch {
		case err != nil:
			f.Why = err.Error()
		case t.Name == "wrk" && paces:
			f.Why = fmt.Sprintf("%s is wrk2, which calls itself wrk: %s", path, t.Install)
		case t.Name == "wrk2" && !paces && name == "wrk2":
			f.Why = fmt.Sprintf("%s has no --rate, so it is no wrk2: %s", path, t.Install)
		case t.Name == "wrk2" && !paces:
		default:
			return Found{Tool: t, Path: path, Version: version}
		}
	}
	return f
}

// askVersion runs the program for its version, and returns its whole output too.
func askVersion(ctx context.Context, tool, path string) (version, said string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	// wrk ends with status 1 when it has printed its version: the status says
	// nothing.
	text, err := exec.CommandContext(ctx, path, versions[tool].flag).CombinedOutput()
	for line := range strings.Lines(string(text)) {
		if m := versions[tool].line.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			return strings.TrimPrefix(m[1], "nghttp2/"), string(text), nil
		}
	}
	if err == nil || len(text) > 0 {
		err = fmt.Errorf("it said %s", excerpt(strings.TrimSpace(string(text))))
	}
	return "", "", fmt.Errorf("%s prints no version of %s: %w", path, tool, err)
}
