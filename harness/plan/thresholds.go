package plan

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// thresholdsYAML has a key for each field of results.Thresholds: a duration for a
// field in nanoseconds, a whole number for a field whose default is above 1, and a
// share for the others.
type thresholdsYAML struct{ keys []strictyaml.Key }

// Keys returns the fields' names in JSON, without their unit.
func (t *thresholdsYAML) Keys() []strictyaml.Key {
	if t.keys != nil {
		return t.keys
	}
	limits := reflect.ValueOf(results.DefaultThresholds())
	for i := range limits.NumField() {
		name := limits.Type().Field(i).Tag.Get("json")
		key, isTime := strings.CutSuffix(name, "_ns")
		k := strictyaml.Key{Name: key, Value: new(float64)}
		switch {
		case isTime:
			k.Value = new(time.Duration)
		case limits.Field(i).Float() > 1:
			k.Value = new(int)
		}
		t.keys = append(t.keys, k)
	}
	return t.keys
}

// readThresholds replaces default limits by those of the file.
func readThresholds(raw thresholdsYAML, o origin) (results.Thresholds, string) {
	t, file := results.DefaultThresholds(), o.(fileOrigin)
	for i, k := range raw.keys {
		at := file.at + "." + k.Name
		if !file.doc.Good(at) {
			continue
		}
		v, wrong := threshold(at, k.Value)
		if wrong != "" {
			file.doc.Reject(at, "%s", wrong)
			continue
		}
		reflect.ValueOf(&t).Elem().Field(i).SetFloat(v)
	}
	file.order(".slack", t.Slack, ".nearly_full", t.NearlyFull)
	file.order(".nearly_full", t.NearlyFull, ".full_share", t.FullShare)
	file.order(".server_elasticity", t.ServerElasticity, ".loader_elasticity", t.LoaderElasticity)
	return t, ""
}

// threshold returns the limit for results.Thresholds. wrong is the message about a
// wrong one, or "".
func threshold(what string, raw any) (limit float64, wrong string) {
	switch v := raw.(type) {
	case *time.Duration:
		return float64(v.Nanoseconds()), window(what)(*v)
	case *int:
		return float64(*v), count(what, 1, maxTrials)(*v)
	case *float64:
		return *v, checkShare(what, *v)
	}
	return 0, what + " has no form"
}

// order rejects two limits if the low one exceeds the high one, at the line of the one
// in the file.
func (o fileOrigin) order(low string, a float64, high string, b float64) {
	if a <= b {
		return
	}
	at := o.at + low
	if !o.doc.Has(at) {
		at = o.at + high
	}
	o.doc.Reject(at, "%s is %v and %s is %v; the first must not be above the second", o.at+low, a, o.at+high, b)
}

func checkShare(what string, x float64) string {
	if math.IsNaN(x) || x <= 0 || x > 1 {
		return fmt.Sprintf("%s is a share: above 0 and at most 1, not %v", what, x)
	}
	return ""
}
