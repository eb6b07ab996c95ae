//! Keeps what we sent in confidence out of what we say about the answer: gateways write the request they did not
//! understand into their error pages, and error pages end in logs and on screens.

use reqwest::{Request, header::AUTHORIZATION};
use secrecy::{ExposeSecret as _, SecretString};
use url::form_urlencoded;

/// So many characters of a secret betray it, also where an answer was cut in its middle.
const TELLING: usize = 8;

const SECRET_FIELDS: [&str; 2] = ["client_secret", "client_assertion"];

/// The secrets of one request.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets(Vec<SecretString>);

impl Secrets {
    /// The bearer token of a request, and the secret fields of its form as they are and as they are sent.
    pub fn of(request: &Request) -> Self {
        let mut secrets = Vec::new();
        let authorization = request.headers().get(AUTHORIZATION);
        if let Some((_, token)) = authorization
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
        {
            secrets.push(token.into());
        }
        let form = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
        for (name, value) in form_urlencoded::parse(form) {
            if SECRET_FIELDS.contains(&&*name) {
                let sent: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
                secrets.extend([value.into_owned().into(), sent.into()]);
            }
        }
        Self(secrets)
    }

    /// The text with three stars in place of each secret, or of as much of it as is there.
    pub fn hide(&self, text: &str) -> String {
        self.0
            .iter()
            .fold(text.to_owned(), |text, secret| hide(&text, secret.expose_secret()))
    }
}

fn hide(text: &str, secret: &str) -> String {
    let end = secret.char_indices().nth(TELLING).map_or(secret.len(), |(at, _)| at);
    let head = &secret[..end];
    if head.is_empty() {
        return text.to_owned();
    }
    let (mut hidden, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(head) {
        hidden.push_str(&rest[..at]);
        hidden.push_str("***");
        let same = rest[at..].chars().zip(secret.chars()).take_while(|(a, b)| a == b);
        rest = &rest[at + same.map(|(a, _)| a.len_utf8()).sum::<usize>()..];
    }
    hidden + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_whole_cut_and_more_than_once() {
        let secret = "s3cret~value+é/long";
        assert_eq!(
            hide("a s3cret~value+é/long b s3cret~value+é/long", secret),
            "a *** b ***"
        );
        assert_eq!(hide("cut: s3cret~va", secret), "cut: ***");
        assert_eq!(hide("s3cret stays", secret), "s3cret stays");
        assert_eq!(hide("abc", "abc"), "***");
        assert_eq!(hide("abc", ""), "abc");
    }

    #[test]
    fn the_secrets_of_a_request_are_its_token_and_its_forms() {
        let mut form = Request::new(reqwest::Method::POST, "http://localhost/".parse().unwrap());
        form.headers_mut()
            .insert(AUTHORIZATION, "Bearer t0ken-value".parse().unwrap());
        *form.body_mut() = Some("client_secret=hush%2Bhush%2Bhush&client_id=public-client-id".into());
        let secrets = Secrets::of(&form);
        assert_eq!(
            secrets.hide("t0ken-value hush+hush+hush hush%2Bhush%2Bhush public-client-id"),
            "*** *** *** public-client-id"
        );
        assert!(!format!("{secrets:?}").contains("t0ken"));
    }
}
