package dataset

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
)

// File is one static file.
type File struct {
	Name string
	// Content is shared and must not be changed.
	Content []byte
	// Compressible is false for formats that are compressed in themselves.
	Compressible bool
}

// Static returns the static files. They are shared and must not be changed.
var Static = sync.OnceValue(func() []File {
	var files []File
	for i, kind := range kinds() {
		rnd := rand.New(rand.NewPCG(uint64(i)+1, 0))
		files = append(files, File{kind.name, kind.fill(rnd, kind.size), !kind.packed})
	}
	return files
})

// Find returns the static file of that name.
func Find(name string) (f File, ok bool) {
	i := slices.IndexFunc(Static(), func(f File) bool { return f.Name == name })
	if i < 0 {
		return File{}, false
	}
	return Static()[i], true
}

// Names returns the names of the static files in their order.
func Names() []string {
	var names []string
	for _, kind := range kinds() {
		names = append(names, kind.name)
	}
	return names
}

// kind describes one static file.
type kind struct {
	name string
	// size is the size in bytes; text ends with the line that reaches it.
	size   int
	packed bool
	fill   func(rnd *rand.Rand, size int) []byte
}

// kinds lists the files of a web application of usual size. The smallest text has more
// than 1400 bytes, below which some servers compress nothing.
func kinds() []kind {
	return []kind{
		{"reset.css", 2 << 10, false, css},
		{"layout.css", 8 << 10, false, css},
		{"theme.css", 12 << 10, false, css},
		{"components.css", 32 << 10, false, css},
		{"analytics.js", 4 << 10, false, script},
		{"helpers.js", 10 << 10, false, script},
		{"router.js", 18 << 10, false, script},
		{"app.js", 48 << 10, false, script},
		{"vendor.js", 128 << 10, false, script},
		{"header.html", 3 << 10, false, page},
		{"footer.html", 2 << 10, false, page},
		{"manifest.json", 2 << 10, false, manifest},
		{"logo.svg", 2 << 10, false, drawing},
		{"icon-sprite.svg", 24 << 10, false, drawing},
		{"robots.txt", 1600, false, robots},
		{"sitemap.xml", 16 << 10, false, sitemap},
		{"regular.woff2", 20 << 10, true, font},
		{"bold.woff2", 22 << 10, true, font},
		{"hero.webp", 64 << 10, true, picture},
		{"thumb.webp", 8 << 10, true, picture},
	}
}

// lines repeats a line between a beginning and an end until the size is reached.
func lines(size int, begin, end string, line func(i int) string) []byte {
	var out strings.Builder
	out.WriteString(begin)
	for i := 0; out.Len()+len(end) < size; i++ {
		out.WriteString(line(i) + "\n")
	}
	out.WriteString(end)
	return []byte(out.String())
}

func css(rnd *rand.Rand, size int) []byte {
	return lines(size, "@charset \"utf-8\";\n", "", func(int) string {
		return fmt.Sprintf(".%s-%s:%s{%s:%dpx;%s:%dpx;color:#%06x}", word(rnd), word(rnd), pick(rnd, "hover", "focus", "first-child", "active"),
			pick(rnd, "margin", "padding", "width", "min-height"), rnd.IntN(64), pick(rnd, "border-radius", "gap", "line-height", "top"), rnd.IntN(48), rnd.IntN(1<<24))
	})
}

func script(rnd *rand.Rand, size int) []byte {
	return lines(size, "\"use strict\";\n", "export default {};\n", func(i int) string {
		a, b := word(rnd), word(rnd)
		return fmt.Sprintf("export function %s%s%d(%s, %s) { if (!%s) { return %d; } return %s.%s(%s => %s.%s + %d); }",
			a, word(rnd), i, a, b, a, rnd.IntN(100), b, pick(rnd, "map", "filter", "find", "some"), word(rnd), a, word(rnd), rnd.IntN(10000))
	})
}

func page(rnd *rand.Rand, size int) []byte {
	return lines(size, "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>joust</title><body><ul>\n", "</ul></body></html>\n", func(i int) string {
		return fmt.Sprintf("<li class=\"%s\"><a href=\"/%s/%s?id=%d\">%s %s %s</a></li>", word(rnd), word(rnd), word(rnd), i, word(rnd), word(rnd), word(rnd))
	})
}

func manifest(rnd *rand.Rand, size int) []byte {
	return lines(size, "{\"name\": \"joust\", \"icons\": [\n", "{}]}\n", func(int) string {
		return fmt.Sprintf("{\"src\": \"/icons/%s.png\", \"sizes\": \"%dx%d\", \"type\": \"image/png\"},", word(rnd), 8<<rnd.IntN(6), 8<<rnd.IntN(6))
	})
}

func drawing(rnd *rand.Rand, size int) []byte {
	return lines(size, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 512 512\">\n", "</svg>\n", func(int) string {
		return fmt.Sprintf("<path fill=\"#%06x\" d=\"M%d %dl%d %dh%dv%dz\"/>", rnd.IntN(1<<24), rnd.IntN(512), rnd.IntN(512), rnd.IntN(64), rnd.IntN(64), rnd.IntN(64), rnd.IntN(64))
	})
}

func robots(rnd *rand.Rand, size int) []byte {
	return lines(size, "User-agent: *\n", "Allow: /\n", func(int) string { return "Disallow: /" + word(rnd) + "/" + word(rnd) + "/" })
}

func sitemap(rnd *rand.Rand, size int) []byte {
	return lines(size, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n", "</urlset>\n", func(i int) string {
		return fmt.Sprintf("<url><loc>https://example.com/%s/%s/%d</loc><priority>0.%d</priority></url>", word(rnd), word(rnd), i, rnd.IntN(10))
	})
}

// font returns a file with the signature of WOFF2 and bytes that do not compress.
func font(rnd *rand.Rand, size int) []byte { return append([]byte("wOF2"), noise(rnd, size-4)...) }

// picture returns a file with the head of WebP and bytes that do not compress.
func picture(rnd *rand.Rand, size int) []byte {
	head := append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(size-8))...)
	head = append(head, "WEBPVP8 "...)
	return append(head, noise(rnd, size-len(head))...)
}

func noise(rnd *rand.Rand, size int) []byte {
	out := make([]byte, size)
	for i := range out {
		out[i] = byte(rnd.Uint32())
	}
	return out
}

func pick(rnd *rand.Rand, words ...string) string { return words[rnd.IntN(len(words))] }

func word(rnd *rand.Rand) string {
	return pick(rnd, "account", "banner", "button", "card", "cart", "column", "dialog", "editor", "filter", "footer", "gallery", "grid",
		"header", "image", "label", "layout", "list", "menu", "modal", "news", "order", "panel", "price", "profile", "report", "search",
		"section", "sidebar", "slider", "status", "table", "toolbar", "user", "view", "widget", "window")
}
