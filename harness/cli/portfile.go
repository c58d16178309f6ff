package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/scenarios"
)

// announcement is what a loader must know to ask a server for a row.
type announcement struct {
	port    string
	request *scenarios.Request
	// bodyFile holds the request's body; empty where it has none.
	bodyFile string
}

// url is where the request goes.
func (x announcement) url() string {
	return "http://127.0.0.1:" + x.port + x.request.Path
}

// text is the announcement as KEY=value lines; READY stands last, so that who
// sees it has seen all.
func (x announcement) text() (string, error) {
	headers := map[string]string{}
	for _, h := range x.request.Headers {
		if before, twice := headers[h.Name]; twice {
			headers[h.Name] = before + ", " + h.Value
			continue
		}
		headers[h.Name] = h.Value
	}
	object, err := json.Marshal(headers)
	if err != nil {
		return "", fmt.Errorf("writing the headers of %s: %w", x.request.Name, err)
	}
	var b strings.Builder
	for _, line := range [][2]string{
		{"PORT", x.port}, {"PATH", x.request.Path}, {"METHOD", x.request.Method}, {"URL", x.url()},
		{"HEADERS", string(object)}, {"BODY_FILE", x.bodyFile}, {"READY", "1"},
	} {
		fmt.Fprintf(&b, "%s=%s\n", line[0], line[1])
	}
	return b.String(), nil
}

// writeBody puts the request's body into a file in dir and names it.
func (x *announcement) writeBody(dir string) error {
	if x.request.Body.Size() == 0 {
		return nil
	}
	path := filepath.Join(dir, "body")
	if err := os.WriteFile(path, x.request.Body.Bytes(), 0o644); err != nil {
		return fmt.Errorf("writing the request's body: %w", err)
	}
	x.bodyFile = path
	return nil
}

// clearPortFile makes sure, before anything starts, that no older announcement
// is taken for the new one and that the file can be written.
func clearPortFile(path string) error {
	if path == "" {
		return nil
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return session.Usage(fmt.Errorf("--port-file %s: it is no ordinary file", path))
	}
	// Tried under another name: who waits for the file would take an empty one
	// for the announcement.
	trial, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return session.Usage(fmt.Errorf("--port-file: %w", err))
	}
	if err := errors.Join(trial.Close(), os.Remove(trial.Name())); err != nil {
		return fmt.Errorf("--port-file: %w", err)
	}
	return removePortFile(path)
}

// removePortFile takes the announcement away; empty names none.
func removePortFile(path string) error {
	if err := os.Remove(path); err != nil && path != "" && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the port file: %w", err)
	}
	return nil
}
