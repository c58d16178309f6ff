package lua

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	gl "github.com/yuin/gopher-lua"
)

// makeClasses makes the metatables of wrk's objects.
func (s *state) makeClasses() {
	class := func(methods map[string]gl.LGFunction) *gl.LTable { return s.SetFuncs(s.NewTable(), methods) }
	s.addressClass = class(map[string]gl.LGFunction{"__tostring": func(l *gl.LState) int {
		a, _ := addressOf(l.Get(1))
		l.Push(gl.LString(a.String()))
		return 1
	}})
	methods := class(map[string]gl.LGFunction{"get": s.threadGet, "set": s.threadSet, "stop": threadStop})
	s.threadClass = class(map[string]gl.LGFunction{
		"__index": func(l *gl.LState) int {
			if key := l.Get(2).String(); key == "addr" {
				l.Push(s.object(checkThread(l).address, s.addressClass))
			} else {
				l.Push(methods.RawGetString(key))
			}
			return 1
		},
		"__newindex": setThreadField,
	})
	s.statsClass = class(map[string]gl.LGFunction{"__index": statsIndex, "__call": statsCall, "__len": statsLen})
}

// object returns a value of Go as one of Lua.
func (s *state) object(of any, class *gl.LTable) *gl.LUserData {
	v := s.NewUserData()
	v.Value, v.Metatable = of, class
	return v
}

func (s *state) threadValue(t *thread) gl.LValue { return s.object(t, s.threadClass) }

// addressList returns addresses as a list.
func (s *state) addressList(list []address) *gl.LTable {
	t := s.NewTable()
	for _, a := range list {
		t.Append(s.object(a, s.addressClass))
	}
	return t
}

// addressOf returns the address of a value; ok is false where it is none.
func addressOf(v gl.LValue) (a address, ok bool) {
	if u, isObject := v.(*gl.LUserData); isObject {
		a, ok = u.Value.(address)
	}
	return a, ok
}

// checkThread returns the thread of the first argument.
func checkThread(l *gl.LState) *thread {
	if u, ok := l.Get(1).(*gl.LUserData); ok {
		if t, ok := u.Value.(*thread); ok {
			return t
		}
	}
	l.ArgError(1, "thread expected, got "+l.Get(1).Type().String()+": write thread:get(…) with a colon")
	return nil
}

// threadGet implements thread:get(key): a global of the thread.
func (s *state) threadGet(l *gl.LState) int {
	t := checkThread(l)
	l.Push(copyValue(l, l, t.GetGlobal(l.Get(2).String()), 0))
	return 1
}

// threadSet implements thread:set(key, value).
func (s *state) threadSet(l *gl.LState) int {
	t := checkThread(l)
	t.SetGlobal(l.Get(2).String(), copyValue(l, t.state.LState, l.Get(3), 0))
	return 0
}

// deepestCopy bounds the nesting of tables that cross threads.
const deepestCopy = 200

// copyValue copies a value to another state. It raises an error in l for values that cannot
// cross.
func copyValue(l, to *gl.LState, v gl.LValue, depth int) gl.LValue {
	switch v := v.(type) {
	case gl.LBool, gl.LNumber, gl.LString:
		return v
	case *gl.LTable:
		if depth > deepestCopy {
			l.RaiseError("cannot transfer a table to thread that is nested too deeply, or holds itself")
		}
		made := to.NewTable()
		for key, value := v.Next(gl.LNil); key != gl.LNil; key, value = v.Next(key) {
			made.RawSet(copyValue(l, to, key, depth+1), copyValue(l, to, value, depth+1))
		}
		return made
	}
	if v != gl.LNil {
		l.RaiseError("cannot transfer '%s' to thread", v.Type().String())
	}
	return gl.LNil
}

// threadStop implements thread:stop(): the thread asks nothing any more.
func threadStop(l *gl.LState) int {
	t := checkThread(l)
	if !t.runs {
		l.RaiseError("thread:stop() can only be called while the thread runs, from request, response or delay")
	}
	t.stopped = true
	return 0
}

// setThreadField implements thread.addr = address.
func setThreadField(l *gl.LState) int {
	t := checkThread(l)
	if l.Get(2).String() != "addr" {
		l.RaiseError("cannot set '%s' on thread", l.Get(3).Type().String())
	}
	a, ok := addressOf(l.Get(3))
	if !ok {
		l.RaiseError("thread.addr is one of the addresses that wrk.lookup returns, and not a %s", l.Get(3).Type().String())
	}
	t.address = a
	return 0
}

// timeMicros implements wrk.time_us().
func timeMicros(l *gl.LState) int {
	l.Push(gl.LNumber(time.Now().UnixMicro()))
	return 1
}

// lookup implements wrk.lookup(host, service).
func (s *state) lookup(l *gl.LState) int {
	host, service := l.CheckString(1), l.CheckString(2)
	list, err := resolve(l, host, service)
	if err != nil {
		l.RaiseError("unable to resolve %s:%s %s", host, service, err.Error())
	}
	l.Push(s.addressList(list))
	return 1
}

// resolve returns the addresses of a host and a service, which may be a number.
func resolve(l *gl.LState, host, service string) ([]address, error) {
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		named, err := net.DefaultResolver.LookupPort(l.Context(), "tcp", service)
		if err != nil {
			return nil, err
		}
		port = uint64(named)
	}
	ips, err := net.DefaultResolver.LookupNetIP(l.Context(), "ip", strings.Trim(host, "[]"))
	if err != nil {
		return nil, err
	}
	var list []address
	for _, ip := range ips {
		list = append(list, address{AddrPort: netip.AddrPortFrom(ip.Unmap(), uint16(port))})
	}
	return list, nil
}

// connect implements wrk.connect(address): it reports whether a connection can be made.
func (s *state) connect(l *gl.LState) int {
	a, ok := addressOf(l.Get(1))
	if !ok {
		l.ArgError(1, "an address of wrk.lookup expected, got "+l.Get(1).Type().String())
	}
	d := net.Dialer{Timeout: s.program.spec.ConnectTimeout}
	network, to := "tcp", a.text
	if a.IsValid() {
		to = a.AddrPort.String()
	} else if s.program.spec.Target.Network == "unix" {
		network = "unix"
	}
	c, err := d.DialContext(l.Context(), network, to)
	if err == nil {
		err = c.Close()
	}
	l.Push(gl.LBool(err == nil))
	return 1
}

// resolve implements wrk.resolve(host, service): wrk.addrs are then the addresses that take
// connections.
func (s *state) resolve(l *gl.LState) int {
	l.Push(l.NewFunction(s.lookup))
	l.Push(l.Get(1))
	l.Push(l.Get(2))
	l.Call(2, 1)
	found := l.CheckTable(-1)
	up := s.NewTable()
	for n := 1; n <= found.Len(); n++ {
		l.Push(l.NewFunction(s.connect))
		l.Push(found.RawGetInt(n))
		l.Call(1, 1)
		if l.ToBool(-1) {
			up.Append(found.RawGetInt(n))
		}
		l.Pop(1)
	}
	s.wrk.RawSetString("addrs", up)
	return 0
}
