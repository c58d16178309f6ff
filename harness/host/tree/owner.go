package tree

import (
	"fmt"
	"strconv"
	"strings"
)

// Owner names a joust process by its id and its start time, so that an id
// which the kernel gave away again is not mistaken for it.
type Owner struct {
	PID int
	// Start is the start time in clock ticks after boot.
	Start uint64
}

// String is the owner as it stands in names of files and control groups.
func (o Owner) String() string { return fmt.Sprintf("%d-%d", o.PID, o.Start) }

// CutOwner reads an owner at the start of a name and returns what follows the
// dash after it; ok is false where the name does not begin with an owner.
func CutOwner(name string) (o Owner, rest string, ok bool) {
	parts := strings.SplitN(name, "-", 3)
	if len(parts) != 3 || parts[2] == "" {
		return Owner{}, "", false
	}
	pid, err := strconv.Atoi(parts[0])
	if err != nil || pid <= 0 {
		return Owner{}, "", false
	}
	start, err := strconv.ParseUint(parts[1], 10, 64)
	if err != nil {
		return Owner{}, "", false
	}
	o = Owner{PID: pid, Start: start}
	// Only names that String writes are ours: no sign, no leading zeros.
	if !strings.HasPrefix(name, o.String()+"-") {
		return Owner{}, "", false
	}
	return o, parts[2], true
}

// cgroupPrefix marks joust's control groups.
const cgroupPrefix = "joust-"

// CgroupName is the name of a control group of this owner; n tells its groups
// apart.
func (o Owner) CgroupName(n string) string { return cgroupPrefix + o.String() + "-" + n }

// CgroupOwner reads the owner from the name of a control group; ok is false
// where the group is not joust's.
func CgroupOwner(name string) (o Owner, ok bool) {
	rest, ok := strings.CutPrefix(name, cgroupPrefix)
	if !ok {
		return Owner{}, false
	}
	o, _, ok = CutOwner(rest)
	return o, ok
}
