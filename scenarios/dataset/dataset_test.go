package dataset

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/andybalholm/brotli"
)

// The sizes are those that the table of scenarios promises: 203 bytes for one item,
// 8.4 KB for all.
func TestSizesOfAnswers(t *testing.T) {
	t.Parallel()
	for count, want := range map[int]int{0: 22, 1: 203, 3: 515, 5: 842, 10: 1680, 15: 2501, 25: 4192, 40: 6752, 50: 8402} {
		if got := len(Answer(count, 1)); got != want {
			t.Errorf("%d items: %d bytes, want %d", count, got, want)
		}
	}
}

// The answer is computed here from the file as another language would do it.
func TestAnswersFollowFromTheFile(t *testing.T) {
	t.Parallel()
	type item struct{ Price, Quantity, Total int64 }
	var file []item
	if err := json.Unmarshal(ItemsJSON(), &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		count      int
		multiplier int64
	}{{1, 3}, {5, 7}, {12, 3}, {22, 7}, {31, 2}, {50, 5}} {
		var answer struct {
			Items []item
			Count int
		}
		if err := json.Unmarshal(Answer(c.count, c.multiplier), &answer); err != nil {
			t.Fatal(err)
		}
		if answer.Count != c.count || len(answer.Items) != c.count {
			t.Errorf("%d items, count %d, want %d", len(answer.Items), answer.Count, c.count)
		}
		for i, got := range answer.Items {
			want := item{file[i].Price, file[i].Quantity, file[i].Price * file[i].Quantity * c.multiplier}
			if got != want {
				t.Errorf("item %d of %+v: %+v, want %+v", i+1, c, got, want)
			}
		}
	}
}

func TestItemsAreWithinTheirRanges(t *testing.T) {
	t.Parallel()
	all := Items()
	if len(all) != MaxItems {
		t.Fatalf("%d items", len(all))
	}
	within := func(what string, value, least, most int64) {
		t.Helper()
		if value < least || value > most {
			t.Errorf("%s is %d, not %d to %d", what, value, least, most)
		}
	}
	for i, item := range all {
		within("id", int64(item.ID), int64(i+1), int64(i+1))
		within("price", item.Price, 2, 496)
		within("quantity", item.Quantity, 4, 97)
		within("tags", int64(len(item.Tags)), 1, 4)
		within("score", int64(item.Rating.Score), 10, 50)
		within("count", int64(item.Rating.Count), 1, 999)
	}
	// Libraries differ in how they write these.
	if text := string(ItemsJSON()); strings.ContainsAny(text, "<>&/\\'\u007f") || utf8.RuneCountInString(text) != len(text) {
		t.Error("a text has letters that JSON libraries escape in different ways")
	}
	all[0].Tags[0] = "changed"
	if Items()[0].Tags[0] == "changed" {
		t.Error("the caller's changes reach the data set")
	}
}

func TestStaticFilesAreRealistic(t *testing.T) {
	t.Parallel()
	if got := len(Static()); got != 20 {
		t.Errorf("%d files, want 20", got)
	}
	for i, f := range Static() {
		if f.Name != Names()[i] {
			t.Errorf("file %d is %s and called %s", i, f.Name, Names()[i])
		}
		if len(f.Content) <= 1400 {
			t.Errorf("%s has %d bytes: servers need not compress it", f.Name, len(f.Content))
		}
		if ratio := float64(len(gzipped(f.Content))) / float64(len(f.Content)); f.Compressible != (ratio < 0.5) || !f.Compressible && ratio < 1 {
			t.Errorf("%s: gzip leaves %.2f of it", f.Name, ratio)
		}
		if filepath.Ext(f.Name) == ".json" && !json.Valid(f.Content) {
			t.Errorf("%s is no JSON", f.Name)
		}
	}
	if _, ok := Find("nope.css"); ok {
		t.Error("found a file that does not exist")
	}
}

// A change of the content changes the folder's name, and this test says that servers
// and loaders of different versions would then differ.
func TestNameIsThatOfTheContent(t *testing.T) {
	t.Parallel()
	if got, want := Name(), "dataset-b676254289add55e"; got != want {
		t.Errorf("%s, want %s: the data set changed", got, want)
	}
}

func TestEnsureWritesOnce(t *testing.T) {
	t.Parallel()
	parent := filepath.Join(t.TempDir(), "cache")
	dirs := make([]string, 2)
	var writers sync.WaitGroup
	for i := range dirs {
		writers.Go(func() {
			dir, err := Ensure(parent)
			if err != nil {
				t.Error(err)
			}
			dirs[i] = dir
		})
	}
	writers.Wait()
	entries, err := os.ReadDir(parent)
	if err != nil || len(entries) != 1 || dirs[0] != dirs[1] || dirs[0] != filepath.Join(parent, Name()) {
		t.Fatalf("%v, %v, %v", dirs, entries, err)
	}
	if got := read(t, dirs[0], ItemsFile); !bytes.Equal(got, ItemsJSON()) {
		t.Error("the items differ")
	}
	for _, f := range Static() {
		unzip, err := gzip.NewReader(bytes.NewReader(read(t, dirs[0], StaticFolder, f.Name+".gz")))
		if err != nil {
			t.Fatal(err)
		}
		for what, r := range map[string]io.Reader{
			"": bytes.NewReader(read(t, dirs[0], StaticFolder, f.Name)), ".gz": unzip,
			".br": brotli.NewReader(bytes.NewReader(read(t, dirs[0], StaticFolder, f.Name+".br"))),
		} {
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, f.Content) {
				t.Errorf("%s%s is not the file: %v", f.Name, what, err)
			}
		}
	}
	files, err := os.ReadDir(filepath.Join(dirs[0], StaticFolder))
	if err != nil || len(files) != 3*len(Static()) {
		t.Errorf("%d files, %v", len(files), err)
	}
	before := read(t, dirs[0], ItemsFile)
	if again, err := Ensure(parent); err != nil || again != dirs[0] || !slices.Equal(before, read(t, again, ItemsFile)) {
		t.Errorf("%s, %v", again, err)
	}
}

func read(t *testing.T, parts ...string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return content
}
