//! What the compiler would see of a source: its words and signs, without comments, strings and tests.

/// One word, or one sign.
pub type Token = String;

/// The tokens of a source. `::` is one of them; of strings and characters only the quotes stay.
pub fn tokens(source: &str) -> Vec<Token> {
    let text: Vec<char> = source.split("#[cfg(test)]").next().unwrap_or_default().chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let next = text.get(at + 1).copied();
        at = match text[at] {
            '/' if next == Some('/') => end_of(&text, at, |i| text[i] == '\n'),
            '/' if next == Some('*') => end_of(&text, at + 2, |i| text[i - 1] == '*' && text[i] == '/') + 1,
            '"' => string(&text, at, &mut tokens),
            '\'' => character(&text, at),
            ':' if next == Some(':') => (tokens.push("::".into()), at + 2).1,
            c if is_word(c) => {
                let end = end_of(&text, at, |i| !is_word(text[i]));
                tokens.push(text[at..end].iter().collect());
                end
            }
            c if c.is_whitespace() => at + 1,
            c => (tokens.push(c.to_string()), at + 1).1,
        };
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn end_of(text: &[char], from: usize, ends: impl Fn(usize) -> bool) -> usize {
    (from..text.len()).find(|i| ends(*i)).unwrap_or(text.len())
}

fn string(text: &[char], at: usize, tokens: &mut Vec<Token>) -> usize {
    tokens.push("\"".into());
    let mut at = at + 1;
    while at < text.len() && text[at] != '"' {
        at += if text[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// A character, or the mark of a lifetime.
fn character(text: &[char], at: usize) -> usize {
    match text.get(at + 1) {
        Some('\\') => end_of(text, at + 3, |i| text[i] == '\'') + 1,
        Some(_) if text.get(at + 2) == Some(&'\'') => at + 3,
        _ => at + 1,
    }
}

/// The modules at the root of the crate that a source names: by `crate::`, also inside a group, and by as many `super::` as lead there.
/// `depth` says how many do.
pub fn modules(tokens: &[Token], depth: usize) -> Vec<String> {
    let mut modules = Vec::new();
    for at in 0..tokens.len() {
        if tokens[at] == "crate" && is(tokens, at + 1, "::") {
            first_names(tokens, at + 2, &mut modules);
        }
        let begins = tokens[at] == "super" && !(at > 0 && tokens[at - 1] == "::");
        let climbs = (0..depth).all(|step| is(tokens, at + 2 * step, "super") && is(tokens, at + 2 * step + 1, "::"));
        if begins && depth > 0 && climbs {
            first_names(tokens, at + 2 * depth, &mut modules);
        }
    }
    modules
}

fn is(tokens: &[Token], at: usize, what: &str) -> bool {
    tokens.get(at).is_some_and(|token| token == what)
}

/// The name at this place; of a group, the first of each path in it.
fn first_names(tokens: &[Token], at: usize, names: &mut Vec<String>) {
    if !is(tokens, at, "{") {
        return names.extend(tokens.get(at).cloned());
    }
    let (mut depth, mut fresh) = (0, false);
    for token in &tokens[at..] {
        match token.as_str() {
            "{" => (depth, fresh) = (depth + 1, depth == 0),
            "}" => depth -= 1,
            "," => fresh = depth == 1,
            name => {
                if fresh {
                    names.push(name.to_string());
                }
                fresh = false;
            }
        }
        if depth == 0 {
            return;
        }
    }
}
