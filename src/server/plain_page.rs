//! Pages of a few lines, for what is answered in place of a screen: readable without script, and without our style sheet
//! where that may be what can't be reached.

use crate::{
    model::preferences::Appearance,
    ui::button::{ButtonSize, ButtonVariant, button_class},
};
use axum::{
    Extension,
    body::Body,
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
        let policy = (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; frame-ancestors 'none'",
        );
        (self.status, [policy], self.document()).into_response()
    }
}

/// A document behind its first lines. In those the appearance is named, of which only its request tells: see [`dressed`].
#[derive(Clone, Debug)]
pub struct Document(pub String);

impl Document {
    fn html(&self, appearance: Appearance) -> String {
        let (theme, scheme) = match appearance.key() {
            "" => (String::new(), "light dark"),
            key => (format!(" data-theme=\"{key}\""), key),
        };
        format!(
            "<!doctype html><html lang=\"en\"{theme}><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"{scheme}\">{}</html>",
            self.0
        )
    }
}

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        let kind = (header::CONTENT_TYPE, "text/html; charset=utf-8");
        let html = self.html(Appearance::System);
        (Extension(self), [kind], html).into_response()
    }
}

/// Draws the answer anew in the appearance that its reader chose, where it is such a document.
pub fn dressed(mut response: Response, appearance: Appearance) -> Response {
    let Some(document) = response.extensions_mut().remove::<Document>() else {
        return response;
    };
    let (mut parts, _) = response.into_parts();
    // Of the one that is replaced, which may have been compressed.
    parts.headers.remove(header::CONTENT_ENCODING);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(document.html(appearance)))
}

/// The one thing to do on such a page. Address and words are text, `more` are further attributes.
pub fn way_on(href: &str, words: &str, more: &str) -> String {
    format!(
        "<p><a class=\"{}\"{more} href=\"{}\">{}</a></p>",
        button_class(ButtonVariant::Primary, ButtonSize::Medium),
        encode_double_quoted_attribute(href),
        encode_text(words)
    )
}

impl PlainPage<'_> {
    fn document(&self) -> Document {
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
        let link = self
            .link
            .map_or_else(String::new, |(href, words)| way_on(href, words, ""));
        let paragraphs = self.text.lines().map(|line| format!("<p>{}</p>", encode_text(line)));
        let text: String = paragraphs.collect();
        Document(format!(
            "<title>{title} · Entrain</title>{again}{style}\
             <main class=\"mx-auto grid max-w-prose gap-4 p-6 wrap-anywhere\">\
             <h1 class=\"text-xl font-semibold tracking-tight\">{title}</h1>{text}{link}</main>",
            title = encode_text(self.title),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: PlainPage<'_> = PlainPage {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        title: "<b>",
        text: "a & b\n<c>",
        link: Some(("/x?\"", "<Back>")),
        style: None,
        again: false,
    };

    #[test]
    fn whatever_it_says_is_text() {
        let html = PAGE.document().html(Appearance::System);
        assert!(
            html.contains("<h1 class=\"text-xl font-semibold tracking-tight\">&lt;b&gt;</h1>"),
            "{html}"
        );
        assert!(html.contains("<p>a &amp; b</p><p>&lt;c&gt;</p>"), "{html}");
        assert!(html.contains("href=\"/x?&quot;\">&lt;Back&gt;</a>"), "{html}");
        assert!(!html.contains("http-equiv"), "{html}");
    }

    #[tokio::test]
    async fn it_is_drawn_in_the_appearance_of_its_reader() {
        for (appearance, element, scheme) in [
            (Appearance::System, "<html lang=\"en\">", "content=\"light dark\""),
            (
                Appearance::Dark,
                "<html lang=\"en\" data-theme=\"dark\">",
                "content=\"dark\"",
            ),
        ] {
            let answer = dressed(PAGE.into_response(), appearance);
            assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
            let html = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
            let html = String::from_utf8(html.to_vec()).unwrap();
            assert!(html.contains(element) && html.contains(scheme), "{html}");
        }
        let other = dressed("as it was".into_response(), Appearance::Dark);
        let text = axum::body::to_bytes(other.into_body(), usize::MAX).await.unwrap();
        assert_eq!(text, "as it was");
    }
}
