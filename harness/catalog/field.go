package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/mod/module"
)

// fieldModule is the path of the module of joust's own servers.
const fieldModule = checkoutModule + "/servers"

// FieldOf returns the folder of joust's own servers at joust's version, which the Go
// command downloads into its module cache unless they are there. Downloading is called
// before a download.
func FieldOf(ctx context.Context, version string, downloading func(what string)) (dir string, err error) {
	query, err := fieldQuery(version)
	if err != nil {
		return "", err
	}
	cache, err := Cache()
	if err != nil {
		return "", err
	}
	// Only the Go command knows where its module cache has a version, and it may ask the
	// network for that.
	known := filepath.Join(cache, "fields", query)
	if text, err := os.ReadFile(known); err == nil {
		if dir = strings.TrimSpace(string(text)); exists(dir) {
			return dir, nil
		}
	}
	downloading(fieldModule + "@" + query)
	if dir, err = downloadModule(ctx, fieldModule+"@"+query); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(known), 0o755); err != nil {
		return "", fmt.Errorf("note where the downloaded servers are: %w", err)
	}
	if err := os.WriteFile(known, []byte(dir+"\n"), 0o644); err != nil {
		return "", fmt.Errorf("note where the downloaded servers are: %w", err)
	}
	return dir, nil
}

// ErrNoRelease is the error of a joust whose version names no version of its servers.
var ErrNoRelease = errors.New("this joust was built from a work tree, so no release has its servers")

// fieldQuery returns the version of the servers that belongs to a version of joust. A
// commit between two releases is named by its revision: the pseudo-version of the
// servers' module counts from other tags.
func fieldQuery(version string) (string, error) {
	if version == "" || version == "(devel)" || strings.Contains(version, "+dirty") {
		return "", ErrNoRelease
	}
	if !module.IsPseudoVersion(version) {
		return version, nil
	}
	return module.PseudoVersionRev(version)
}

// downloadModule lets the Go command download a module, and returns its folder.
func downloadModule(ctx context.Context, query string) (dir string, err error) {
	tool, err := exec.LookPath("go")
	if err != nil {
		return "", fmt.Errorf("download %s: the go command, which downloads and builds servers, is not on PATH; install Go from https://go.dev/dl", query)
	}
	cmd := exec.CommandContext(ctx, tool, "mod", "download", "-json", query)
	// A go.mod or go.work around the working folder must not matter.
	cmd.Dir, cmd.Env = os.TempDir(), append(os.Environ(), "GOWORK=off")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, runErr := cmd.Output()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	var answer struct{ Dir, Error string }
	err = json.Unmarshal(out, &answer)
	switch {
	case answer.Error != "":
		return "", fmt.Errorf("download %s: %s", query, answer.Error)
	case runErr != nil:
		return "", fmt.Errorf("download %s: %w\n%s", query, runErr, bytes.TrimSpace(stderr.Bytes()))
	case err != nil || answer.Dir == "":
		return "", fmt.Errorf("download %s: the go command named no folder: %.200q", query, out)
	}
	return answer.Dir, nil
}
