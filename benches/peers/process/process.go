// Package process measures the current process.
package process

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Must ends the process after an error.
func Must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// CPU returns the CPU time in seconds.
func CPU() float64 {
	var usage syscall.Rusage
	Must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Sec+usage.Stime.Sec) + float64(usage.Utime.Usec+usage.Stime.Usec)/1e6
}

// Memory returns the memory in MB: VmRSS (current) or VmHWM (peak).
func Memory(field string) float64 {
	text, err := os.ReadFile("/proc/self/status")
	Must(err)
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, field+":") {
			kilobytes, _ := strconv.ParseFloat(strings.Fields(line)[1], 64)
			return kilobytes / 1024
		}
	}
	return 0
}

// Print prints measurements as JSON.
func Print(measurements map[string]float64) {
	text, err := json.Marshal(measurements)
	Must(err)
	fmt.Println(string(text))
}
