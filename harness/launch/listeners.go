package launch

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/tree"
)

// withListeners adds the addresses on which a server listens to the error of one that
// does not answer.
func (s *Server) withListeners(err error, f Fixture) error {
	if s.Attached {
		return err
	}
	addresses := tree.Listening(s.Handle.PID())
	where, remedy := "it", "let its args or env use {{.Host}} and {{.Port}}"
	switch {
	case f.Image != "":
		where, remedy = "its container", "let args or env use {{.Host}} and {{.Port}}, or say container: {port: N}"
	case !errors.Is(err, syscall.ECONNREFUSED):
		return err // something takes connections there, and answers wrongly
	}
	switch {
	case len(addresses) > 0:
		return fmt.Errorf("%w; %s listens on %s: %s in %s", err, where, strings.Join(addresses, ", "), remedy, filepath.Join(f.Manifest.Dir, catalog.ManifestName))
	case f.Image != "":
		return fmt.Errorf("%w; nothing in its container listens on any TCP port", err)
	}
	return fmt.Errorf("%w; it runs, and listens on no TCP port", err)
}
