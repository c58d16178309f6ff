package lualib

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"

	lua "github.com/yuin/gopher-lua"
)

// newBase64 makes the module base64.
func newBase64(l *lua.LState) *lua.LTable {
	return l.SetFuncs(l.NewTable(), map[string]lua.LGFunction{
		"encode": func(l *lua.LState) int {
			l.Push(lua.LString(base64.StdEncoding.EncodeToString([]byte(checkText(l, 1)))))
			return 1
		},
		"decode": func(l *lua.LState) int {
			plain, err := base64.StdEncoding.DecodeString(checkText(l, 1))
			if err != nil {
				l.Push(lua.LNil)
				l.Push(lua.LString(err.Error()))
				return 2
			}
			l.Push(lua.LString(plain))
			return 1
		},
	})
}

// newDigests makes the module joust.digest: for each hash a function of a text, hmac_NAME
// of a key and a text, both in hexadecimal digits, and hex of any bytes. A second true
// gives the bytes themselves.
func newDigests(l *lua.LState) *lua.LTable {
	t := l.NewTable()
	for name, hasher := range map[string]func() hash.Hash{"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New} {
		t.RawSetString(name, l.NewFunction(func(l *lua.LState) int {
			h := hasher()
			h.Write([]byte(checkText(l, 1)))
			return pushDigest(l, h, 2)
		}))
		t.RawSetString("hmac_"+name, l.NewFunction(func(l *lua.LState) int {
			h := hmac.New(hasher, []byte(checkText(l, 1)))
			h.Write([]byte(checkText(l, 2)))
			return pushDigest(l, h, 3)
		}))
	}
	t.RawSetString("hex", l.NewFunction(func(l *lua.LState) int {
		l.Push(lua.LString(hex.EncodeToString([]byte(checkText(l, 1)))))
		return 1
	}))
	return t
}

// pushDigest pushes the digest in hexadecimal digits, or its bytes where the argument is
// true.
func pushDigest(l *lua.LState, h hash.Hash, raw int) int {
	sum := h.Sum(nil)
	if l.ToBool(raw) {
		l.Push(lua.LString(sum))
	} else {
		l.Push(lua.LString(hex.EncodeToString(sum)))
	}
	return 1
}
