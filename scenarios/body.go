package scenarios

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// The media types of bodies whose Content-Type nobody gives.
const (
	BinaryType = "application/octet-stream"
	FormType   = "application/x-www-form-urlencoded"
	JSONType   = "application/json"
)

// Body is Text, repeated to Length bytes unless Length is 0. A file gives the text by
// exactly one of its keys text, base64, generate and file. In loaded rows Text holds the
// bytes of all of them, Base64 is empty, and Generate and File name the origin of Text.
type Body struct {
	// Text is the literal body, or the pattern that is repeated.
	Text string `yaml:"text"`
	// Base64 is the body in base64, for bytes that are no text.
	Base64 string `yaml:"base64"`
	// Generate is a call of a generator, such as "items(50, 6)".
	Generate string `yaml:"generate"`
	// File is the file that holds the body: in the catalogue a static file of the data
	// set, in other files a path from their own folder.
	File string `yaml:"file"`
	// Length is the body's length in bytes; 0 is the length of Text.
	Length int64 `yaml:"length"`
	// Chunk is the size in bytes of the chunks of a chunked body; 0 sends it
	// with Content-Length.
	Chunk int64 `yaml:"chunk"`
}

// Size returns the length of the body in bytes.
func (b *Body) Size() int64 {
	if b == nil {
		return 0
	}
	if b.Length > 0 {
		return b.Length
	}
	return int64(len(b.Text))
}

// Bytes returns the body.
func (b *Body) Bytes() []byte {
	n := b.Size()
	if n == 0 {
		return nil
	}
	out := make([]byte, n)
	filled := copy(out, b.Text)
	for int64(filled) < n {
		filled += copy(out[filled:], out[:filled])
	}
	return out
}

// Origin names the source of a body that is no literal text, such as "items(50, 6)" or
// "file logo.svg"; "" for others.
func (b *Body) Origin() string {
	switch {
	case b == nil:
		return ""
	case b.File != "":
		return "file " + b.File
	}
	return b.Generate
}

// bodyJSON is the form of a Body in JSON, which needs no file and no generator: the
// bytes are text, or base64 where they are not UTF-8.
type bodyJSON struct {
	Text     string `json:"text"`
	Base64   []byte `json:"base64,omitempty"`
	Generate string `json:"generate,omitempty"`
	File     string `json:"file,omitempty"`
	Length   int64  `json:"length,omitempty"`
	Chunk    int64  `json:"chunk,omitempty"`
}

// MarshalJSON writes the body with its bytes.
func (b Body) MarshalJSON() ([]byte, error) {
	out := bodyJSON{Text: b.Text, Generate: b.Generate, File: b.File, Length: b.Length, Chunk: b.Chunk}
	if !utf8.ValidString(b.Text) {
		out.Text, out.Base64 = "", []byte(b.Text)
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads the form of MarshalJSON.
func (b *Body) UnmarshalJSON(data []byte) error {
	var in bodyJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return fmt.Errorf("read a body: %w", err)
	}
	*b = Body{Text: in.Text, Generate: in.Generate, File: in.File, Length: in.Length, Chunk: in.Chunk}
	if len(in.Base64) > 0 {
		b.Text = string(in.Base64)
	}
	return nil
}

// open returns the content of a file that a body names.
type open func(name string) (string, error)

// resolved returns the body with the bytes of its source in Text. known holds the
// numbers for which placeholders stand; without any, text is taken as it is. With an
// error comes the key that is wrong, and a body without text.
func (b Body) resolved(known numbers, from open) (out Body, key string, err error) {
	if key, err = b.checkSources(); err == nil {
		key, b.Text, err = b.source(known, from)
	}
	if err != nil {
		return Body{Chunk: b.Chunk}, key, err
	}
	b.Base64 = ""
	return b, "", nil
}

// source returns the text of the body's source and its key.
func (b *Body) source(known numbers, from open) (key, text string, err error) {
	switch {
	case b.Base64 != "":
		bytes, err := base64.StdEncoding.DecodeString(b.Base64)
		if err != nil {
			err = fmt.Errorf("is no base64 with its padding: %w", err)
		}
		return "base64", string(bytes), err
	case b.Generate != "":
		text, err = known.generate(b.Generate)
		return "generate", text, err
	case b.File != "":
		text, err = from(b.File)
		return "file", text, err
	}
	text, err = known.replace(b.Text)
	return "text", text, err
}

// checkSources reports more than one source of the bytes, and a length that does not
// belong to text.
func (b *Body) checkSources() (key string, err error) {
	first := ""
	for _, source := range []struct{ key, value string }{{"text", b.Text}, {"base64", b.Base64}, {"generate", b.Generate}, {"file", b.File}} {
		switch {
		case source.value == "":
		case first != "":
			return source.key, fmt.Errorf("cannot stand together with %s: one of them says what the body is", first)
		default:
			first = source.key
		}
	}
	if b.Length != 0 && first != "" && first != "text" {
		return "length", fmt.Errorf("cannot stand together with %s, which has a length of its own", first)
	}
	return "", nil
}
