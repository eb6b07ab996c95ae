//! From where a request comes: the client's address and what its browser calls itself.

use axum::http::{HeaderMap, header};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// What is known of whoever sent a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// The address, as our own socket or a proxy that is believed saw it.
    pub address: Option<IpAddr>,
    /// What the browser calls itself; anything.
    pub agent: String,
}

impl Client {
    /// The client behind a connection. `X-Forwarded-For` counts only where a trusted proxy has written it: each proxy
    /// appends whom it saw, so that it is read from its end, and the first one who is no proxy of ours is the client.
    pub fn of(peer: Option<SocketAddr>, headers: &HeaderMap, proxies: &[IpNet]) -> Self {
        let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let is_proxy = |ip: &IpAddr| proxies.iter().any(|net| net.contains(ip));
        let forwarded = headers.get_all("x-forwarded-for").iter();
        let forwarded = forwarded.rev().filter_map(|value| value.to_str().ok());
        let mut chain = forwarded.flat_map(|value| value.rsplit(',')).map(address);
        let mut client = peer.map(|peer| peer.ip().to_canonical());
        while let Some(proxy) = client.filter(is_proxy) {
            // Where the chain ends or makes no sense, the last one known is as far as it can be believed.
            client = chain.next().flatten().or(Some(proxy));
            if client == Some(proxy) {
                break;
            }
        }
        Self {
            address: client,
            agent: agent.unwrap_or_default().to_owned(),
        }
    }

    /// As what the address counts where there is a limit: one customer of an IPv6 network has a whole /64 (RFC 6177).
    pub fn limited_as(&self) -> Option<String> {
        self.address.map(|address| match address {
            IpAddr::V4(_) => address.to_string(),
            IpAddr::V6(address) => {
                let network = u128::from(address) >> 64 << 64;
                format!("{}/64", std::net::Ipv6Addr::from(network))
            }
        })
    }

    /// The address as it is kept and shown.
    pub fn address_text(&self) -> Option<String> {
        self.address.map(|address| address.to_string())
    }
}

/// `192.0.2.1`, `192.0.2.1:4711`, `[2001:db8::1]:4711`.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let with_port = text.parse::<SocketAddr>().map(|address| address.ip());
    let bare = text.trim_start_matches('[').trim_end_matches(']').parse();
    with_port.or(bare).ok().map(|ip| ip.to_canonical())
}

/// A browser and its system, in the words that people use; nothing for a program that is none of the usual ones.
pub fn browser(agent: &str) -> Option<String> {
    // Whoever pretends to be another one names that one as well, so the more particular come first.
    const BROWSERS: [(&str, &str); 7] = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("Windows", "Windows"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let named = |list: &[(&str, &'static str)]| {
        let found = list.iter().find(|(mark, _)| agent.contains(mark));
        found.map(|(_, name)| *name)
    };
    let browser = named(&BROWSERS)?;
    Some(match named(&SYSTEMS) {
        Some(system) => format!("{browser} on {system}"),
        None => browser.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&'static str], proxies: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let proxies: Vec<IpNet> = proxies.iter().map(|net| net.parse().unwrap()).collect();
        let client = Client::of(Some(peer.parse().unwrap()), &headers, &proxies);
        client.address_text().unwrap()
    }

    #[test]
    fn a_forged_forwarded_address_is_not_believed() {
        assert_eq!(seen("203.0.113.9:1", &["10.0.0.1"], &[]), "203.0.113.9");
        assert_eq!(seen("203.0.113.9:1", &["10.0.0.1"], &["127.0.0.0/8"]), "203.0.113.9");
        // The client wrote the first one itself; our proxy has appended whom it saw.
        assert_eq!(
            seen("127.0.0.1:1", &["1.1.1.1, 203.0.113.9"], &["127.0.0.0/8"]),
            "203.0.113.9"
        );
        assert_eq!(
            seen("127.0.0.1:1", &["1.1.1.1", "203.0.113.9"], &["127.0.0.0/8"]),
            "203.0.113.9"
        );
    }

    #[test]
    fn proxies_behind_proxies_are_passed_and_what_makes_no_sense_ends_the_chain() {
        let two = ["127.0.0.1/32", "10.0.0.0/8"];
        assert_eq!(seen("127.0.0.1:1", &["203.0.113.9, 10.2.3.4"], &two), "203.0.113.9");
        assert_eq!(
            seen("127.0.0.1:1", &["203.0.113.9, unknown, 10.2.3.4"], &two),
            "10.2.3.4"
        );
        assert_eq!(seen("127.0.0.1:1", &[], &two), "127.0.0.1");
        assert_eq!(seen("127.0.0.1:1", &["[2001:db8::1]:4711"], &two), "2001:db8::1");
        assert_eq!(seen("[::ffff:127.0.0.1]:1", &["203.0.113.9:80"], &two), "203.0.113.9");
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        let limited_as = |address: &str| {
            let address = Some(address.parse().unwrap());
            let client = Client {
                address,
                ..Client::default()
            };
            client.limited_as().unwrap()
        };
        assert_eq!(limited_as("2001:db8:1:2::1"), "2001:db8:1:2::/64");
        assert_eq!(limited_as("2001:db8:1:2:ffff::9"), "2001:db8:1:2::/64");
        assert_ne!(limited_as("2001:db8:1:3::1"), limited_as("2001:db8:1:2::1"));
        assert_eq!(limited_as("192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn a_browser_is_called_as_people_call_it() {
        let windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) ";
        for (agent, words) in [
            (
                format!("{windows}Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0"),
                "Edge on Windows",
            ),
            (format!("{windows}Chrome/130.0.0.0 Safari/537.36"), "Chrome on Windows"),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0".into(),
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1".into(),
                "Safari on iPhone",
            ),
        ] {
            assert_eq!(browser(&agent).as_deref(), Some(words));
        }
        assert_eq!(browser("curl/8.0"), None);
        assert_eq!(browser(""), None);
    }
}
