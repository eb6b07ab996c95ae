//! Page tokens: opaque to the client, and good only for the tenant and the path that they were made for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::protocol::refusal::Refusal;
use crate::random::id_of;

/// The token that continues after an object; `None` starts again, which is what an empty page needs.
pub fn token(tenant: Uuid, path: &str, after: Option<Uuid>) -> String {
    let mut bytes = Vec::with_capacity(48);
    bytes.extend(after.unwrap_or_default().as_bytes());
    bytes.extend(seal(tenant, path, &bytes).as_bytes());
    // Real tokens are long; a client that keeps links in a short column should find out here.
    bytes.extend(seal(tenant, "padding", &bytes).as_bytes().repeat(6));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// After which object a page begins.
pub fn read(tenant: Uuid, path: &str, token: &str) -> Result<Option<Uuid>, Refusal> {
    let wrong = || Refusal::bad_request("The value of the $skiptoken is not valid for this request.");
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| wrong())?;
    let (after, rest) = bytes.split_at_checked(16).ok_or_else(wrong)?;
    if rest.get(..16) != Some(seal(tenant, path, after).as_bytes().as_slice()) {
        return Err(wrong());
    }
    let after = Uuid::from_slice(after).map_err(|_| wrong())?;
    Ok(Some(after).filter(|after| !after.is_nil()))
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
