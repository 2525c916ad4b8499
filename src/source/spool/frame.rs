use crate::saved::crc32;

/// The bytes before the records of a frame: how many bytes they have, how many they are, the number of the first, and the sum of all that.
pub(super) const HEAD: usize = 20;

/// What is written and synced together: consecutive records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'b> {
    pub(super) first: u64,
    pub(super) count: u32,
    pub(super) records: &'b [u8],
}

/// What bytes begin with.
#[derive(Debug)]
pub(super) enum Found<'b> {
    /// A frame.
    Whole(Frame<'b>),
    /// No frame, or less than one.
    Broken,
    /// Nothing.
    End,
}

impl<'b> Frame<'b> {
    /// Writes it behind what is there.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        let begin = out.len();
        out.extend_from_slice(&(self.records.len() as u32).to_le_bytes());
        out.extend_from_slice(&self.count.to_le_bytes());
        out.extend_from_slice(&self.first.to_le_bytes());
        let sum = sum(&out[begin..], self.records);
        out.extend_from_slice(&sum.to_le_bytes());
        out.extend_from_slice(self.records);
    }

    /// What bytes begin with.
    pub(super) fn of(bytes: &'b [u8]) -> Found<'b> {
        if bytes.is_empty() {
            return Found::End;
        }
        let Some((head, rest)) = bytes.split_at_checked(HEAD) else { return Found::Broken };
        let number = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let Some(records) = rest.get(..number(0) as usize) else { return Found::Broken };
        let first = u64::from(number(8)) | u64::from(number(12)) << 32;
        let is_whole = number(16) == sum(&head[..16], records) && number(4) > 0;
        if is_whole { Found::Whole(Frame { first, count: number(4), records }) } else { Found::Broken }
    }

    /// How many bytes it takes.
    pub(super) fn len(&self) -> u64 {
        (HEAD + self.records.len()) as u64
    }

    /// The number of the record after it.
    pub(super) fn next(&self) -> u64 {
        self.first + u64::from(self.count)
    }
}

fn sum(head: &[u8], records: &[u8]) -> u32 {
    crc32(head) ^ crc32(records).rotate_left(16)
}
