package files_test

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/results/files"
)

// ownerEnv names the file that a child of the test binary locks.
const ownerEnv = "JOUST_FILES_TEST_LOCK"

func TestMain(m *testing.M) {
	if path := os.Getenv(ownerEnv); path != "" {
		own(path)
		return
	}
	os.Exit(m.Run())
}

// own locks the file and starts a program that lives as long as standard
// input. It prints "locked" or the error and waits for the program's end.
func own(path string) {
	if _, err := files.TryLock(path, 0o644); err != nil {
		fmt.Println(err)
		return
	}
	child := exec.Command("cat")
	child.Stdin = os.Stdin
	if err := child.Start(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("locked")
	_ = child.Wait() // the end of standard input
}

func lockPath(t *testing.T) string { return filepath.Join(t.TempDir(), "owner.lock") }

func TestSecondOwnerIsRefusedWithTheNameOfTheFirst(t *testing.T) {
	t.Parallel()
	path := lockPath(t)
	lock, err := files.TryLock(path, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	_, err = files.TryLock(path, 0o644)
	var held *files.HeldError
	if !errors.As(err, &held) || held.PID != os.Getpid() {
		t.Fatalf("a second lock: %v", err)
	}
	for _, part := range []string{fmt.Sprintf("process %d, since 20", os.Getpid()), os.Args[0]} {
		if !strings.Contains(held.Owner, part) {
			t.Errorf("the owner is named %q, without %q", held.Owner, part)
		}
	}
	if err := lock.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Remove the file is still there: %v", err)
	}
	if lock, err = files.TryLock(path, 0o644); err != nil {
		t.Fatalf("after Remove: %v", err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || len(text) > 0 {
		t.Errorf("the released file holds %q, %v", text, err)
	}
}

// The owner's program outlives the owner, as servers do for a moment.
func TestLockEndsWithAKilledOwnerAndIsNotInherited(t *testing.T) {
	t.Parallel()
	path := lockPath(t)
	owner := exec.Command(os.Args[0])
	owner.Env = append(os.Environ(), ownerEnv+"="+path)
	alive, err := owner.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer alive.Close()
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "locked\n" {
		t.Fatalf("the owner says %q, %v", line, err)
	}
	var held *files.HeldError
	if _, err := files.TryLock(path, 0o644); !errors.As(err, &held) || held.PID != owner.Process.Pid {
		t.Errorf("while the owner lives: %v", err)
	}
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = owner.Process.Wait() // it was killed; its child lives
	lock, err := files.TryLock(path, 0o644)
	if err != nil {
		t.Fatalf("after kill -9 of the owner: %v", err)
	}
	if err := lock.Release(); err != nil {
		t.Error(err)
	}
}

// Files that are removed and created again and again have one owner each.
func TestOneOwnerAtATime(t *testing.T) {
	t.Parallel()
	path := lockPath(t)
	var owned sync.Mutex
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				lock, err := files.TryLock(path, 0o644)
				var held *files.HeldError
				if errors.As(err, &held) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if !owned.TryLock() {
					t.Error("two owners at once")
					return
				}
				runtime.Gosched()
				owned.Unlock()
				if err := lock.Remove(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func TestOwnersNameIsSafeToPrint(t *testing.T) {
	t.Parallel()
	self := os.Getpid()
	for name, test := range map[string]struct {
		text, owner string
		pid         int
	}{
		"a name":              {fmt.Sprintf("process %d, since now: joust run\n", self), fmt.Sprintf("process %d, since now: joust run", self), self},
		"an older joust's":    {fmt.Sprintf("process %d: joust run\n", self), fmt.Sprintf("process %d: joust run", self), self},
		"no name":             {"", "without a name", 0},
		"only line breaks":    {"\r\n\n", "without a name", 0},
		"escape codes":        {"process 0: \x1b[31mjoust\x1b[0m\a", "process 0:  [31mjoust [0m", 0},
		"a title, 8-bit code": {"\u009b2Jx\x9b2Jy", "2Jx\uFFFD2Jy", 0},
		"several lines":       {"one\r\ntwo\u2028three", "one  two three", 0},
		"turned letters":      {"joust \u202enur", "joust  nur", 0},
		"no process":          {"process -1: joust", "process -1: joust", 0},
		"no number":           {"process all: joust", "process all: joust", 0},
		"too long":            {strings.Repeat("x", 10_000), strings.Repeat("x", 4<<10), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := lockedFile(t, test.text)
			// TryLock waits for an owner that has not written its name yet.
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				_, err := files.TryLock(path, 0o644)
				var held *files.HeldError
				if !errors.As(err, &held) || held.Owner != test.owner || held.PID != test.pid {
					t.Errorf("owner %q with the ID %d, want %q and %d (%v)", held.Owner, held.PID, test.owner, test.pid, err)
				}
				if waited := time.Since(began); (waited > 0) != (test.pid == 0) {
					t.Errorf("TryLock waited %v for the name of the owner %d", waited, test.pid)
				}
			})
		})
	}
}

// lockedFile returns the path of a file with the text, which the test has locked.
func lockedFile(t *testing.T, text string) string {
	t.Helper()
	path := lockPath(t)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSymbolicLinkIsNotFollowed(t *testing.T) {
	t.Parallel()
	for name, exists := range map[string]bool{"to a file": true, "to nothing": false} {
		path := lockPath(t)
		target := path + ".target"
		if exists {
			if err := os.WriteFile(target, []byte("precious"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
		_, err := files.TryLock(path, 0o644)
		if err == nil || !strings.Contains(err.Error(), path+" is a symbolic link, which is not followed: remove it") {
			t.Errorf("%s: %v", name, err)
		}
		text, err := os.ReadFile(target)
		if exists && string(text) != "precious" || !exists && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: the target holds %q, %v", name, text, err)
		}
	}
}

func TestModeIsExact(t *testing.T) {
	t.Parallel()
	for _, perm := range []fs.FileMode{0o644, 0o666} {
		path := lockPath(t)
		lock, err := files.TryLock(path, perm)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != perm {
			t.Errorf("mode %v, %v, want %v", info.Mode(), err, perm)
		}
		if err := lock.Release(); err != nil {
			t.Error(err)
		}
	}
}

func TestHolder(t *testing.T) {
	t.Parallel()
	path := lockPath(t)
	for name, look := range map[string]func(string) (*files.HeldError, error){"Holder": files.Holder, "Clear": files.Clear} {
		if held, err := look(path); held != nil || err != nil {
			t.Errorf("%s without a file: %v, %v", name, held, err)
		}
	}
	began := time.Now().Truncate(time.Second)
	lock, err := files.TryLock(path, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	for name, look := range map[string]func(string) (*files.HeldError, error){"Holder": files.Holder, "Clear": files.Clear} {
		held, err := look(path)
		if err != nil || held == nil || held.PID != os.Getpid() || held.Command != strings.Join(os.Args, " ") ||
			held.Since.Before(began) || held.Since.After(time.Now()) {
			t.Errorf("%s of a locked file: %+v, %v", name, held, err)
		}
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	if held, err := files.Holder(path); held != nil || err != nil {
		t.Errorf("Holder of a free file: %v, %v", held, err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("Holder removed the file: %v", err)
	}
	if held, err := files.Clear(path); held != nil || err != nil {
		t.Errorf("Clear of a free file: %v, %v", held, err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Clear left the file: %v", err)
	}
}

// A pipe has no holder, and a link is not followed.
func TestHolderOfPipeAndLink(t *testing.T) {
	t.Parallel()
	pipe, link := lockPath(t), lockPath(t)
	if err := errors.Join(unix.Mkfifo(pipe, 0o666), os.Symlink(pipe, link)); err != nil {
		t.Fatal(err)
	}
	if held, err := files.Holder(pipe); held != nil || err != nil {
		t.Errorf("a pipe: %v, %v", held, err)
	}
	if _, err := files.Clear(link); err == nil || !strings.Contains(err.Error(), link+" is a symbolic link, which is not followed") {
		t.Errorf("a link: %v", err)
	}
}

// An owner never loses its file to a process that clears abandoned ones.
func TestClearNeverTakesAnOwnersFile(t *testing.T) {
	t.Parallel()
	path := lockPath(t)
	var all sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		all.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if _, err := files.Clear(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
					t.Error(err)
				}
			}
		})
	}
	for range 200 {
		lock, err := files.TryLock(path, 0o644)
		var held *files.HeldError
		if errors.As(err, &held) {
			continue // for the moment in which another one looked
		}
		if err != nil {
			t.Error(err)
			break
		}
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("the owner's file is gone: %v", err)
		}
		if err := lock.Remove(); err != nil {
			t.Error(err)
		}
	}
	close(done)
	all.Wait()
}
