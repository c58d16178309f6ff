package servers_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

// itemCount is the number of items of the tests' data set.
const itemCount = 50

// item writes one item out by hand, without the brace at its end.
func item(i int) string {
	return fmt.Sprintf(`{"id":%d,"name":"Item %d","category":"tools","price":%d,"quantity":%d,"active":%t,`+
		`"tags":["new","small"],"rating":{"score":%d,"count":%d}`, i, i, price(i), quantity(i), i%2 == 0, 10+i%40, i*3)
}

func price(i int) int    { return 2 + i*7%495 }
func quantity(i int) int { return 4 + i*5%94 }

// items asks for the first n items, with their totals.
func items(path string, n, multiplier int) exchange {
	var list []string
	for i := 1; i <= n; i++ {
		list = append(list, fmt.Sprintf(`%s,"total":%d}`, item(i), price(i)*quantity(i)*multiplier))
	}
	want := fmt.Sprintf(`{"items":[%s],"count":%d}`, strings.Join(list, ","), n)
	return exchange{method: "GET", path: path, status: 200, mediaType: "application/json", want: []byte(want)}
}

// static is the media type of each static file of the tests.
var static = map[string]string{
	"a.css": "text/css", "b.js": "text/javascript", "c.html": "text/html", "d.json": "application/json",
	"e.svg": "image/svg+xml", "f.txt": "text/plain", "g.xml": "text/xml", "h.woff2": "font/woff2", "i.webp": "image/webp",
}

// content is the text of a static file.
func content(name string) []byte { return bytes.Repeat([]byte("the file "+name+"\n"), 500) }

// writeData writes a data set like that of the scenarios: items.json, and static files
// with their compressed forms.
func writeData(t *testing.T) string {
	t.Helper()
	data := t.TempDir()
	var list []string
	for i := 1; i <= itemCount; i++ {
		list = append(list, item(i)+"}")
	}
	write := func(name string, text []byte) {
		if err := os.WriteFile(filepath.Join(data, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("items.json", []byte("["+strings.Join(list, ",")+"]"))
	if err := os.Mkdir(filepath.Join(data, "static"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name := range static {
		name, text := filepath.Join("static", name), content(name)
		write(name, text)
		write(name+".gz", gzipped(t, text))
		write(name+".br", brotlied(t, text))
	}
	return data
}

func gzipped(t *testing.T, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func brotlied(t *testing.T, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := brotli.NewWriter(&out)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
