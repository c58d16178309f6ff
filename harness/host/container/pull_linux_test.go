package container

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/jsonstream"
)

// registry serves one image of one small layer, by tag and by digest, as the
// distribution specification has it: engines take plain HTTP of the loopback
// address.
func registry(t *testing.T, architecture string) (host, digest string) {
	t.Helper()
	var layer, packed bytes.Buffer
	w := tar.NewWriter(&layer)
	if err := w.WriteHeader(&tar.Header{Name: "text", Mode: 0o644, Size: 5, Typeflag: tar.TypeReg}); err != nil {
		t.Fatal(err)
	}
	_, err := io.WriteString(w, "layer")
	if err == nil {
		err = w.Close()
	}
	z := gzip.NewWriter(&packed)
	if err == nil {
		_, err = z.Write(layer.Bytes())
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(`{"architecture":%q,"os":"linux","config":{"Labels":{%q:%q}},"rootfs":{"type":"layers","diff_ids":[%q]}}`,
		architecture, labelServer, boxName, hashed(layer.Bytes()))
	const kind = "application/vnd.docker.distribution.manifest.v2+json"
	manifest := fmt.Sprintf(`{"schemaVersion":2,"mediaType":%q,"config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":%d,"digest":%q},`+
		`"layers":[{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":%d,"digest":%q}]}`,
		kind, len(config), hashed([]byte(config)), packed.Len(), hashed(packed.Bytes()))
	digest = hashed([]byte(manifest))
	files := map[string][]byte{
		"/v2/": nil, "/v2/box/manifests/1": []byte(manifest), "/v2/box/manifests/" + digest: []byte(manifest),
		"/v2/box/blobs/" + hashed([]byte(config)): []byte(config), "/v2/box/blobs/" + hashed(packed.Bytes()): packed.Bytes(),
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if strings.Contains(r.URL.Path, "/manifests/") {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Docker-Content-Digest", digest)
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content) // the engine reports missing bytes
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://"), digest
}

func hashed(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func TestPull(t *testing.T) {
	t.Parallel()
	need(t)
	host, digest := registry(t, engine.arch)
	for _, ref := range []string{host + "/box:1", host + "/box@" + digest} {
		var lines []string
		image, err := engine.Find(t.Context(), ref, func(line string) { lines = append(lines, line) })
		if err != nil || image.Version != digest {
			t.Fatalf("%s: %+v, %v; want the digest %s", ref, image, err, digest)
		}
		if pulled := len(lines) > 0; pulled != strings.HasSuffix(ref, ":1") {
			t.Errorf("%s: progress %q", ref, lines)
		}
	}
	other, _ := registry(t, "riscv64")
	if _, err := engine.Find(t.Context(), other+"/box:1", ignore); err == nil || !strings.Contains(err.Error(), "linux/riscv64") {
		t.Errorf("an image of another architecture: %v", err)
	}
	if _, err := engine.Find(t.Context(), host+"/box:2", ignore); err == nil || !strings.Contains(err.Error(), "correct the name") {
		t.Errorf("a tag that is not there: %v", err)
	}
}

func TestLayerDone(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]jsonstream.Message{
		"ab12 Pull complete": {ID: "ab12", Status: "Pull complete"}, "Status: done": {Status: "Status: done"},
		"": {ID: "ab12", Status: "Downloading", Progress: &jsonstream.Progress{Current: 5, Total: 10}},
	} {
		if got := layerDone(m); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
