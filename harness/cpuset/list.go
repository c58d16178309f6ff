package cpuset

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// MaxID is the greatest processor number that can be pinned to.
const MaxID = 1023

// Parse reads a list of processors as the kernel and taskset write it, such as
// "0-3,8". The result is ascending and names each processor once; an empty list
// has none.
func Parse(list string) ([]int, error) {
	list = strings.TrimSpace(list)
	if list == "" {
		return nil, nil
	}
	var ids []int
	for part := range strings.SplitSeq(list, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			to = from
		}
		first, err := parseID(from)
		if err != nil {
			return nil, fmt.Errorf("list of processors %q: %w", list, err)
		}
		last, err := parseID(to)
		if err != nil {
			return nil, fmt.Errorf("list of processors %q: %w", list, err)
		}
		if last < first {
			return nil, fmt.Errorf("list of processors %q: the range %s goes backwards; write %d-%d", list, part, last, first)
		}
		for id := first; id <= last; id++ {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

func parseID(s string) (int, error) {
	id, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%q is not the number of a processor; lists look like 0-3,8", s)
	}
	if id > MaxID {
		return 0, fmt.Errorf("processor %d is beyond the greatest number, %d", id, MaxID)
	}
	return int(id), nil
}

// Format writes a list of processors in the form that Parse reads: ascending,
// with neighbours as ranges. No processor is the empty text.
func Format(cpus []int) string {
	ids := slices.Clone(cpus)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	var out strings.Builder
	for i := 0; i < len(ids); {
		last := i
		for last+1 < len(ids) && ids[last+1] == ids[last]+1 {
			last++
		}
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString(strconv.Itoa(ids[i]))
		if last > i {
			out.WriteByte('-')
			out.WriteString(strconv.Itoa(ids[last]))
		}
		i = last + 1
	}
	return out.String()
}
