use memchr::{memchr, memchr3};

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
