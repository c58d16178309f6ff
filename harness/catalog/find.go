package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// module is the path of the module whose checkout holds the servers.
const module = "github.com/joust-bench/joust"

// FindServersDir returns servers/ of the checkout that start, or a folder above
// it, belongs to.
func FindServersDir(start string) (string, error) {
	dir, err := filepath.Abs(start)
	if err != nil {
		return "", fmt.Errorf("look for joust's checkout: %w", err)
	}
	for {
		mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("look for joust's checkout: %w", err)
		}
		if err == nil && moduleOf(mod) == module {
			return serversIn(dir)
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("no checkout of joust in %s or above it; name a folder of servers with --servers-dir, or to run and check a running server with --url NAME=URL", start)
		}
		dir = up
	}
}

func serversIn(checkout string) (string, error) {
	servers := filepath.Join(checkout, "servers")
	if info, err := os.Stat(servers); err != nil || !info.IsDir() {
		return "", fmt.Errorf("the checkout in %s has no folder servers; name one with --servers-dir", checkout)
	}
	return servers, nil
}

// moduleOf is the module path that a go.mod declares, or empty.
func moduleOf(mod []byte) string {
	return directive(mod, "module")
}

// directive is the value of a one-word directive of a go.mod, or empty.
func directive(mod []byte, name string) string {
	m := regexp.MustCompile(`(?m)^` + name + `[ \t]+"?([^\s"]+)`).FindSubmatch(mod)
	if m == nil {
		return ""
	}
	return string(m[1])
}
