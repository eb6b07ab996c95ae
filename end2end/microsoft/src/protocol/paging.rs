//! Tokens in links: opaque to the client, and good only for the tenant and the path that they were made for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::protocol::refusal::Refusal;
use crate::random::id_of;

/// The bytes of a seal.
const SEAL: usize = 16;

/// The page token that continues after an object; `None` starts again, which is what an empty page needs.
pub fn token(tenant: Uuid, path: &str, after: Option<Uuid>) -> String {
    sealed(tenant, path, after.unwrap_or_default().as_bytes())
}

/// After which object a page begins.
pub fn read(tenant: Uuid, path: &str, token: &str) -> Result<Option<Uuid>, Refusal> {
    let wrong = || Refusal::bad_request("The value of the $skiptoken is not valid for this request.");
    let payload = opened(tenant, path, token).ok_or_else(wrong)?;
    let after = Uuid::from_slice(&payload).map_err(|_| wrong())?;
    Ok(Some(after).filter(|after| !after.is_nil()))
}

/// A token that carries a payload.
pub fn sealed(tenant: Uuid, path: &str, payload: &[u8]) -> String {
    let seal = seal(tenant, path, payload);
    // Real tokens are long; a client that keeps links in a short column should find out here.
    let padding = self::seal(tenant, "padding", payload).as_bytes().repeat(6);
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    URL_SAFE_NO_PAD.encode([seal.as_bytes().as_slice(), &length, payload, &padding].concat())
}

/// What a token carries, if it was made for this tenant and path.
pub fn opened(tenant: Uuid, path: &str, token: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (found, rest) = bytes.split_at_checked(SEAL)?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let payload = rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    (found == seal(tenant, path, payload).as_bytes()).then(|| payload.to_vec())
}

fn seal(tenant: Uuid, path: &str, bytes: &[u8]) -> Uuid {
    id_of(&format!("{tenant}\n{}\n{bytes:?}", path.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_tenant_and_path_only() {
        let (tenant, after) = (id_of("tenant"), id_of("user"));
        let made = token(tenant, "/v1.0/users", Some(after));
        assert_eq!(read(tenant, "/v1.0/users", &made), Ok(Some(after)));
        assert_eq!(
            read(tenant, "/v1.0/users", &token(tenant, "/v1.0/users", None)),
            Ok(None)
        );
        assert!(read(id_of("other"), "/v1.0/users", &made).is_err());
        assert!(read(tenant, "/v1.0/groups", &made).is_err());
        assert!(read(tenant, "/v1.0/users", "guessed").is_err());
    }
}
