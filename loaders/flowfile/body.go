package flowfile

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"path"
	"strings"

	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/scenarios"
)

// body gives the request its body, and returns its media type; empty for none.
func (s *sequence) body(k *bodyKeys, q *scenarios.Request, at string) string {
	if k == nil {
		return ""
	}
	given := 0
	for _, is := range []bool{k.Text != nil, k.JSON != "", k.Form != nil, k.File != "", k.Multipart != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		s.doc.Report(at, "a body is a text, or one of json, form, file and multipart")
		return ""
	}
	q.Body = &scenarios.Body{}
	switch {
	case k.Text != nil:
		q.Body.Text = *k.Text
	case k.JSON != "":
		q.Body.Text, q.Encode = string(k.JSON), scenarios.EncodeJSON
		return scenarios.JSONType
	case k.Form != nil:
		q.Body.Text, q.Encode = formOf(k.Form), scenarios.EncodeForm
		return scenarios.FormType
	case k.File != "":
		text, err := s.open(k.File)
		s.doc.ReportIf(err != nil, at+".file", "body.file: %v", err)
		q.Body.Text = pieces.Escape(text)
	default:
		text, mediaType, err := s.multipart(k.Multipart)
		s.doc.ReportIf(err != nil, at+".multipart", "body.multipart: %v", err)
		q.Body.Text = text
		return mediaType
	}
	return scenarios.BinaryType
}

// formOf encodes the fields in their order, as HTML forms do. Pieces stay as they are.
func formOf(fields headersKey) string {
	var pairs []string
	for _, f := range fields {
		pairs = append(pairs, pieces.MapLiterals(f.Name, url.QueryEscape)+"="+pieces.MapLiterals(f.Value, url.QueryEscape))
	}
	return strings.Join(pairs, "&")
}

// boundary is between the parts of a body: the same each time, so that a request is.
const boundary = "joust-part-7d1b54a0c6e94f8e"

// multipart returns a body of parts (RFC 7578) and its media type.
func (s *sequence) multipart(parts partList) (text, mediaType string, err error) {
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	if err := w.SetBoundary(boundary); err != nil {
		return "", "", err
	}
	for _, p := range parts {
		content, head := p.Text, textproto.MIMEHeader{}
		disposition := fmt.Sprintf("form-data; name=%q", p.name)
		if p.File != "" {
			if content, err = s.open(p.File); err != nil {
				return "", "", err
			}
			disposition += fmt.Sprintf("; filename=%q", path.Base(p.File))
			content = pieces.Escape(content)
			head.Set("Content-Type", scenarios.BinaryType)
		}
		if p.Type != "" {
			head.Set("Content-Type", p.Type)
		}
		head.Set("Content-Disposition", disposition)
		if strings.Contains(content, boundary) {
			return "", "", fmt.Errorf("the part %s holds the boundary of parts", p.name)
		}
		part, err := w.CreatePart(head)
		if err != nil {
			return "", "", err
		}
		if _, err := part.Write([]byte(content)); err != nil {
			return "", "", err
		}
	}
	if err := w.Close(); err != nil {
		return "", "", err
	}
	return out.String(), w.FormDataContentType(), nil
}
