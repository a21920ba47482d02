//! Controllers: work queues, reconcilers, managers and leader election, in the terms of client-go and controller-runtime.
