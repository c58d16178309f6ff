package check

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/dataset"
)

// honest is a server of the catalogue's routes, with places where a test puts a cheat.
type honest struct {
	// files is the folder of the static files.
	files string
	// routes replace the honest answers to their paths.
	routes map[string]http.HandlerFunc
}

func (h honest) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if cheat := h.routes[r.URL.Path]; cheat != nil {
		cheat(w, r)
		return
	}
	n := func(name string) int {
		n, _ := strconv.Atoi(r.FormValue(name))
		return n
	}
	switch {
	case r.URL.Path == "/":
		reply(w, "text/plain", alive)
	case r.URL.Path == "/json":
		reply(w, "application/json", object(max(1, n("id"))))
	case r.URL.Path == "/echo":
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		reply(w, "application/octet-stream", string(body))
	case r.URL.Path == "/upload":
		size, _ := io.Copy(io.Discard, r.Body)
		reply(w, "text/plain", strconv.FormatInt(size, 10))
	case r.URL.Path == "/gzip":
		packed(w, document(max(1, n("seed"))))
	case r.URL.Path == "/baseline11":
		reply(w, "text/plain", strconv.Itoa(n("a")+n("b")))
	case strings.HasPrefix(r.URL.Path, "/delay/"):
		ms, _ := strconv.Atoi(r.URL.Path[len("/delay/"):])
		time.Sleep(time.Duration(ms) * time.Millisecond)
		reply(w, "text/plain", "ok")
	case r.URL.Path == "/sse":
		events(w, 100, true)
	case r.URL.Path == "/etag":
		tag(w, r.Header.Get("If-None-Match"))
	case strings.HasPrefix(r.URL.Path, "/static/"):
		h.static(w, filepath.Base(r.URL.Path))
	default:
		http.NotFound(w, r)
	}
}

func reply(w http.ResponseWriter, contentType, body string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	io.WriteString(w, body)
}

func object(id int) string {
	return fmt.Sprintf(`{"id":%d,"status":"ok","data":{"name":"joust","version":"1.0.0","flags":["fast","correct","measured","repeatable"]}}`, id)
}

// document is the JSON of /gzip, written by encoding/json.
func document(seed int) string {
	type row struct {
		ID    int    `json:"id"`
		Value int    `json:"value"`
		Name  string `json:"name"`
	}
	out := struct {
		Seed int   `json:"seed"`
		Rows []row `json:"rows"`
	}{Seed: seed}
	for i := range 384 {
		out.Rows = append(out.Rows, row{i, (i*seed*7919 + i*i) % 1000003, "row-" + strconv.Itoa(i)})
	}
	text, _ := json.Marshal(out)
	return string(text)
}

func packed(w http.ResponseWriter, text string) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, text)
	z.Close()
	w.Header().Set("Content-Encoding", "gzip")
	reply(w, "application/json", b.String())
}

// events writes so many events, each flushed or all in one.
func events(w http.ResponseWriter, n int, flushes bool) {
	w.Header().Set("Content-Type", "text/event-stream")
	var all strings.Builder
	for i := range n {
		event := fmt.Sprintf("data: %d\n\n", i+1)
		if all.WriteString(event); flushes {
			io.WriteString(w, event)
			w.(http.Flusher).Flush()
		}
	}
	if !flushes {
		io.WriteString(w, all.String())
		w.(http.Flusher).Flush()
	}
}

func tag(w http.ResponseWriter, condition string) {
	w.Header().Set("ETag", `"v1"`)
	if condition == `"v1"` {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	reply(w, "text/plain", alive)
}

// static sends the compressed form where there is one.
func (h honest) static(w http.ResponseWriter, name string) {
	w.Header().Set("Vary", "Accept-Encoding")
	text, err := os.ReadFile(filepath.Join(h.files, name+".br"))
	if err == nil {
		w.Header().Set("Content-Encoding", "br")
	} else if text, err = os.ReadFile(filepath.Join(h.files, name)); err != nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	reply(w, mediaTypes()[filepath.Ext(name)], string(text))
}

func mediaTypes() map[string]string {
	return map[string]string{
		".css": "text/css", ".js": "text/javascript", ".html": "text/html; charset=utf-8", ".json": "application/json", ".svg": "image/svg+xml",
		".txt": "text/plain", ".xml": "application/xml", ".woff2": "font/woff2", ".webp": "image/webp",
	}
}

// serveHonest starts the server with these routes replaced.
func serveHonest(t *testing.T, routes map[string]http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(honest{files: staticFiles(t), routes: routes})
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// staticFiles returns the folder with the data set's static files.
func staticFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := dataset.Write(dir); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "static")
}

// serveCapped starts a server that takes so many connections and ends each after so
// many requests; 0 is no cap. The answer to the last request announces the end.
func serveCapped(t *testing.T, connections, requests int) string {
	t.Helper()
	var places chan struct{}
	if connections > 0 {
		places = make(chan struct{}, connections)
	}
	return serve(t, func(c net.Conn) {
		if places != nil {
			places <- struct{}{}
			defer func() { <-places }()
		}
		script(func(i int, _ *http.Request, _ string) string {
			if requests > 0 && i == requests {
				return ""
			}
			return ok("text/plain", alive)
		}).handle(c)
	})
}

// catalogued returns a row of the catalogue.
func catalogued(t *testing.T, name string) *scenarios.Scenario {
	t.Helper()
	rows, err := scenarios.Load()
	if err != nil {
		t.Fatal(err)
	}
	row, err := rows.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	copied := *row
	return &copied
}
