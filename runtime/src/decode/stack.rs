//! Stack growth for recursion over deep values.

/// The depth up to which the stack of a thread suffices.
const SHALLOW: usize = 100;
/// The stack that one level takes at most: decoding a flattened field without optimization takes 2.1 KB.
const BYTES_PER_LEVEL: usize = 4 << 10;
/// The stack for everything else: types that nest above the deep part.
const BASE_BYTES: usize = 1 << 20;

/// Runs `work`, which recurses `levels` deep, on a stack that is large enough.
pub(crate) fn with_stack_for<T>(levels: usize, work: impl FnOnce() -> T) -> T {
    if levels <= SHALLOW {
        return work();
    }
    let bytes = levels.saturating_mul(BYTES_PER_LEVEL).saturating_add(BASE_BYTES);
    stacker::maybe_grow(bytes, bytes, work)
}

/// The stack that typed values take between two calls of [`with_headroom`]: some dozen structs, without optimization.
const HEADROOM: usize = 512 << 10;

/// Runs `work`, which recurses some levels of typed values deeper.
pub(crate) fn with_headroom<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(HEADROOM, 4 * HEADROOM, work)
}
