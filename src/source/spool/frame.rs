use super::identity::Identity;
use crate::data::fixed_hash;
use crate::saved::crc32;

/// The bytes before the records of a frame: how many bytes they have, how many they are, the number of the first, their sum, and the sum of all that.
pub(super) const HEAD: usize = 28;

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

/// What comes before the records of a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    len: u32,
    count: u32,
    pub(super) first: u64,
    records: u32,
}

impl Head {
    /// Writes it behind what is there.
    fn put(self, of: Identity, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.len.to_le_bytes());
        out.extend_from_slice(&self.count.to_le_bytes());
        out.extend_from_slice(&self.first.to_le_bytes());
        out.extend_from_slice(&self.records.to_le_bytes());
        out.extend_from_slice(&self.sum(of).to_le_bytes());
    }

    /// The one that bytes begin with, if they do. Records of users cannot hold any, as nobody knows the spool's identity when they are made.
    pub(super) fn of(bytes: &[u8], of: Identity) -> Option<Self> {
        let (numbers, rest) = bytes.split_first_chunk::<20>()?;
        let (sum, _) = rest.split_first_chunk()?;
        let number = |at: usize| u32::from_le_bytes([numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3]]);
        let first = u64::from(number(8)) | u64::from(number(12)) << 32;
        let head = Head { len: number(0), count: number(4), first, records: number(16) };
        (head.count > 0 && head.sum(of) == u64::from_le_bytes(*sum)).then_some(head)
    }

    fn sum(self, of: Identity) -> u64 {
        fixed_hash(&(of.number(), self.len, self.count, self.first, self.records))
    }
}

impl<'b> Frame<'b> {
    /// Writes it behind what is there.
    pub(super) fn put(&self, of: Identity, out: &mut Vec<u8>) {
        let (len, records) = (self.records.len() as u32, crc32(self.records));
        Head { len, count: self.count, first: self.first, records }.put(of, out);
        out.extend_from_slice(self.records);
    }

    /// What bytes begin with.
    pub(super) fn of(bytes: &'b [u8], of: Identity) -> Found<'b> {
        if bytes.is_empty() {
            return Found::End;
        }
        let Some(head) = Head::of(bytes, of) else { return Found::Broken };
        let Some(records) = bytes[HEAD..].get(..head.len as usize) else { return Found::Broken };
        let is_whole = head.records == crc32(records);
        if is_whole { Found::Whole(Frame { first: head.first, count: head.count, records }) } else { Found::Broken }
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
