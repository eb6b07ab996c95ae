//! Numbers as people read them.

/// Writes a count with its digits grouped by comma: `2,341`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Writes a count as databases give it, signed although it is never negative.
#[must_use]
pub fn count(number: i64) -> String {
    grouped(u64::try_from(number).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn digits_are_grouped_from_the_right() {
        let written: Vec<String> = [0, 12, 999, 1_000, 100_000, 1_234_567].map(grouped).to_vec();
        assert_eq!(written, ["0", "12", "999", "1,000", "100,000", "1,234,567"]);
    }
}
