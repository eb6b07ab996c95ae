//! Who may sign in with an account of elsewhere: Microsoft tenants, one OpenID provider; and which proxies tell the
//! truth about a client's address.

use super::{SettingsError, Source, address::url};
use ipnet::IpNet;
use secrecy::SecretString;
use std::net::IpAddr;
use url::Url;
use uuid::Uuid;

const TENANTS: &str = "ENTRAIN_MICROSOFT_SIGN_IN_TENANTS";
const ROLE_TENANTS: &str = "ENTRAIN_MICROSOFT_ROLE_TENANTS";
const ISSUER: &str = "ENTRAIN_OIDC_ISSUER";
const CLIENT_ID: &str = "ENTRAIN_OIDC_CLIENT_ID";
const CLIENT_SECRET: &str = "ENTRAIN_OIDC_CLIENT_SECRET";
const NAME: &str = "ENTRAIN_OIDC_NAME";
const PROXIES: &str = "ENTRAIN_TRUSTED_PROXIES";

/// The tenant of personal Microsoft accounts, which is no organization
/// (learn.microsoft.com/entra/identity-platform/access-tokens).
pub const CONSUMERS: Uuid = Uuid::from_u128(0x9188_040d_6c67_4c5b_b112_36a3_04b6_6dad);

/// Who may sign in, besides local accounts.
#[derive(Clone, Debug, Default)]
pub struct SignInSettings {
    /// `ENTRAIN_MICROSOFT_SIGN_IN_TENANTS`: whose people may sign in; none switches sign-in with Microsoft off.
    pub tenants: Vec<Uuid>,
    /// `ENTRAIN_MICROSOFT_ROLE_TENANTS`: those of them whose app roles make accounts.
    pub role_tenants: Vec<Uuid>,
    /// `ENTRAIN_OIDC_...`: another provider.
    pub provider: Option<OidcSettings>,
    /// `ENTRAIN_TRUSTED_PROXIES`: whose `X-Forwarded-For` is believed.
    pub proxies: Vec<IpNet>,
}

/// An OpenID provider besides Microsoft.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// `ENTRAIN_OIDC_ISSUER`, letter for letter as the provider writes it.
    pub issuer: String,
    /// `ENTRAIN_OIDC_CLIENT_ID`.
    pub client_id: String,
    /// `ENTRAIN_OIDC_CLIENT_SECRET`.
    pub client_secret: SecretString,
    /// `ENTRAIN_OIDC_NAME`: what the button calls it.
    pub name: String,
}

/// These settings, all together.
pub(super) fn sign_in(source: &Source<'_>, has_microsoft: bool) -> Result<SignInSettings, SettingsError> {
    let tenants = tenants(source, TENANTS)?;
    if !tenants.is_empty() && !has_microsoft {
        return Err(SettingsError::new(
            TENANTS,
            "needs the app registration: set ENTRAIN_MICROSOFT_CLIENT_ID and its secret or certificate",
        ));
    }
    let role_tenants = self::tenants(source, ROLE_TENANTS)?;
    if let Some(other) = role_tenants.iter().find(|one| !tenants.contains(one)) {
        return Err(SettingsError::new(
            ROLE_TENANTS,
            format!("{other} is not among those of {TENANTS}; add it there, or take it away here"),
        ));
    }
    Ok(SignInSettings {
        tenants,
        role_tenants,
        provider: provider(source)?,
        proxies: proxies(source)?,
    })
}

fn list<T>(
    source: &Source<'_>,
    name: &str,
    read: impl Fn(&str) -> Result<T, SettingsError>,
) -> Result<Vec<T>, SettingsError> {
    let value = source.get(name)?.unwrap_or_default();
    let parts = value.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(read).collect()
}

fn tenants(source: &Source<'_>, name: &str) -> Result<Vec<Uuid>, SettingsError> {
    list(source, name, |part| match part.parse() {
        Ok(CONSUMERS) => Err(SettingsError::new(
            name,
            format!("{part} is the tenant of personal accounts, which anybody can have; take it away"),
        )),
        Ok(tenant) => Ok(tenant),
        // A domain can move to another tenant; an id stays.
        Err(_) => Err(SettingsError::new(
            name,
            format!("\"{part}\" is no tenant ID; write the GUID of each tenant, with commas between them"),
        )),
    })
}

fn provider(source: &Source<'_>) -> Result<Option<OidcSettings>, SettingsError> {
    let values = [source.get(ISSUER)?, source.get(CLIENT_ID)?, source.get(CLIENT_SECRET)?];
    let name = source.get(NAME)?;
    let [issuer, client_id, client_secret] = match values {
        [None, None, None] => return Ok(None),
        values => values,
    };
    let need = |name: &str, value: Option<String>| {
        let problem = format!("is missing; {ISSUER}, {CLIENT_ID} and {CLIENT_SECRET} belong together");
        value.ok_or_else(|| SettingsError::new(name, problem))
    };
    let issuer = need(ISSUER, issuer)?.trim().to_owned();
    let address: Url = url(source, ISSUER, &issuer)?;
    if address.query().is_some() || address.fragment().is_some() {
        // openid.net/specs/openid-connect-discovery-1_0, section 3.
        return Err(SettingsError::new(
            ISSUER,
            format!("\"{issuer}\" has a query or a fragment, which no issuer has; write it as the provider does"),
        ));
    }
    Ok(Some(OidcSettings {
        client_id: need(CLIENT_ID, client_id)?.trim().to_owned(),
        client_secret: need(CLIENT_SECRET, client_secret)?.into(),
        name: name.unwrap_or_else(|| address.host_str().unwrap_or("OpenID").to_owned()),
        issuer,
    }))
}

fn proxies(source: &Source<'_>) -> Result<Vec<IpNet>, SettingsError> {
    list(source, PROXIES, |part| {
        let one = part.parse::<IpAddr>().map(IpNet::from);
        part.parse().or(one).map_err(|_| {
            let problem = format!(
                "\"{part}\" is no address; write addresses such as 10.0.0.5, or networks that nobody else is in"
            );
            SettingsError::new(PROXIES, problem)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{super::Settings, *};

    const APP: [(&str, &str); 2] = [
        ("ENTRAIN_MICROSOFT_CLIENT_ID", "app"),
        ("ENTRAIN_MICROSOFT_CLIENT_SECRET", "hush"),
    ];
    const ONE: &str = "11111111-1111-4111-8111-111111111111";
    const TWO: &str = "22222222-2222-4222-8222-222222222222";

    fn read(env: &[(&str, &str)]) -> Result<SignInSettings, SettingsError> {
        let value = |name: &str| {
            let mut all = APP.iter().chain(env);
            all.find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Settings::read(&value, None).map(|settings| settings.sign_in)
    }

    #[test]
    fn nobody_of_elsewhere_signs_in_and_no_proxy_is_believed_unless_it_is_set() {
        let settings = read(&[]).unwrap();
        assert!(settings.tenants.is_empty() && settings.role_tenants.is_empty());
        assert!(settings.provider.is_none() && settings.proxies.is_empty());
    }

    #[test]
    fn lists_are_read_with_commas_and_the_issuer_stays_as_it_is_written() {
        let both = format!("{ONE}, {TWO},");
        let settings = read(&[
            (TENANTS, &both),
            (ROLE_TENANTS, TWO),
            (PROXIES, "10.0.0.0/8, ::1"),
            (ISSUER, "https://id.example/realms/msp"),
            (CLIENT_ID, "entrain"),
            (CLIENT_SECRET, "hush"),
        ]);
        let settings = settings.unwrap();
        assert_eq!(settings.tenants, [ONE, TWO].map(|id| id.parse::<Uuid>().unwrap()));
        assert_eq!(settings.role_tenants, [TWO.parse::<Uuid>().unwrap()]);
        assert!(settings.proxies[0].contains(&"10.1.2.3".parse::<IpAddr>().unwrap()));
        assert!(settings.proxies[1].contains(&"::1".parse::<IpAddr>().unwrap()));
        assert!(!format!("{settings:?}").contains("hush"));
        let provider = settings.provider.unwrap();
        assert_eq!(provider.issuer, "https://id.example/realms/msp", "no slash is added");
        assert_eq!(provider.name, "id.example");
    }

    #[test]
    fn a_wrong_setting_of_sign_in_stops_the_start_with_one_line_that_names_it() {
        let consumers = CONSUMERS.to_string();
        let oidc = [(CLIENT_ID, "entrain"), (CLIENT_SECRET, "hush")];
        let issuer = |value| [(ISSUER, value), oidc[0], oidc[1]];
        for (env, name, words) in [
            (&[(TENANTS, "contoso.com")][..], TENANTS, "is no tenant ID"),
            (&[(TENANTS, "common")], TENANTS, "is no tenant ID"),
            (&[(TENANTS, &consumers)], TENANTS, "personal accounts"),
            (&[(TENANTS, ONE), (ROLE_TENANTS, TWO)], ROLE_TENANTS, "is not among"),
            (&oidc, ISSUER, "is missing"),
            (&[(ISSUER, "https://id.example")], CLIENT_ID, "is missing"),
            (&issuer("http://id.example"), ISSUER, "in the clear"),
            (&issuer("https://id.example/?a=b"), ISSUER, "query"),
            (&[(PROXIES, "proxy.local")], PROXIES, "is no address"),
        ] {
            let error = read(env).unwrap_err();
            let line = error.to_string();
            assert_eq!(error.name, name, "{line}");
            assert!(line.contains(words) && !line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn tenants_without_an_app_registration_are_refused() {
        let only = |name: &str| (name == TENANTS).then(|| ONE.to_owned());
        assert_eq!(Settings::read(&only, None).unwrap_err().name, TENANTS);
    }
}
