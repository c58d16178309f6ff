package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxBody is the largest body, in bytes, that joust load reads from a file.
const maxBody = 256 << 20

// setBody makes the body of the flag that gives one: a text, a file or standard
// input.
func (f *loadFlags) setBody(stdin io.Reader) error {
	o := &f.load
	var given []string
	for _, source := range []struct {
		flag string
		is   bool
	}{{"-b", o.Body != nil}, {"--body-file", f.bodyFile != ""}, {"--json", f.json != nil}, {"--form", len(o.Form) > 0}} {
		if source.is {
			given = append(given, source.flag)
		}
	}
	if len(given) > 1 {
		return fmt.Errorf("%s both say what the body is: give one of them", strings.Join(given, " and "))
	}
	var err error
	switch {
	case f.bodyFile != "":
		o.Body, err = bodyFrom(f.bodyFile, stdin, maxBody)
	case f.json != nil:
		o.JSON = true
		o.Body, err = bodyOf(*f.json, stdin)
	case o.Body != nil:
		o.Body, err = bodyOf(*o.Body, stdin)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", given[0], err)
	}
	return nil
}

// bodyOf returns the text, or what the file @FILE or standard input @- holds.
func bodyOf(text string, stdin io.Reader) (*string, error) {
	if text == "@" {
		return nil, errors.New("@ wants the name of a file, or - for standard input")
	}
	if file, ok := strings.CutPrefix(text, "@"); ok {
		return bodyFrom(file, stdin, maxBody)
	}
	return &text, nil
}

// bodyFrom reads a file, or standard input for "-", up to so many bytes at most.
func bodyFrom(file string, stdin io.Reader, most int64) (*string, error) {
	if file == "" {
		return nil, errors.New("the name of a file is needed, or - for standard input")
	}
	from, name := stdin, "standard input"
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		from, name = f, file
	}
	var body strings.Builder
	if input, ok := from.(*os.File); ok {
		if info, err := input.Stat(); err == nil {
			body.Grow(int(min(info.Size(), most))) // text that grows is copied again and again
		}
	}
	n, err := io.Copy(&body, io.LimitReader(from, most+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", name, err)
	case n > most:
		return nil, fmt.Errorf("%s holds more than %d bytes, the most that are read", name, most)
	}
	text := body.String()
	return &text, nil
}
