use crate::error::BoxError;
use crate::stage::Sink;

impl<T: Send> Sink<T> for &mut Vec<T> {
    fn write(&mut self, mut results: Vec<T>) -> Result<(), BoxError> {
        self.append(&mut results);
        Ok(())
    }
}
