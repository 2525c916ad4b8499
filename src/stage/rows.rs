/// Rows of a table in a checkpoint's file, as bytes: written by the transaction that commits what they come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The table's name.
    pub(crate) table: String,
    /// Keys and values: a key's last value is the one that stays.
    pub(crate) rows: Vec<(Vec<u8>, Vec<u8>)>,
}
