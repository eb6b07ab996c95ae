use super::*;

const EVENTUAL: Manner = Manner {
    eventual: true,
    largest_with_activity: 500,
};
const PLAIN: Manner = Manner {
    eventual: false,
    largest_with_activity: 500,
};

fn users(raw: &str) -> Result<Query, Refusal> {
    Query::parse(raw, &Resource::Users, PLAIN)
}

fn eventually(raw: &str) -> Result<Query, Refusal> {
    Query::parse(raw, &Resource::Users, EVENTUAL)
}

#[test]
fn an_option_is_the_same_with_a_dollar_sign_with_its_escape_and_without() {
    let plain = users("$select=id,mail&$top=7").unwrap();
    for other in [
        "%24select=id%2Cmail&%24top=7",
        "select=id,mail&top=7",
        "$SELECT=id,mail&$Top=7",
    ] {
        let other = users(other).unwrap();
        assert_eq!(plain.selected, other.selected);
        assert_eq!((plain.page, other.page), (7, 7));
    }
    assert_eq!(users("$top=1&top=2").unwrap_err().status, 400);
}

#[test]
fn a_page_is_a_hundred_unless_asked_and_never_more_than_the_maximum() {
    assert_eq!(users("").unwrap().page, 100);
    assert_eq!(users("$top=999").unwrap().page, 999);
    assert_eq!(users("$top=1000").unwrap_err().code, "Request_BadRequest");
    assert_eq!(users("$top=0").unwrap_err().status, 400);
    assert_eq!(users("$top=501&$select=signInActivity").unwrap_err().status, 400);
    assert_eq!(users("$top=500&$select=signInActivity").unwrap().page, 500);
    let filtered = "$top=501&$filter=signInActivity/lastSignInDateTime le 2026-01-01";
    assert_eq!(users(filtered).unwrap_err().status, 400);
}

#[test]
fn the_limit_of_2023_has_the_message_of_2023() {
    let old = Manner {
        largest_with_activity: 120,
        ..PLAIN
    };
    let refusal = Query::parse("$top=500&$select=signInActivity", &Resource::Users, old).unwrap_err();
    assert_eq!(refusal.message, "Cannot query data for more than 120 users at a time");
    assert_eq!(
        Query::parse("$top=500", &Resource::Users, old).unwrap().page,
        500,
        "only with sign-in activity"
    );
}

#[test]
fn what_is_not_done_is_refused_and_not_ignored() {
    for raw in [
        "$skip=3",
        "$search=\"displayName:x\"",
        "$expand=manager",
        "$deltatoken=latest",
        "$apply=x",
    ] {
        assert_eq!(users(raw).unwrap_err().code, "Request_UnsupportedQuery", "{raw}");
    }
    assert_eq!(users("$select=id,colour").unwrap_err().code, "Request_BadRequest");
    assert_eq!(users("$select=skills").unwrap_err().status, 501);
    assert_eq!(users("$top=1&$top=2").unwrap_err().status, 400);
    for raw in [
        "$top=5",
        "$filter=capabilityStatus eq 'Enabled'",
        "$orderby=skuPartNumber",
        "$count=true",
    ] {
        let refusal = Query::parse(raw, &Resource::Skus, EVENTUAL).unwrap_err();
        assert_eq!(refusal.code, "Request_UnsupportedQuery", "{raw}");
    }
}

#[test]
fn advanced_queries_need_both_the_header_and_the_count() {
    let advanced = [
        "$filter=department ne 'Sales'",
        "$filter=endsWith(mail,'.example')",
        "$filter=not(accountEnabled eq true)",
        "$filter=assignedLicenses/$count eq 0",
        "$filter=companyName eq 'Contoso'",
        "$filter=department eq null",
        "$filter=accountEnabled eq true&$orderby=displayName",
        "$orderby=createdDateTime",
    ];
    for raw in advanced {
        assert_eq!(users(raw).unwrap_err().code, "Request_UnsupportedQuery", "{raw}");
        assert!(eventually(raw).is_err(), "the header alone: {raw}");
        let counted = format!("{raw}&$count=true");
        assert!(users(&counted).is_err(), "the count alone: {raw}");
        assert!(eventually(&counted).is_ok(), "{raw}: {:?}", eventually(&counted));
    }
    assert!(
        eventually("$search=\"displayName:ana\"").is_ok(),
        "a search needs the header only"
    );
    assert!(users("$search=\"displayName:ana\"&$count=true").is_err());
    assert!(users("$orderby=displayName").is_ok());
}

#[test]
fn a_count_without_the_header_is_passed_over_in_silence() {
    assert!(!users("$count=true").unwrap().count);
    assert!(eventually("$count=true").unwrap().count);
    let segment = Resource::Count(Box::new(Resource::Users));
    assert_eq!(
        Query::parse("", &segment, PLAIN).unwrap_err().message,
        "$count is not currently supported."
    );
    assert!(Query::parse("$filter=department ne 'Sales'", &segment, EVENTUAL).is_ok());
}

#[test]
fn a_link_keeps_every_option_but_the_old_page_token() {
    let query = users("$select=id,displayName&$top=2&$skiptoken=old&note=a%26b").unwrap();
    assert_eq!(
        query.with_token("new"),
        "$select=id,displayName&$top=2&note=a%26b&$skiptoken=new"
    );
}

#[test]
fn a_filter_holds_fifteen_alternatives_or_an_advanced_query_of_2048_characters() {
    let listed = |count: usize| vec!["'x'"; count].join(",");
    let joined = |count: usize| vec!["department eq 'x'"; count].join(" or ");
    assert!(users(&format!("$filter=department in ({})", listed(15))).is_ok());
    assert!(users(&format!("$filter={}", joined(15))).is_ok());
    for long in [
        format!("$filter=department in ({})", listed(16)),
        format!("$filter={}", joined(16)),
        format!(
            "$filter=accountEnabled eq true and (({}) or ({}))",
            joined(8),
            joined(8)
        ),
    ] {
        let refusal = users(&long).unwrap_err();
        assert_eq!(refusal.code, "Request_UnsupportedQuery", "{long}");
        assert!(refusal.message.contains("16. Max allowed: 15"), "{}", refusal.message);
        assert!(eventually(&format!("{long}&$count=true")).is_ok());
    }
    let long = format!("$count=true&$filter={}", joined(150));
    assert!(eventually(&long).unwrap_err().message.contains("2048"));
    // The service's own link carries a token besides.
    assert!(eventually(&format!("{long}&$skiptoken=x")).is_ok());
}

#[test]
fn the_format_is_json_by_either_of_its_names_and_no_other() {
    for json in ["json", "application/json;odata.metadata=minimal"] {
        assert!(users(&format!("$format={json}")).is_ok(), "{json}");
    }
    assert_eq!(users("$format=xml").unwrap_err().status, 400);
}
