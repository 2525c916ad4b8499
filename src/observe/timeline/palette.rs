//! Colours that people with any kind of colour vision tell apart on white.

/// Those of M. Okabe and K. Ito, "Color Universal Design" (2008), but for the yellow, which is too pale here, and with grey instead of black.
pub(super) const COLOURS: [&str; 7] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#7f7f7f"];

/// The colour of a group; after the last one they begin again.
pub(super) fn colour(group: usize) -> usize {
    group % COLOURS.len()
}
