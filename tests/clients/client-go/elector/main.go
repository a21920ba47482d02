// A candidate of a leader election of client-go with the arguments KUBECONFIG NAMESPACE NAME IDENTITY LOG. While it is the
// leader, it appends the transitions of the lease and its identity to the log. SIGTERM ends it and releases the lease.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(kubeconfig, namespace, name, identity, path string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	owner := resourcelock.ResourceLockConfig{Identity: identity}
	const deadline = 4 * time.Second
	lock, err := resourcelock.NewFromKubeconfig(resourcelock.LeasesResourceLock, namespace, name, owner, config, deadline)
	if err != nil {
		return err
	}
	// A lock cannot be shared by two goroutines.
	reader, err := resourcelock.NewFromKubeconfig(resourcelock.LeasesResourceLock, namespace, name, owner, config, deadline)
	if err != nil {
		return err
	}
	act := func(ctx context.Context) {
		record, _, err := reader.Get(ctx)
		for err == nil && ctx.Err() == nil {
			_, err = fmt.Fprintf(log, "%d %s\n", record.LeaderTransitions, identity)
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: lock, LeaseDuration: 6 * time.Second, RenewDeadline: deadline, RetryPeriod: 600 * time.Millisecond,
		Callbacks:       leaderelection.LeaderCallbacks{OnStartedLeading: act, OnStoppedLeading: func() {}},
		ReleaseOnCancel: true, Name: name,
	})
	if err != nil {
		return err
	}
	elector.Run(ctx)
	return nil
}
