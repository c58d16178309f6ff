package judge

import "github.com/joust-bench/joust/results"

// scripted names the script where the loader was the limit and spent its time there.
func (v *verdict) scripted() {
	share, thread, spent, ok := v.Evidence.Loader.ScriptShare()
	if !ok || v.Bottleneck != results.LimitLoader || share < v.Limits.ScriptShare {
		return
	}
	name, ns := spent.Longest()
	inIt := share * float64(ns) / float64(max(1, spent.NS()))
	v.because("script", "the script limited the loader: %s of thread %d in %s", percent(inIt), thread, name)
}
