//! The pages that people see: plain HTML, no script but the one that sends `form_post` on.

use url::Url;

use super::super::{Ask, Reply};
use super::failure::Failure;

const HTML: &str = "text/html; charset=utf-8";

/// Text as it may stand in HTML, in an attribute too.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// A page; `body` is HTML. It names its own icon, as browsers ask for one otherwise, without a token.
pub fn page(status: u16, title: &str, body: &str) -> Reply {
    let title = escape(title);
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><link rel=\"icon\" href=\"data:,\"><title>{title}</title></head><body><main><h1>{title}</h1>{body}\
         <p>This is a simulated Microsoft cloud: no password is asked for, and nothing here reaches Microsoft.</p>\
         </main></body></html>"
    );
    Reply {
        status,
        content_type: HTML,
        body: html.into_bytes(),
        headers: vec![("x-frame-options", "DENY".to_owned())],
        cut: false,
        streamed: None,
    }
}

/// An error that must not be sent on, because where it would go is not trusted.
pub fn trouble(ask: &Ask, failure: &Failure) -> Reply {
    let text = escape(&failure.description(ask)).replace("\r\n", "<br>");
    page(
        failure.status,
        "Sorry, but we're having trouble signing you in.",
        &format!("<p role=\"alert\">{text}</p>"),
    )
}

/// Sends the browser on to an address with more query parameters.
pub fn redirect(uri: &str, parameters: &[(&str, &str)]) -> Result<Reply, url::ParseError> {
    let mut url = Url::parse(uri)?;
    if !parameters.is_empty() {
        url.query_pairs_mut().extend_pairs(parameters);
    }
    let mut reply = page(302, "Object moved", "");
    reply.headers.push(("location", url.into()));
    Ok(reply)
}

/// Has the browser post the parameters to an address (`response_mode=form_post`).
pub fn post(uri: &str, parameters: &[(&str, &str)]) -> Reply {
    let fields: String = parameters.iter().map(|(name, value)| hidden(name, value)).collect();
    let body = format!(
        "<form method=\"post\" action=\"{}\">{fields}<button>Continue</button></form><script>document.forms[0].submit()\
         </script>",
        escape(uri)
    );
    page(200, "Working...", &body)
}

/// A field that the browser sends along.
pub fn hidden(name: &str, value: &str) -> String {
    format!(
        "<input type=\"hidden\" name=\"{}\" value=\"{}\">",
        escape(name),
        escape(value)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_in_cannot_become_markup() {
        assert_eq!(escape("<a href='x'>\"&"), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;");
    }

    #[test]
    fn a_redirect_keeps_the_query_that_the_address_has() {
        let reply = redirect("http://localhost:1/cb?a=1", &[("state", "x y&z")]).unwrap();
        let location = reply.headers.iter().find(|(name, _)| *name == "location").unwrap();
        assert_eq!(
            (reply.status, location.1.as_str()),
            (302, "http://localhost:1/cb?a=1&state=x+y%26z")
        );
    }
}
