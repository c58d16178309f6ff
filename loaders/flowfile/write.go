package flowfile

import (
	"fmt"
	"io"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/joust-bench/joust/scenarios"
)

// Draft is a flow file with one flow, to be written. Its texts are templates.
type Draft struct {
	// Base is empty where the command line has to give it.
	Base string
	Data []DraftData
	// Name is that of the flow. Session, OnError and Pause are empty for the defaults.
	Name                    string
	Session, OnError, Pause string
	Steps                   []DraftStep
}

// DraftData is a data set. Take is empty for the default.
type DraftData struct{ Name, File, Take string }

// DraftStep is a step. Its fields are as in flow files, empty for none.
type DraftStep struct {
	// Method is in capital letters.
	Method, Path, Name string
	Headers            []scenarios.Header
	// Body is a text or, where JSON is not nil, that value.
	Body        *string
	JSON        any
	Wait, Pause string
	// Capture and Expect are mappings.
	Capture, Expect yaml.MapSlice
}

// Write writes the draft. It returns an error for a method that no step can have.
func Write(w io.Writer, d *Draft) error {
	flow := yaml.MapSlice{{Key: "name", Value: d.Name}}
	for _, word := range []struct{ key, text string }{{"session", d.Session}, {"on_error", d.OnError}, {"pause", d.Pause}} {
		flow = appendText(flow, word.key, word.text)
	}
	steps := make([]yaml.MapSlice, len(d.Steps))
	for i := range d.Steps {
		var err error
		if steps[i], err = d.Steps[i].keys(); err != nil {
			return err
		}
	}
	flow = append(flow, yaml.MapItem{Key: "steps", Value: steps})
	file := appendText(nil, "base", d.Base)
	if len(d.Data) > 0 {
		var sets yaml.MapSlice
		for _, set := range d.Data {
			sets = append(sets, yaml.MapItem{Key: set.Name, Value: appendText(appendText(nil, "file", set.File), "take", set.Take)})
		}
		file = append(file, yaml.MapItem{Key: "data", Value: sets})
	}
	file = append(file, yaml.MapItem{Key: "flows", Value: []yaml.MapSlice{flow}})
	text, err := yaml.MarshalWithOptions(file, yaml.IndentSequence(true), yaml.UseLiteralStyleIfMultiline(false))
	if err != nil {
		return fmt.Errorf("writing a flow: %w", err)
	}
	_, err = w.Write(text)
	return err
}

// appendText adds a key whose text is not empty.
func appendText(m yaml.MapSlice, key, text string) yaml.MapSlice {
	if text == "" {
		return m
	}
	return append(m, yaml.MapItem{Key: key, Value: text})
}

// keys returns the step as a mapping.
func (s *DraftStep) keys() (yaml.MapSlice, error) {
	if !IsVerb(s.Method) {
		return nil, fmt.Errorf("no step can have the method %s: write a URL file with --format urls", s.Method)
	}
	m := yaml.MapSlice{{Key: strings.ToLower(s.Method), Value: s.Path}}
	m = appendText(m, "name", s.Name)
	m = appendText(m, "wait", s.Wait)
	if len(s.Headers) > 0 {
		var headers yaml.MapSlice
		for _, h := range s.Headers {
			headers = append(headers, yaml.MapItem{Key: h.Name, Value: h.Value})
		}
		m = append(m, yaml.MapItem{Key: "headers", Value: headers})
	}
	switch {
	case s.JSON != nil:
		m = append(m, yaml.MapItem{Key: "body", Value: yaml.MapSlice{{Key: "json", Value: s.JSON}}})
	case s.Body != nil:
		m = append(m, yaml.MapItem{Key: "body", Value: *s.Body})
	}
	if len(s.Capture) > 0 {
		m = append(m, yaml.MapItem{Key: "capture", Value: s.Capture})
	}
	if len(s.Expect) > 0 {
		m = append(m, yaml.MapItem{Key: "expect", Value: s.Expect})
	}
	return appendText(m, "pause", s.Pause), nil
}
