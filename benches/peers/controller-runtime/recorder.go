package main

import (
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"peers/process"
)

// A recorder notes the reconciliations of a controller.
type recorder struct {
	objects                int64
	start                  time.Time
	calls, done, syncedAt  atomic.Int64
	begun, synced, changed chan moment
	lock                   sync.Mutex
	latencies              []float64
}

// A moment and the CPU time until then.
type moment struct {
	at  time.Time
	cpu float64
}

func newRecorder(objects int64) *recorder {
	return &recorder{
		objects: objects, start: time.Now(),
		begun: make(chan moment, 1), synced: make(chan moment, 1), changed: make(chan moment, 1),
	}
}

func now() moment {
	return moment{time.Now(), process.CPU()}
}

// Notes the start of a reconciliation. Returns the time.
func (recorder *recorder) started() time.Time {
	if recorder.calls.Add(1) == 1 {
		recorder.begun <- now()
	}
	return time.Now()
}

// Notes the end of a reconciliation that began at a time, of an object that was sent at a time (0: initially).
func (recorder *recorder) ended(began time.Time, sent int64) {
	done := recorder.done.Add(1)
	if done == recorder.objects {
		recorder.syncedAt.Store(time.Now().UnixNano())
		recorder.synced <- now()
	}
	// Changes from before may have waited for the first list.
	if done > recorder.objects && sent > recorder.syncedAt.Load() {
		recorder.lock.Lock()
		if recorder.latencies == nil {
			recorder.changed <- now()
		}
		recorder.latencies = append(recorder.latencies, float64(began.UnixNano()-sent)/1e3)
		recorder.lock.Unlock()
	}
}

// Measures the initial reconciliations, and then changes.
func (recorder *recorder) changes(seconds float64) map[string]float64 {
	synced := <-recorder.synced
	result := map[string]float64{
		"sync_ms": float64(synced.at.Sub(recorder.start).Microseconds()) / 1e3, "sync_cpu_ms": synced.cpu * 1e3,
	}
	before := <-recorder.changed
	time.Sleep(time.Duration(seconds * float64(time.Second)))
	after := now()
	result["steady_mb"], result["peak_mb"] = process.Memory("VmRSS"), process.Memory("VmHWM")
	recorder.lock.Lock()
	defer recorder.lock.Unlock()
	latencies := recorder.latencies
	sort.Float64s(latencies)
	result["changes"] = float64(len(latencies))
	result["change_cpu_us"] = (after.cpu - before.cpu) * 1e6 / float64(len(latencies))
	result["p50_us"], result["p99_us"] = latencies[len(latencies)/2], latencies[len(latencies)*99/100]
	return result
}

// Measures how fast the initial objects, which are all queued, are reconciled.
func (recorder *recorder) throughput(seconds float64) map[string]float64 {
	before := <-recorder.begun
	var after moment
	select {
	case after = <-recorder.synced:
	case <-time.After(time.Duration(seconds * float64(time.Second))):
		after = now()
	}
	done := float64(min(recorder.done.Load(), recorder.objects))
	return map[string]float64{
		"per_second": done / after.at.Sub(before.at).Seconds(), "cpu_us": (after.cpu - before.cpu) * 1e6 / done,
		"wait_us": wait(),
	}
}

// Returns how many microseconds the wait of a reconciliation takes without a controller.
func wait() float64 {
	const waits = 200
	start := time.Now()
	for range waits {
		time.Sleep(time.Duration(*work) * time.Millisecond)
	}
	return time.Since(start).Seconds() * 1e6 / waits
}
