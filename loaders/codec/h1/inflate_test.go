package h1_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/codec/h1"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// gzipped and brotlied compress a text.
func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

func brotlied(text string) string {
	var b bytes.Buffer
	w := brotli.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

// encoded is an answer with its body in a content coding.
func encoded(coding, body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s", coding, len(body), body)
}

// accepting is the codec of one connection that takes compressed answers, with that
// body unless it is nil.
func accepting(t testing.TB, want *string, encodings ...scenarios.Encoding) codec.Conn {
	t.Helper()
	r := scenarios.Request{Name: "packed", Method: "GET", Path: "/", Expect: scenarios.Expect{Status: 200, Encodings: encodings}}
	if want != nil {
		r.Expect.Body = &scenarios.Body{Text: *want}
	}
	// A clock that stands still: inflating takes no time and needs no rest.
	return acceptingAt(t, func() time.Time { return time.Time{} }, r)
}

// acceptingAt is the codec of one connection for answers to the request, with a clock.
func acceptingAt(t testing.TB, now func() time.Time, r scenarios.Request) codec.Conn {
	t.Helper()
	p, err := h1.NewAt(now)(&loaders.Spec{Target: loaders.Target{Host: "h"}, Requests: []scenarios.Request{r}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	c := p.Shard().Conn(codec.Needs{})
	c.Open()
	return c
}

// A compressed answer is right by its inflated body, wherever its bytes are cut, the
// first time and when its head is remembered.
func TestCompressedAnswers(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("compress me, ", 9000)
	packed := gzipped(text)
	for _, c := range []struct {
		name, answer string
		coding       codec.Coding
		cause        results.Cause
		says         string
	}{
		{"gzip", encoded("gzip", packed), codec.Gzip, "", ""},
		{"x-gzip", encoded("X-GZIP", packed), codec.Gzip, "", ""},
		{"br", encoded("br", brotlied(text)), codec.Brotli, "", ""},
		{"identity", encoded("identity", text), codec.Identity, "", ""},
		{"no coding", strings.Replace(encoded("", text), "Content-Encoding: \r\n", "", 1), codec.Identity, "", ""},
		{"two members", encoded("gzip", gzipped(text[:100])+gzipped(text[100:])), codec.Gzip, "", ""},
		{"chunked", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(packed), packed), codec.Gzip, "", ""},
		{"another body", encoded("gzip", gzipped(strings.Replace(text, "me", "ME", 1))), codec.Gzip, results.CauseBody, "differs from the 117000 bytes"},
		{"shorter", encoded("br", brotlied(text[1:])), codec.Brotli, results.CauseBody, "differs"},
		{"cut", encoded("gzip", gzipped(text[:5000])), codec.Gzip, results.CauseLength, "a body of 5000 bytes where 117000 count"},
		{"longer", encoded("gzip", gzipped(text+"!")), codec.Gzip, results.CauseLength, "a body of 117001 bytes"},
		{"empty", encoded("gzip", ""), codec.Gzip, results.CauseLength, "a body of 0 bytes"},
		{"not compressed", encoded("gzip", text), codec.Gzip, results.CauseEncoding, "the body is no gzip stream: gzip: invalid header"},
		{"not compressed br", encoded("br", text), codec.Brotli, results.CauseEncoding, "the body is no br stream"},
		{"stops", encoded("gzip", packed[:len(packed)-5]), codec.Gzip, results.CauseEncoding, "the body ends inside its gzip stream"},
		{"stops br", encoded("br", brotlied(text)[:20]), codec.Brotli, results.CauseEncoding, "the body ends inside its br stream"},
		{"checksum", encoded("gzip", packed[:len(packed)-8]+"abcdefgh"), codec.Gzip, results.CauseEncoding, "invalid checksum"},
		{"surplus", encoded("gzip", packed+"surplus of it"), codec.Gzip, results.CauseEncoding, "no gzip stream"},
		{"surplus br", encoded("br", brotlied(text)+"x"), codec.Brotli, results.CauseEncoding, "no br stream"},
		{"wrong name", encoded("br", packed), codec.Brotli, results.CauseEncoding, "no br stream"},
		{"unknown", encoded("zstd", text), codec.OtherCoding, results.CauseEncoding, "the content coding of another kind, where identity or gzip or br counts as right"},
		{"twice", encoded("gzip\r\nContent-Encoding: gzip", gzipped(packed)), codec.OtherCoding, results.CauseEncoding, "of another kind"},
		{"a list", encoded("gzip, br", packed), codec.OtherCoding, results.CauseEncoding, "of another kind"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn := accepting(t, &text, scenarios.Gzip, scenarios.Brotli, scenarios.Identity)
			for _, size := range []int{1 << 20, 1 << 20, 1 << 20, 100, 7} {
				coding, cause := lastOf(t, conn, c.answer, size)
				if coding != c.coding || cause != c.cause {
					t.Fatalf("in pieces of %d: coding %s, cause %q: %s", size, coding, cause, conn.Describe(0, cause))
				}
				if says := conn.Describe(0, cause); c.cause != "" && !strings.Contains(says, c.says) {
					t.Errorf("%q does not say %q", says, c.says)
				}
			}
		})
	}
}

// lastOf shows the codec one answer in pieces, and returns its coding and cause.
func lastOf(t testing.TB, c codec.Conn, answer string, size int) (coding codec.Coding, cause results.Cause) {
	t.Helper()
	var carry []byte
	for at := 0; at < len(answer); at += size {
		carry = append(carry, answer[at:min(at+size, len(answer))]...)
		var a codec.Answer
		n, err := c.Next(0, carry, &a)
		if err != nil {
			t.Fatal(err)
		}
		carry = carry[n:]
		if a.Event == codec.End {
			if len(carry) > 0 || at+size < len(answer) {
				t.Fatalf("the answer ended before its last bytes")
			}
			return a.Coding, a.Cause
		}
	}
	t.Fatal("the answer did not end")
	return 0, ""
}

// A request that takes one coding refuses the others. One that says nothing compares
// the bytes as they come.
func TestWantedCodings(t *testing.T) {
	t.Parallel()
	text := hello
	for _, c := range []struct {
		want      string
		encodings []scenarios.Encoding
		answer    string
		cause     results.Cause
	}{
		{text, []scenarios.Encoding{scenarios.Gzip}, encoded("gzip", gzipped(text)), ""},
		{text, []scenarios.Encoding{scenarios.Gzip}, encoded("br", brotlied(text)), results.CauseEncoding},
		{text, []scenarios.Encoding{scenarios.Gzip}, encoded("identity", text), results.CauseEncoding},
		{gzipped(text), nil, encoded("gzip", gzipped(text)), ""},
		{text, nil, encoded("gzip", gzipped(text)), results.CauseLength},
	} {
		coding, cause := lastOf(t, accepting(t, &c.want, c.encodings...), c.answer, 1<<20)
		if cause != c.cause || (coding == codec.Unasked) != (c.encodings == nil) {
			t.Errorf("%v: coding %s, cause %q, want %q", c.encodings, coding, cause, c.cause)
		}
	}
}

// Without an expected body each body that differs from the last is inflated: none of a
// server that breaks them counts as right.
func TestEachDifferentBodyIsInflated(t *testing.T) {
	t.Parallel()
	good := accepting(t, nil, scenarios.Gzip)
	broken := accepting(t, nil, scenarios.Gzip)
	mixed := accepting(t, nil, scenarios.Gzip)
	for i := range 40 {
		right := encoded("gzip", gzipped(fmt.Sprint("text ", i)))
		wrong := encoded("gzip", fmt.Sprint("broken ", i))
		if _, cause := lastOf(t, good, right, 1<<20); cause != "" {
			t.Fatalf("right answer %d has the cause %q", i, cause)
		}
		if _, cause := lastOf(t, broken, wrong, 1<<20); cause != results.CauseEncoding {
			t.Fatalf("broken answer %d has the cause %q", i, cause)
		}
		answer, want := right, results.Cause("")
		if i%7 == 3 {
			answer, want = wrong, results.CauseEncoding
		}
		if _, cause := lastOf(t, mixed, answer, 1<<20); cause != want {
			t.Fatalf("answer %d of a server that breaks some has the cause %q, want %q", i, cause, want)
		}
	}
}

// Where each body differs, a tenth of the time is for inflating. Bodies that come
// meanwhile are not looked into, and the answer says so. The first body of each request
// and those behind a wrong one always are.
func TestTimeForInflating(t *testing.T) {
	t.Parallel()
	// Reading the clock takes a millisecond, and so inflating does: from one reading to
	// the next. Each answer takes two milliseconds more.
	now := time.Time{}
	clock := func() time.Time {
		now = now.Add(time.Millisecond)
		return now
	}
	r := scenarios.Request{Name: "packed", Method: "GET", Path: "/", Expect: scenarios.Expect{Status: 200, Encodings: []scenarios.Encoding{scenarios.Gzip}}}
	c := acceptingAt(t, clock, r)
	unread, looked := 0, 0
	ask := func(body string, wrong results.Cause) {
		t.Helper()
		var a codec.Answer
		if _, err := c.Next(0, []byte(encoded("gzip", body)), &a); err != nil || a.Event != codec.End {
			t.Fatalf("%+v, %v", a, err)
		}
		switch {
		case a.Unread && a.Cause == "":
			unread++
		case a.Cause == wrong && !a.Unread:
			looked++
		default:
			t.Fatalf("%+v", a)
		}
		now = now.Add(2 * time.Millisecond)
	}
	begin := now
	const asked = 400
	for i := range asked {
		ask(gzipped(fmt.Sprint("text ", i)), "")
	}
	share := float64(time.Duration(looked)*time.Millisecond) / float64(now.Sub(begin))
	if unread+looked != asked || share > 0.1 || share < 0.05 {
		t.Errorf("%d bodies were inflated and %d were not: %.3f of the time", looked, unread, share)
	}
	same := gzipped("the same")
	now = now.Add(time.Minute)
	looked = 0
	for range 5 {
		ask(same, "")
	}
	if looked != 5 {
		t.Errorf("equal bodies: %d of 5 were looked into", looked)
	}
	now = now.Add(time.Minute)
	looked = 0
	for i := range 5 {
		ask(fmt.Sprint("broken ", i), results.CauseEncoding)
	}
	if looked != 5 {
		t.Errorf("wrong bodies: %d of 5 were looked into", looked)
	}
}

// An equal answer is judged without allocating.
func TestCompressedAnswersDoNotAllocate(t *testing.T) {
	text := strings.Repeat("compress me, ", 100)
	c := accepting(t, &text, scenarios.Gzip)
	in := []byte(encoded("gzip", gzipped(text)))
	var a codec.Answer
	n := testing.AllocsPerRun(100, func() {
		if _, err := c.Next(0, in, &a); err != nil || a.Event != codec.End || a.Cause != "" {
			t.Fatalf("%+v, %v", a, err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations an answer", n)
	}
}
