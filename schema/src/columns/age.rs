//! Ages of objects.

use jiff::Timestamp;

/// Formats the time since `text` as kubectl does: `5m30s`, `47h`, `3d`.
///
/// Source: `apimachinery/pkg/util/duration`, `HumanDuration`.
pub fn age(text: &str, now: Timestamp) -> String {
    // Go does not accept lower-case letters in times.
    let then = text.parse::<Timestamp>().ok().filter(|_| !text.contains(['t', 'z', ' ']));
    let Some(then) = then else { return "<invalid>".to_owned() };
    let seconds = now.duration_since(then).as_secs();
    if seconds < -1 {
        return "<invalid>".to_owned();
    }
    let seconds = seconds.max(0);
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let (days, years) = (hours / 24, hours / 24 / 365);
    let two = |large: i64, unit: char, small: i64, small_unit: char| {
        if small == 0 { format!("{large}{unit}") } else { format!("{large}{unit}{small}{small_unit}") }
    };
    match () {
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => two(minutes, 'm', seconds % 60, 's'),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => two(hours, 'h', minutes % 60, 'm'),
        () if hours < 48 => format!("{hours}h"),
        () if hours < 192 => two(days, 'd', hours % 24, 'h'),
        () if days < 730 => format!("{days}d"),
        () if days < 8 * 365 => two(years, 'y', days % 365, 'd'),
        () => format!("{years}y"),
    }
}
