package lualib_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// LuaJIT, inside wrk, prints the same for each of the behaviours. wrk loads its script
// before it connects, so nobody needs to listen.
func TestAsLuaJIT(t *testing.T) {
	t.Parallel()
	wrk, err := exec.LookPath("wrk")
	switch {
	case err == nil:
	case os.Getenv("JOUST_REQUIRE") == "all":
		t.Fatalf("%v, and JOUST_REQUIRE=all", err)
	default:
		t.Skipf("%v: install it to compare joust's Lua with LuaJIT", err)
	}
	for text := range behaviours {
		path := filepath.Join(t.TempDir(), "test.lua")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, _ := exec.CommandContext(t.Context(), wrk, "-t1", "-c1", "-d1s", "-s", path, "http://127.0.0.1:1/").Output() // it fails: nobody listens
		if got := run(t, text); got != string(out) && !differs(text) {
			t.Errorf("%s\njoust prints  %q\nLuaJIT prints %q", text, got, out)
		}
	}
}

// differs reports whether the result is known to be another, in words only.
func differs(text string) bool {
	for _, part := range []string{"loadstring(\"x =\")", "pcall(error, {"} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
