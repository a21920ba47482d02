//! Stack for recursion as deep as a value.

/// Threads have this many levels without asking.
const SHALLOW: usize = 100;
/// What one level takes at most: decoding a flattened field without optimization takes 2.1 KB.
const BYTES_PER_LEVEL: usize = 4 << 10;
/// What all the rest takes: types that nest above the deep part.
const BYTES_BESIDES: usize = 1 << 20;

/// Runs `work`, which recurses so many levels deep, on a stack that is large enough.
pub(crate) fn grown_for<T>(levels: usize, work: impl FnOnce() -> T) -> T {
    if levels <= SHALLOW {
        return work();
    }
    let bytes = levels.saturating_mul(BYTES_PER_LEVEL).saturating_add(BYTES_BESIDES);
    stacker::maybe_grow(bytes, bytes, work)
}

/// What typed values take between two places that call [`ensured`]: some dozen structs, without optimization.
const BYTES_BETWEEN: usize = 512 << 10;

/// Runs `work`, which goes some levels of typed values deeper.
pub(crate) fn ensured<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(BYTES_BETWEEN, 4 * BYTES_BETWEEN, work)
}
