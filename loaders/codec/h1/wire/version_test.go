package wire

import (
	"strings"
	"testing"

	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/scenarios"
)

func TestVersions(t *testing.T) {
	t.Parallel()
	r := scenarios.Request{Method: "POST", Path: "/a", Version: "1.0", Body: &scenarios.Body{Text: "abc"}}
	got, err := Compile(&r, "h")
	if want := "POST /a HTTP/1.0\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"; err != nil || string(got.Head) != want {
		t.Errorf("got %q, %v, want %q", got.Head, err, want)
	}
	r.Body.Chunk = 1
	if _, err := Compile(&r, "h"); err == nil || !strings.Contains(err.Error(), "HTTP/1.0 has no chunked bodies") {
		t.Errorf("chunks: %v", err)
	}
	r.Version = "2"
	if _, err := Compile(&r, "h"); err == nil || !strings.Contains(err.Error(), `version "2" is not known`) {
		t.Errorf("unknown version: %v", err)
	}
}

// HeadBytes is where the head ends, in whatever form and with whatever body.
func TestHeadBytes(t *testing.T) {
	t.Parallel()
	for _, length := range []int64{0, 1, MaxInlineBody, MaxInlineBody + 1} {
		r := scenarios.Request{Method: "PUT", Path: "/", Body: &scenarios.Body{Text: "x", Length: length}}
		plain, err := Compile(&r, "h")
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range []codec.Request{plain, Absolute(plain, "h:80")} {
			if head := string(got.Head[:got.HeadBytes]); !strings.HasSuffix(head, "\r\n\r\n") || strings.Count(head, "\r\n\r\n") != 1 {
				t.Errorf("length %d: the head is %q", length, head)
			}
			if rest := got.Size() - int64(got.HeadBytes); rest != r.Body.Size() {
				t.Errorf("length %d: %d bytes behind the head", length, rest)
			}
		}
	}
}

func TestAbsoluteForm(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/a?b": "OPTIONS http://h:80/a?b HTTP/1.1\r\nHost: h:80\r\n\r\n",
		"*":    "OPTIONS http://h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n",
	} {
		r, err := Compile(&scenarios.Request{Method: "OPTIONS", Path: path}, "h:80")
		if got := string(Absolute(r, "h:80").Head); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", path, got, err, want)
		}
	}
}
