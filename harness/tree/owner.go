package tree

import (
	"fmt"
	"strings"
)

// Owner names a joust process by its id and its start time. The id alone may
// be another process's by now.
type Owner struct {
	PID int
	// Start is the start time in clock ticks after boot.
	Start uint64
}

// Owner returns the process as an owner.
func (p Process) Owner() Owner { return Owner{PID: p.PID, Start: p.Start} }

// String returns the owner as names of files and control groups have it.
func (o Owner) String() string { return fmt.Sprintf("%d-%d", o.PID, o.Start) }

// CutOwner reads an owner at the start of a name and returns the rest of the
// name, after a dash. ok is false where the name does not begin with an owner.
func CutOwner(name string) (o Owner, rest string, ok bool) {
	if n, _ := fmt.Sscanf(name, "%d-%d", &o.PID, &o.Start); n < 2 || o.PID <= 0 {
		return Owner{}, "", false
	}
	// Only names that String writes are ours: no sign, no leading zeros.
	rest, ok = strings.CutPrefix(name, o.String()+"-")
	if !ok || rest == "" {
		return Owner{}, "", false
	}
	return o, rest, true
}

// cgroupPrefix marks joust's control groups.
const cgroupPrefix = "joust-"

// CgroupName returns the name of the control group n of this owner.
func (o Owner) CgroupName(n string) string { return cgroupPrefix + o.String() + "-" + n }

// CgroupOwner returns the owner of a control group by the group's name. ok is
// false where the group is not joust's.
func CgroupOwner(name string) (o Owner, ok bool) {
	rest, ours := strings.CutPrefix(name, cgroupPrefix)
	if ours {
		o, _, ok = CutOwner(rest)
	}
	return o, ok
}
