package cpuset_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/harness/cpuset"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		list string
		want []int
		err  string
	}{
		{list: "", want: nil},
		{list: "\n", want: nil},
		{list: "0", want: []int{0}},
		{list: "0-3,8\n", want: []int{0, 1, 2, 3, 8}},
		{list: "8, 0-1", want: []int{0, 1, 8}},
		{list: "2,1-3,2", want: []int{1, 2, 3}},
		{list: "1023", want: []int{1023}},
		{list: "3-1", err: "goes backwards; write 1-3"},
		{list: "a", err: `"a" is not the number`},
		{list: "-1", err: "is not the number"},
		{list: "1-", err: "is not the number"},
		{list: "1,,2", err: "is not the number"},
		{list: "1-2-3", err: `"2-3" is not the number`},
		{list: "0-1024", err: "beyond the greatest number, 1023"},
		{list: "0-99999999999999999999", err: "is not the number"},
	}
	for _, tt := range tests {
		got, err := cpuset.Parse(tt.list)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("Parse(%q): error %v, want one with %q", tt.list, err, tt.err)
			}
			continue
		}
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("Parse(%q) = %v, %v; want %v", tt.list, got, err, tt.want)
		}
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	tests := []struct {
		cpus []int
		want string
	}{
		{nil, ""},
		{[]int{5}, "5"},
		{[]int{0, 1}, "0-1"},
		{[]int{8, 3, 2, 1, 0, 3}, "0-3,8"},
		{[]int{0, 2, 4}, "0,2,4"},
	}
	for _, tt := range tests {
		if got := cpuset.Format(tt.cpus); got != tt.want {
			t.Errorf("Format(%v) = %q, want %q", tt.cpus, got, tt.want)
		}
	}
}

func TestParseReadsFormat(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cpus := rapid.SliceOfDistinct(rapid.IntRange(0, cpuset.MaxID), rapid.ID[int]).Draw(t, "cpus")
		got, err := cpuset.Parse(cpuset.Format(cpus))
		slices.Sort(cpus)
		if err != nil || !slices.Equal(got, cpus) {
			t.Fatalf("%v became %q and then %v, %v", cpus, cpuset.Format(cpus), got, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, list := range []string{"", "0", "0-3,8", "3-1", "1,,2", "0-99999", " 1 - 2 "} {
		f.Add(list)
	}
	f.Fuzz(func(t *testing.T, list string) {
		ids, err := cpuset.Parse(list)
		if err != nil {
			if ids != nil {
				t.Errorf("%v beside the error %v", ids, err)
			}
			return
		}
		for i, id := range ids {
			if id < 0 || id > cpuset.MaxID || i > 0 && ids[i-1] >= id {
				t.Fatalf("Parse(%q) = %v", list, ids)
			}
		}
		again, err := cpuset.Parse(cpuset.Format(ids))
		if err != nil || !slices.Equal(again, ids) {
			t.Errorf("%v was written %q and read %v, %v", ids, cpuset.Format(ids), again, err)
		}
	})
}
