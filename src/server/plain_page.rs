//! Pages of a few lines, for what is answered in place of a screen: readable without script, and without our style sheet
//! where that may be what can't be reached.

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use html_escape::{encode_double_quoted_attribute, encode_text};

/// What such a page says.
#[derive(Clone, Copy, Debug)]
pub struct PlainPage<'a> {
    /// The status of the answer.
    pub status: StatusCode,
    /// What is the matter.
    pub title: &'a str,
    /// What to know and to do, a paragraph a line.
    pub text: &'a str,
    /// The way on: where it leads, and its words.
    pub link: Option<(&'a str, &'a str)>,
    /// The name of the style sheet.
    pub style: Option<&'a str>,
    /// Loads itself again every five seconds; never the answer to a form, which would be asked for by GET.
    pub again: bool,
}

/// Whether a browser asks that will show what is answered.
pub fn is_shown(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

impl IntoResponse for PlainPage<'_> {
    fn into_response(self) -> Response {
        let kind = (header::CONTENT_TYPE, "text/html; charset=utf-8");
        let policy = (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; frame-ancestors 'none'",
        );
        (self.status, [kind, policy], self.html()).into_response()
    }
}

impl PlainPage<'_> {
    fn html(&self) -> String {
        let again = if self.again {
            "<meta http-equiv=\"refresh\" content=\"5\">"
        } else {
            ""
        };
        let style = self.style.map_or_else(String::new, |css| {
            format!(
                "<link rel=\"stylesheet\" href=\"/pkg/{}\">",
                encode_double_quoted_attribute(css)
            )
        });
        let link = self.link.map_or_else(String::new, |(href, words)| {
            format!(
                "<p><a class=\"link\" href=\"{}\">{}</a></p>",
                encode_double_quoted_attribute(href),
                encode_text(words)
            )
        });
        let paragraphs = self.text.lines().map(|line| format!("<p>{}</p>", encode_text(line)));
        let text: String = paragraphs.collect();
        format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title} · Entrain</title>{again}\
             <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
             {style}<main class=\"mx-auto grid max-w-prose gap-4 p-6 wrap-anywhere\">\
             <h1 class=\"text-xl font-semibold tracking-tight\">{title}</h1>{text}{link}</main></html>",
            title = encode_text(self.title),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_it_says_is_text() {
        let page = PlainPage {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            title: "<b>",
            text: "a & b\n<c>",
            link: Some(("/x?\"", "<Back>")),
            style: None,
            again: false,
        };
        let html = page.html();
        assert!(
            html.contains("<h1 class=\"text-xl font-semibold tracking-tight\">&lt;b&gt;</h1>"),
            "{html}"
        );
        assert!(html.contains("<p>a &amp; b</p><p>&lt;c&gt;</p>"), "{html}");
        assert!(html.contains("href=\"/x?&quot;\">&lt;Back&gt;</a>"), "{html}");
        assert!(!html.contains("http-equiv"), "{html}");
    }
}
