use memchr::{memchr, memchr3};

/// How many bytes are looked at together.
const BLOCK: usize = u64::BITS as usize;
/// After so many bytes it is asked anew whether there are quotes.
const STRIDE: usize = 4096;

/// Finds where records end, in bytes that come piece by piece: what the reader of the `csv` crate does, but for the contents of fields.
///
/// A quote is one only at the beginning of a field; inside quotes two of them stand for one. `'\n'`, `'\r'` and both together end a record
/// outside quotes, and empty lines are none.
#[derive(Debug)]
pub(super) struct Scan {
    delimiter: u8,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    RecordStart,
    FieldStart,
    Field,
    Quoted,
    /// After a quote inside quotes, which ends them unless another one follows.
    Quote,
}

impl Scan {
    pub(super) fn new(delimiter: u8) -> Self {
        Scan { delimiter, place: Place::RecordStart }
    }

    /// Goes on with the next piece, and says after which of its bytes a record ends.
    pub(super) fn piece(&mut self, piece: &[u8], mut ended: impl FnMut(usize)) {
        for (i, stride) in piece.chunks(STRIDE).enumerate() {
            let ended = |end| ended(i * STRIDE + end);
            if memchr(b'"', stride).is_none() {
                self.bytes(stride, ended);
            } else {
                self.stride(stride, ended);
            }
        }
    }

    /// Bytes with quotes, of which there may be many.
    fn stride(&mut self, stride: &[u8], mut ended: impl FnMut(usize)) {
        let (blocks, rest) = stride.as_chunks::<BLOCK>();
        for (i, block) in blocks.iter().enumerate() {
            self.block(block, |end| ended(i * BLOCK + end));
        }
        self.bytes(rest, |end| ended(blocks.len() * BLOCK + end));
    }

    /// All bytes of a block at once, a bit each, where every quote stands where one belongs: then a byte is inside quotes if and only if there
    /// is an odd number of them before it (Langdale and Lemire, "Parsing gigabytes of JSON per second", 2019).
    fn block(&mut self, block: &[u8; BLOCK], mut ended: impl FnMut(usize)) {
        let quotes = bits(block, |byte| byte == b'"');
        let line_ends = bits(block, |byte| matches!(byte, b'\n' | b'\r'));
        let delimiters = bits(block, |byte| byte == self.delimiter);
        let quoted = if self.place == Place::Quoted { !odd(quotes) } else { odd(quotes) };
        // The second of two quotes opens again what the first one closed.
        let may_open = (quotes | line_ends | delimiters) << 1 | u64::from(self.place != Place::Field);
        if quotes & quoted & !may_open != 0 {
            return self.bytes(block, ended);
        }
        let ends = line_ends & !quoted;
        let empty = ends << 1 | u64::from(self.place == Place::RecordStart);
        let mut records = ends & !empty;
        while records != 0 {
            ended(records.trailing_zeros() as usize + 1);
            records &= records - 1;
        }
        let last = |bits: u64| bits >> (BLOCK - 1) == 1;
        self.place = match () {
            () if last(quoted) => Place::Quoted,
            () if last(quotes) => Place::Quote,
            () if last(ends) => Place::RecordStart,
            () if last(delimiters) => Place::FieldStart,
            () => Place::Field,
        };
    }

    /// One special byte after the other.
    fn bytes(&mut self, piece: &[u8], mut ended: impl FnMut(usize)) {
        let mut at = 0;
        while at < piece.len() {
            let rest = &piece[at..];
            match self.place {
                Place::Quoted => match memchr(b'"', rest) {
                    Some(quote) => {
                        self.place = Place::Quote;
                        at += quote + 1;
                    }
                    None => return,
                },
                Place::Quote if rest[0] == b'"' => {
                    self.place = Place::Quoted;
                    at += 1;
                }
                // What follows the closing quote belongs to the field, up to its delimiter.
                Place::Quote => self.place = Place::Field,
                Place::RecordStart | Place::FieldStart | Place::Field => match memchr3(b'"', b'\n', b'\r', rest) {
                    Some(found) => {
                        at += found + 1;
                        if self.outside(rest, found) {
                            ended(at);
                        }
                    }
                    None => {
                        self.place = self.beside(rest, rest.len());
                        return;
                    }
                },
            }
        }
    }

    /// Takes in a quote or line end outside quotes: whether it ends a record.
    fn outside(&mut self, rest: &[u8], found: usize) -> bool {
        let before = self.beside(rest, found);
        if rest[found] == b'"' {
            self.place = if before == Place::Field { Place::Field } else { Place::Quoted };
            return false;
        }
        self.place = Place::RecordStart;
        before != Place::RecordStart
    }

    /// The place before byte `at` of a rest without quotes and line ends up to there.
    fn beside(&self, rest: &[u8], at: usize) -> Place {
        match at.checked_sub(1).map(|before| rest[before]) {
            None => self.place,
            Some(byte) if byte == self.delimiter => Place::FieldStart,
            Some(_) => Place::Field,
        }
    }

    /// Whether the end of the data ends a record.
    pub(super) fn in_record(&self) -> bool {
        self.place != Place::RecordStart
    }
}

/// For which bytes something holds: the first is the lowest bit.
fn bits(block: &[u8; BLOCK], holds: impl Fn(u8) -> bool) -> u64 {
    let ones = block.map(|byte| u8::from(holds(byte)));
    let (eights, _) = ones.as_chunks::<8>();
    // The product brings the lowest bits of eight bytes together in the highest byte.
    let byte = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    eights.iter().rev().fold(0, |bits, eight| bits << 8 | byte(eight))
}

/// Whether the number of bits up to each, itself included, is odd.
fn odd(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}
