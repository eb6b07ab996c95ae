use proptest::prelude::*;
use serde_json::json;

use super::*;

const SKU: &str = "c42b9cae-ea4f-4ab7-9717-81576235ccac";

fn ana() -> Entity {
    Entity::new(Kind::User)
        .with("id", "0a000000-0000-4000-8000-000000000001")
        .with("displayName", "Ana O'Neill Łukasz")
        .with("mail", "Ana@Contoso.example")
        .with("accountEnabled", true)
        .with("createdDateTime", "2025-03-01T12:00:00Z")
        .with("assignedLicenses", json!([{"skuId": SKU, "disabledPlans": []}]))
        .with(
            "proxyAddresses",
            json!(["SMTP:ana@contoso.example", "smtp:a@fabrikam.example"]),
        )
        .with(
            "identities",
            json!([{"issuer": "contoso", "issuerAssignedId": "ana", "signInType": "userName"}]),
        )
}

fn takes(filter: &str) -> bool {
    Filter::read(filter, &[Kind::User])
        .unwrap_or_else(|refusal| panic!("{filter}: {}", refusal.message))
        .takes(&ana())
}

fn refused(filter: &str) -> Refusal {
    Filter::read(filter, &[Kind::User]).unwrap_err()
}

#[test]
fn what_holds_of_a_user_is_taken() {
    let filters = [
        "displayName eq 'ana o''neill łukasz'",
        "DisplayName EQ 'ANA O''NEILL ŁUKASZ'",
        "startsWith(displayName,'ana')",
        "startswith(displayName, 'ana') eq true",
        "endsWith(mail,'@contoso.EXAMPLE')",
        "accountEnabled eq true and not(userType eq 'Guest')",
        "accountEnabled ne false",
        "department eq null",
        "department ne 'Sales'",
        "mail ne null",
        "mail in ('x@contoso.example', 'ana@contoso.example')",
        "createdDateTime ge 2025-03-01",
        "createdDateTime lt 2025-03-01T13:00:00+01:00 or createdDateTime gt 2025-03-01T11:59:59Z",
        "assignedLicenses/any(u:u/skuId eq c42b9cae-ea4f-4ab7-9717-81576235ccac)",
        "assignedLicenses/any()",
        "assignedLicenses/$count ne 0",
        "otherMails/$count eq 0",
        "proxyAddresses/any(p:startsWith(p,'smtp:a@fab'))",
        "proxyAddresses/any (p:endsWith(p, 'FABRIKAM.example'))",
        "NOT proxyAddresses/any(p:startsWith(p,'sip:'))",
        "identities/any(c:c/issuerAssignedId eq 'ana' and c/issuer eq 'contoso')",
        "(accountEnabled eq false or startsWith(mail,'ana')) and id eq '0a000000-0000-4000-8000-000000000001'",
    ];
    for filter in filters {
        assert!(takes(filter), "{filter}");
    }
}

#[test]
fn what_does_not_hold_of_a_user_is_left_out() {
    let filters = [
        "startsWith(displayName,'neill')",
        "department eq 'Sales'",
        "department ge 'A'",
        "mail eq null",
        "createdDateTime gt 2025-03-01T12:00:00Z",
        "assignedLicenses/any(u:u/skuId eq 00000000-0000-4000-8000-000000000000)",
        "otherMails/any()",
        "identities/any(c:c/issuerAssignedId eq 'ana' and c/issuer eq 'fabrikam')",
        "accountEnabled eq true and accountEnabled eq false or department eq 'Sales'",
    ];
    for filter in filters {
        assert!(!takes(filter), "{filter}");
    }
}

#[test]
fn and_binds_closer_than_or() {
    assert!(takes(
        "accountEnabled eq true or accountEnabled eq false and department eq 'Sales'"
    ));
}

#[test]
fn what_cannot_be_read_is_an_invalid_clause() {
    let filters = [
        "",
        "displayName",
        "displayName eq",
        "displayName eq 'open",
        "displayName eq 'a' and",
        "displayName eq 'a' 'b'",
        "(displayName eq 'a'",
        "'a' eq displayName",
        "colour eq 'red'",
        "accountEnabled eq 'true'",
        "displayName eq 5",
        "not displayName eq 'a'",
        "nearby(displayName,'a')",
        "proxyAddresses eq 'a'",
        "displayName/any(d:d eq 'a')",
        "assignedLicenses/any(u:u/colour eq 'a')",
        "assignedLicenses/any(u:displayName eq 'a')",
        "assignedLicenses/any(u:u/skuId eq 'c42b9cae-ea4f-4ab7-9717-81576235ccac')",
        "mail in ()",
    ];
    for filter in filters {
        let refusal = refused(filter);
        assert_eq!((refusal.status, refusal.code.as_str()), (400, "BadRequest"), "{filter}");
        assert!(
            refusal.message.starts_with("Invalid filter clause"),
            "{filter}: {}",
            refusal.message
        );
    }
}

#[test]
fn what_the_directory_is_not_indexed_for_is_unsupported() {
    let filters = [
        "contains(displayName,'a')",
        "endsWith(displayName,'a')",
        "startsWith(userType,'M')",
        "userType ge 'M'",
        "skills eq 'a'",
        "assignedLicenses/any(u:u/skuId ne c42b9cae-ea4f-4ab7-9717-81576235ccac)",
        "assignedLicenses/$count gt 1",
        "proxyAddresses/all(p:startsWith(p,'smtp'))",
        "proxyAddresses eq null",
        "lastPasswordChangeDateTime ge 2025-01-01",
        "signInActivity/lastSignInDateTime le 2025-01-01 and accountEnabled eq true",
    ];
    for filter in filters {
        assert_eq!(refused(filter).code, "Request_UnsupportedQuery", "{filter}");
    }
    assert_eq!(
        Filter::read("createdDateTime ge 2021-11-01", &[Kind::Group])
            .unwrap_err()
            .message,
        "Unsupported or invalid query filter clause specified for property 'createdDateTime' of resource 'Group'."
    );
}

#[test]
fn the_missing_parameters_are_named_by_the_operator() {
    let filter = Filter::read("endsWith(userPrincipalName,'#EXT#@contoso.example')", &[Kind::User]).unwrap();
    assert!(
        filter
            .advanced
            .unwrap()
            .message
            .starts_with("Operator 'endsWith' is not supported because")
    );
    assert_eq!(
        Filter::read("accountEnabled eq true", &[Kind::User]).unwrap().advanced,
        None
    );
}

#[test]
fn parentheses_without_end_do_not_exhaust_the_stack() {
    for filter in ["(".repeat(100_000), "not ".repeat(100_000)] {
        assert_eq!(refused(&filter).status, 400);
    }
}

#[test]
fn the_ids_of_a_scoping_filter_are_told_and_of_no_other() {
    let ids = |text: &str| Filter::read(text, &[Kind::User]).unwrap().ids();
    let (one, two) = (
        "0a000000-0000-4000-8000-000000000001",
        "0a000000-0000-4000-8000-000000000002",
    );
    assert_eq!(ids(&format!("id eq '{one}'")).unwrap().len(), 1);
    assert_eq!(ids(&format!("id eq '{one}' or id eq '{two}'")).unwrap().len(), 2);
    assert_eq!(ids(&format!("id eq '{one}' and id eq '{two}'")), None);
    assert_eq!(ids("displayName eq 'a'"), None);
}

proptest! {
    #[test]
    fn any_text_is_found_again_through_its_quotes(name in "\\PC{1,30}") {
        let user = Entity::new(Kind::User).with("displayName", name.as_str());
        let filter = format!("displayName eq '{}'", name.replace('\'', "''"));
        prop_assert!(Filter::read(&filter, &[Kind::User]).unwrap().takes(&user));
        let other = format!("displayName eq '{}x'", name.replace('\'', "''"));
        prop_assert!(!Filter::read(&other, &[Kind::User]).unwrap().takes(&user));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[ a-zA-Z0-9'(),:/$.é-]{0,60}") {
        if let Err(refusal) = Filter::read(&text, &[Kind::User, Kind::Group]) {
            prop_assert!((400..500).contains(&refusal.status));
        }
    }

    #[test]
    fn not_takes_exactly_what_its_inside_leaves_out(department in "[A-C]{0,2}", wanted in "[A-C]{0,2}") {
        let user = Entity::new(Kind::User).with("department", department.as_str());
        let takes = |text: &str| Filter::read(text, &[Kind::User]).unwrap().takes(&user);
        for operator in ["eq", "ge", "le"] {
            let plain = format!("department {operator} '{wanted}'");
            prop_assert_eq!(takes(&plain), !takes(&format!("not({plain})")));
        }
    }
}
