//! Settings that are lengths of time: `30s`, `15m`, `1h`, `1d`.

use super::{SettingsError, Source};
use crate::store::lease;
use std::{ops::RangeInclusive, time::Duration};

const DAY: u64 = 86_400;

/// `ENTRAIN_SYNC_INTERVAL`.
pub(super) fn sync_interval(source: &Source<'_>) -> Result<chrono::Duration, SettingsError> {
    let seconds = span(source, "ENTRAIN_SYNC_INTERVAL", 10..=7 * DAY, "between 10s and 7d")?;
    Ok(seconds.map_or(chrono::Duration::hours(1), |seconds| {
        chrono::Duration::seconds(seconds.cast_signed())
    }))
}

/// `ENTRAIN_LEASE`. Shorter than two seconds a busy database alone would make a worker lose it.
pub(super) fn lease(source: &Source<'_>) -> Result<Duration, SettingsError> {
    let seconds = span(source, "ENTRAIN_LEASE", 2..=900, "between 2s and 15m")?;
    Ok(seconds.map_or(lease::LENGTH, Duration::from_secs))
}

/// A setting in seconds, if it is set.
fn span(
    source: &Source<'_>,
    name: &str,
    range: RangeInclusive<u64>,
    words: &str,
) -> Result<Option<u64>, SettingsError> {
    let Some(value) = source.get(name)? else {
        return Ok(None);
    };
    let wrong = |problem: String| SettingsError::new(name, format!("\"{value}\" {problem}"));
    let trimmed = value.trim();
    let number = trimmed.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match &trimmed[number.len()..] {
        "s" => Some(1),
        "m" => Some(60),
        "h" => Some(3_600),
        "d" => Some(DAY),
        _ => None,
    };
    let Some((number, unit)) = number.trim().parse::<u64>().ok().zip(unit) else {
        return Err(wrong("is no interval; write 30s, 15m, 1h or 1d".to_owned()));
    };
    match number.checked_mul(unit).filter(|seconds| range.contains(seconds)) {
        Some(seconds) => Ok(Some(seconds)),
        None => Err(wrong(format!("has to lie {words}"))),
    }
}
