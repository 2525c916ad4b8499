//~ closure may outlive the current function, but it borrows `base`, which is owned by the current function
//~ use the `move` keyword
use microbatch::prelude::*;
fn main() {
    let urls = vec!["a".to_string()];
    let base = "http://".to_string();
    for page in Pipeline::stream(urls.into_iter()).map(|u| format!("{base}{u}")).into_iter() {
        println!("{page}")
    }
}
