//! Numbers and names as text.

use std::fmt::Write;

/// A name inside XML.
pub(super) fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // XML has no way to say these.
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            char if char.is_control() => safe.push('\u{fffd}'),
            char => safe.push(char),
        }
    }
    safe
}

/// A string of JSON, with its quotes.
pub(super) fn json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 2);
    safe.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => safe.extend(['\\', char]),
            char if char.is_control() => {
                // Writing to a string does not fail; control characters have at most four digits.
                let _ = write!(safe, "\\u{:04x}", u32::from(char));
            }
            char => safe.push(char),
        }
    }
    safe.push('"');
    safe
}

/// At most so many characters, the last of them dots where there were more.
pub(super) fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_string();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// 1234567 as `1,234,567`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let head = digits.len() % 3;
    let groups = digits.as_bytes()[head..].chunks(3).map(|group| group.iter().map(|digit| char::from(*digit)).collect::<String>());
    let parts: Vec<String> = Some(digits[..head].to_string()).filter(|head| !head.is_empty()).into_iter().chain(groups).collect();
    parts.join(",")
}

/// Nanoseconds as milliseconds, to a microsecond at most.
pub(super) fn millis(nanos: u64) -> String {
    let millis = nanos as f64 / 1e6;
    let decimals = match millis {
        millis if millis >= 100.0 => return format!("{} ms", thousands(millis.round() as u64)),
        millis if millis >= 10.0 => 1,
        millis if millis >= 1.0 => 2,
        _ => 3,
    };
    format!("{millis:.decimals$} ms")
}

#[cfg(test)]
mod tests {
    use super::{json, millis, short, thousands, xml};

    #[test]
    fn names_are_made_safe() {
        assert_eq!(xml("a<b>&\"\u{1}"), "a&lt;b&gt;&amp;&quot;\u{fffd}");
        assert_eq!(json("a\"b\\c\n\u{1}ü"), "\"a\\\"b\\\\c\\u000a\\u0001ü\"");
        assert_eq!((short("lengthy", 5), short("brief", 5)), ("leng…".to_string(), "brief".to_string()));
    }

    #[test]
    fn numbers_are_legible() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [0, 12_345, 1_234_567, 12_345_678, 1_234_567_890].map(millis),
            ["0.000 ms", "0.012 ms", "1.23 ms", "12.3 ms", "1,235 ms"]
        );
    }
}
