package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/scenarios"
)

// announcement names the request that a loader of the user's sends.
type announcement struct {
	port    string
	request *scenarios.Request
	// bodyFile holds the request's body; empty where it has none.
	bodyFile string
}

// url returns the request's URL.
func (x announcement) url() string {
	return "http://127.0.0.1:" + x.port + x.request.Path
}

// text returns the announcement as KEY=value lines. READY is the last: a reader
// who sees it has seen all.
func (x announcement) text() (string, error) {
	headers := map[string]string{}
	for _, h := range x.request.Headers {
		if before, twice := headers[h.Name]; twice {
			h.Value = before + ", " + h.Value
		}
		headers[h.Name] = h.Value
	}
	object, err := json.Marshal(headers)
	if err != nil {
		return "", fmt.Errorf("writing the headers of %s: %w", x.request.Name, err)
	}
	return fmt.Sprintf("PORT=%s\nPATH=%s\nMETHOD=%s\nURL=%s\nHEADERS=%s\nBODY_FILE=%s\nREADY=1\n",
		x.port, x.request.Path, x.request.Method, x.url(), object, x.bodyFile), nil
}

// writeBody writes the request's body, if it has one, into a file in dir.
func (x *announcement) writeBody(dir string) error {
	if x.request.Body.Size() == 0 {
		return nil
	}
	x.bodyFile = filepath.Join(dir, "body")
	if err := os.WriteFile(x.bodyFile, x.request.Body.Bytes(), 0o644); err != nil {
		return fmt.Errorf("writing the request's body: %w", err)
	}
	return nil
}

// clearPortFile removes an older announcement and makes sure that the new one can
// be written, before anything starts.
func clearPortFile(path string) error {
	if path == "" {
		return nil
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return session.Usage(fmt.Errorf("--port-file %s: it is no ordinary file", path))
	}
	// Under another name: a reader would take an empty file for the announcement.
	trial, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return session.Usage(fmt.Errorf("--port-file: %w", err))
	}
	if err := errors.Join(trial.Close(), os.Remove(trial.Name())); err != nil {
		return fmt.Errorf("--port-file: %w", err)
	}
	return removePortFile(path)
}

// removePortFile removes the announcement; an empty path names none.
func removePortFile(path string) error {
	if err := os.Remove(path); err != nil && path != "" && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the port file: %w", err)
	}
	return nil
}
