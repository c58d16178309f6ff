package check

import (
	"bufio"
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/scenarios"
)

// A difference in the body names the first byte that is not as expected.
func TestBodyDifferenceIsTheFirst(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Byte(), 1, 200).Draw(t, "want")
		at := rapid.IntRange(0, len(want)-1).Draw(t, "at")
		got := append([]byte(nil), want...)
		got[at] ^= rapid.ByteRange(1, 255).Draw(t, "flip")
		for i := at + 1; i < len(got); i++ {
			got[i] = rapid.Byte().Draw(t, "rest")
		}
		m := message{want: want, exact: true}
		text := answer{body: got}.compareBody(m)
		if prefix := "the body differs at byte " + strconv.Itoa(at) + " of "; !strings.HasPrefix(text, prefix) {
			t.Fatalf("got %q, want %q", text, prefix)
		}
		if text := (answer{body: want}).compareBody(m); text != "" {
			t.Fatalf("equal bodies differ: %s", text)
		}
		if text := (answer{body: want[:at]}).compareBody(m); !strings.HasPrefix(text, "the body is "+strconv.Itoa(at)+" bytes long") {
			t.Fatalf("a shorter body: got %q", text)
		}
	})
}

// The four packets are the request: none is empty, one cut lies in the head and,
// where there is a body to cut, one in the body.
func TestPacketsAreTheRequest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := hello()
		if size := rapid.Int64Range(0, 100_000).Draw(t, "size"); size > 0 {
			r = upload(size)
			r.Body.Chunk = rapid.SampledFrom([]int64{0, 1000}).Draw(t, "chunk")
		}
		m, err := compile(&r, "joust.test")
		if err != nil {
			t.Fatal(err)
		}
		packets := cut(m)
		var all []byte
		inHead, inBody := false, false
		for _, p := range packets {
			if len(p) != 1 || len(p[0]) == 0 {
				t.Fatalf("an empty packet of %q", p)
			}
			all = append(all, p[0]...)
			inHead = inHead || len(all) < len(m.head)
			inBody = inBody || len(all) > len(m.head) && len(all) < len(m.head)+len(m.body)
		}
		if len(packets) != 4 || !bytes.Equal(all, append(bytes.Clone(m.head), m.body...)) {
			t.Fatalf("%d packets, not the request", len(packets))
		}
		if !inHead || inBody != (len(m.body) > 1) {
			t.Fatalf("cut in head %v, cut in body %v of %d bytes", inHead, inBody, len(m.body))
		}
	})
}

// An altered request differs from the row's, and its right answer with it.
func TestAlteredRequestsStayRight(t *testing.T) {
	t.Parallel()
	server := right()
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.SampledFrom([]scenarios.Request{number(), echo(0), echo(7), upload(2), upload(5000)}).Draw(t, "from")
		b := battery{target{host: "joust.test", limits: brisk()}, row(from), randomFrom(rapid.Uint64().Draw(t, "seed"))}
		altered := b.alter(&from)
		if altered == nil {
			t.Fatalf("%s does not vary", from.Name)
		}
		m, err := compile(altered, "joust.test")
		if err != nil {
			t.Fatal(err)
		}
		asked, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(append(bytes.Clone(m.head), m.body...))))
		if err != nil {
			t.Fatal(err)
		}
		if got := handled(server, asked); !bytes.Equal(got, m.want) {
			t.Fatalf("a right server answers %q, the altered request expects %q", got, m.want)
		}
	})
}

// Reading any bytes ends, and only a right answer counts as one.
func FuzzReceive(f *testing.F) {
	for _, c := range wrongAnswers() {
		f.Add([]byte(c.answer))
	}
	f.Add([]byte(ok("text/plain", alive)))
	f.Add([]byte("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"))
	r := hello()
	m, err := compile(&r, "joust.test")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, came []byte) {
		c := &connection{ctx: context.Background(), limits: brisk(), r: bufio.NewReaderSize(bytes.NewReader(came), headLimit)}
		a, err := c.receive(m)
		if err == nil && a.compare(m) == "" && !(bytes.Contains(came, []byte(" 200")) && bytes.Contains(came, []byte(alive))) {
			t.Errorf("%q counts as right", came)
		}
	})
}
