//! Ratios of the values of two candidates.

/// Our value divided by the other's: below 1 is better. For rates, it is the other's divided by ours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ratio {
    /// The medians of both.
    pub(super) ours: f64,
    pub(super) peer: f64,
    /// The median of the ratios of all rounds, the least and the greatest of them.
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
    pub(super) rounds: usize,
}

impl Ratio {
    /// Compares the values of each round; if the numbers of rounds differ, the medians. Returns nothing if there are no values.
    pub(super) fn new(ours: &[f64], peer: &[f64], is_rate: bool) -> Option<Self> {
        let (our_median, peer_median) = (median(ours)?, median(peer)?);
        let of = |ours: f64, peer: f64| if is_rate { peer / ours } else { ours / peer };
        let ratios: Vec<f64> = if ours.len() == peer.len() {
            ours.iter().zip(peer).map(|(ours, peer)| of(*ours, *peer)).collect()
        } else {
            vec![of(our_median, peer_median)]
        };
        Some(Ratio {
            ours: our_median,
            peer: peer_median,
            median: median(&ratios)?,
            least: ratios.iter().copied().fold(f64::INFINITY, f64::min),
            most: ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            rounds: ratios.len(),
        })
    }
}

/// Returns the median; of an even number of values, the mean of the two in the middle.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        even if even % 2 == 0 => Some(f64::midpoint(values[middle - 1], values[middle])),
        _ => Some(values[middle]),
    }
}
