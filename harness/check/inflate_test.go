package check

import (
	"bytes"
	"compress/gzip"
	"net/textproto"
	"strings"
	"testing"

	"github.com/joust-bench/joust/scenarios"
)

// A compressed answer is compared by its inflated body, in the codings of its row.
func TestCompressedAnswers(t *testing.T) {
	t.Parallel()
	const text = "compress me, compress me, compress me"
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	packed := b.String()
	for _, c := range []struct{ coding, body, want string }{
		{"gzip", packed, ""},
		{"X-GZIP", packed, ""},
		{"", text, `expected the content coding gzip, got ""`},
		{"br", packed, `expected the content coding gzip, got "br"`},
		{"gzip, gzip", packed, `got "gzip, gzip"`},
		{"gzip", text, "the body is no gzip stream"},
		{"gzip", packed[:20], "the body ends inside its gzip stream"},
		{"gzip", "", "the body is 0 bytes long, expected 37"},
	} {
		m := message{request: &scenarios.Request{Expect: scenarios.Expect{Encodings: []scenarios.Encoding{scenarios.Gzip}}}, want: []byte(text), exact: true}
		a := answer{header: textproto.MIMEHeader{}, body: []byte(c.body)}
		if c.coding != "" {
			a.header.Set("Content-Encoding", c.coding)
		}
		what := a.inflate(m)
		if what == "" {
			what = a.compareBody(m)
		}
		if (what == "") != (c.want == "") || !strings.Contains(what, c.want) {
			t.Errorf("%q in %q: %q, want %q", c.body, c.coding, what, c.want)
		}
	}
}
