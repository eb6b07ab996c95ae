//! Where the program listens.

use super::{SettingsError, Source};
use std::net::SocketAddr;

const WEB: &str = "ENTRAIN_LISTEN";
const METRICS: &str = "ENTRAIN_METRICS_LISTEN";

/// `ENTRAIN_LISTEN`: pages.
pub(super) fn web(source: &Source<'_>) -> Result<SocketAddr, SettingsError> {
    let own = SocketAddr::from(([127, 0, 0, 1], 3000));
    Ok(address(source, WEB, "127.0.0.1:3000")?.unwrap_or(own))
}

/// `ENTRAIN_METRICS_LISTEN`: `/metrics`, which asks nobody to sign in and so never shares the address of the pages.
pub(super) fn metrics(source: &Source<'_>, web: SocketAddr) -> Result<Option<SocketAddr>, SettingsError> {
    let metrics = address(source, METRICS, "127.0.0.1:9464")?;
    if metrics == Some(web) && web.port() != 0 {
        return Err(SettingsError::new(
            METRICS,
            format!("{web} is where {WEB} listens; choose another port"),
        ));
    }
    Ok(metrics)
}

fn address(source: &Source<'_>, name: &str, example: &str) -> Result<Option<SocketAddr>, SettingsError> {
    let Some(value) = source.get(name)? else {
        return Ok(None);
    };
    value
        .trim()
        .parse()
        .map(Some)
        .map_err(|_| SettingsError::new(name, format!("\"{value}\" is no address; write {example}")))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Settings, SettingsError},
        *,
    };

    fn read(env: &[(&str, &str)], file: Option<&str>) -> Result<Settings, SettingsError> {
        let value = |name: &str| {
            env.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Settings::read(&value, file)
    }

    #[test]
    fn nothing_is_measured_unless_an_address_is_set_in_the_environment_or_the_file() {
        assert_eq!(read(&[], None).unwrap().metrics_listen, None);
        let address = Some("127.0.0.1:9464".parse().unwrap());
        let set = read(&[(METRICS, "127.0.0.1:9464")], None).unwrap();
        assert_eq!(set.metrics_listen, address);
        let in_file = read(&[], Some("metrics_listen = \"127.0.0.1:9464\"")).unwrap();
        assert_eq!(in_file.metrics_listen, address);
    }

    #[test]
    fn a_wrong_address_for_metrics_stops_the_start_with_one_line_that_names_it() {
        for (value, words) in [
            ("9464", "is no address"),
            ("localhost", "is no address"),
            ("127.0.0.1:3000", "choose another port"),
        ] {
            let error = read(&[(METRICS, value)], None).unwrap_err();
            let line = error.to_string();
            assert_eq!(error.name, METRICS);
            assert!(line.contains(words) && !line.contains('\n'), "{line}");
        }
    }
}
