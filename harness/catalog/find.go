package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
)

// checkoutModule is the path of the module whose checkout holds the servers.
const checkoutModule = "github.com/joust-bench/joust"

// ErrNoCheckout is the error of a search outside of a checkout.
var ErrNoCheckout = errors.New("no checkout of joust")

// upward yields an absolute path and the folders above it.
func upward(dir string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for yield(dir) && dir != filepath.Dir(dir) {
			dir = filepath.Dir(dir)
		}
	}
}

// FindServersDir returns the folder servers of the checkout in which start lies.
func FindServersDir(start string) (string, error) {
	dir, err := filepath.Abs(start)
	if err != nil {
		return "", fmt.Errorf("look for joust's checkout: %w", err)
	}
	for dir := range upward(dir) {
		mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("look for joust's checkout: %w", err)
		}
		if err != nil || directive(mod, "module") != checkoutModule {
			continue
		}
		servers := filepath.Join(dir, "servers")
		if info, err := os.Stat(servers); err != nil || !info.IsDir() {
			return "", fmt.Errorf("the checkout in %s has no folder servers; name one with --servers-dir", dir)
		}
		return servers, nil
	}
	return "", fmt.Errorf("%w in %s or above it", ErrNoCheckout, start)
}

// directive returns the value of a one-word directive of a go.mod, or "".
func directive(mod []byte, name string) string {
	m := regexp.MustCompile(`(?m)^` + name + `[ \t]+"?([^\s"]+)`).FindSubmatch(mod)
	if m == nil {
		return ""
	}
	return string(m[1])
}
