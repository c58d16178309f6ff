package retry

import (
	"flag"
	"strconv"
)

// AtOnce lets n tests of a package run at once, unless -parallel says how many: a package
// whose tests wait most of the time, for servers or for windows to end, is done sooner. It
// is called in TestMain.
func AtOnce(n int) error {
	flag.Parse()
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "test.parallel" })
	if asked {
		return nil
	}
	return flag.Set("test.parallel", strconv.Itoa(n))
}
