//! What a browser would make of a page: its elements, their attributes, and what scripts hold. As much of HTML's
//! tokenizer (html.spec.whatwg.org/multipage/parsing.html, section 13.2.5) as tells whether a text broke out.

/// An element as it begins.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// In lower case.
    pub name: String,
    /// Names in lower case, values as written.
    pub attributes: Vec<(String, String)>,
    /// What is in it, of those that hold no elements.
    pub raw: String,
}

/// What holds text alone.
const RAW: [&str; 7] = ["script", "style", "title", "textarea", "xmp", "iframe", "noembed"];

/// The elements of a page in their order, ends left out.
pub fn tags(html: &str) -> Vec<Tag> {
    let mut tags = vec![];
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = after_comment(comment);
        } else if rest.starts_with(['!', '?']) {
            rest = rest.split_once('>').map_or("", |(_, rest)| rest);
        } else if let Some(end) = rest.strip_prefix('/') {
            if end.starts_with(|c: char| c.is_ascii_alphabetic()) {
                (_, rest) = tag(end);
            }
        } else if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let (mut found, after) = tag(rest);
            rest = after;
            if RAW.contains(&found.name.as_str()) {
                let end = end_of(rest, &found.name);
                found.raw = rest[..end].to_owned();
                rest = &rest[end..];
            }
            tags.push(found);
        }
    }
    tags
}

/// `<!-->` and `<!--->` are whole comments, and `--!>` ends one too.
fn after_comment(comment: &str) -> &str {
    for whole in [">", "->"] {
        if let Some(rest) = comment.strip_prefix(whole) {
            return rest;
        }
    }
    let ends = ["-->", "--!>"].map(|end| comment.find(end).map(|at| at + end.len()));
    ends.into_iter().flatten().min().map_or("", |end| &comment[end..])
}

/// Where `</name` begins.
fn end_of(rest: &str, name: &str) -> usize {
    let lower = rest.to_ascii_lowercase();
    lower.find(&format!("</{name}")).unwrap_or(rest.len())
}

/// An element from its name to its `>`, and what comes after.
fn tag(text: &str) -> (Tag, &str) {
    let end = text.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'));
    let (name, mut rest) = text.split_at(end.unwrap_or(text.len()));
    let mut tag = Tag {
        name: name.to_ascii_lowercase(),
        ..Tag::default()
    };
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if let Some(rest) = rest.strip_prefix('>') {
            return (tag, rest);
        }
        if rest.is_empty() {
            return (tag, rest);
        }
        // A name may begin with an equals sign.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let end = rest[first..].find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>' | '='));
        let (name, after) = rest.split_at(end.map_or(rest.len(), |end| end + first));
        let (value, after) = value(after);
        tag.attributes.push((name.to_ascii_lowercase(), value.to_owned()));
        rest = after;
    }
}

fn value(text: &str) -> (&str, &str) {
    let trimmed = text.trim_start_matches(|c: char| c.is_ascii_whitespace());
    let Some(value) = trimmed.strip_prefix('=') else {
        return ("", text);
    };
    let value = value.trim_start_matches(|c: char| c.is_ascii_whitespace());
    for quote in ['"', '\''] {
        if let Some(quoted) = value.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    let end = value.find(|c: char| c.is_ascii_whitespace() || c == '>');
    value.split_at(end.unwrap_or(value.len()))
}

#[test]
fn a_page_is_read_as_a_browser_would_read_it() {
    let read = |html: &str| {
        let tags = tags(html).into_iter();
        let texts = tags.map(|tag| {
            let attributes: String = tag
                .attributes
                .iter()
                .map(|(name, value)| format!(" {name}={value}"))
                .collect();
            format!("{}{attributes}|{}", tag.name, tag.raw)
        });
        texts.collect::<Vec<_>>()
    };
    assert_eq!(
        read("<!doctype html><P class=a id='b c' hidden>1 < 2 </p><br/>"),
        ["p class=a id=b c hidden=|", "br|"]
    );
    assert_eq!(
        read("<a title=\"<b>\">&lt;i></a><!-- <b> --><!--><i>"),
        ["a title=<b>|", "i|"]
    );
    assert_eq!(read("<script nonce=x>a<b</script><x>"), ["script nonce=x|a<b", "x|"]);
    assert_eq!(read("<title></title><x></title>"), ["title|", "x|"]);
    assert_eq!(read("<a title=\"\" onx=\"1\">"), ["a title= onx=1|"]);
    assert_eq!(read("<é><1><a é=1>"), ["a é=1|"]);
}
