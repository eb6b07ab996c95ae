use super::*;

#[test]
fn a_guests_name_comes_with_its_hash_sign_escaped() {
    let guest = Resource::parse("/v1.0/users/ann_mail.example%23EXT%23@contoso.example");
    assert_eq!(
        guest,
        Ok(Resource::User("ann_mail.example#EXT#@contoso.example".to_owned()))
    );
}

#[test]
fn a_cast_narrows_the_members_to_one_kind() {
    let members = Resource::parse("/v1.0/groups/1/transitiveMembers/microsoft.graph.user").unwrap();
    assert_eq!(members.kinds(), &[Kind::User]);
    assert_eq!(members.set(), "users");
    assert!(members.transitive_cast());
    assert_eq!(
        Resource::parse("/v1.0/groups/1/members").unwrap().set(),
        "directoryObjects"
    );
}

#[test]
fn what_is_not_served_is_said_by_its_segment() {
    let refusal = Resource::parse("/v1.0/users/1/Manager").unwrap_err();
    assert_eq!((refusal.status, refusal.message.contains("'Manager'")), (400, true));
    assert_eq!(
        Resource::parse("/v2.0/users").unwrap_err().message,
        "Invalid version: v2.0"
    );
    assert!(Resource::parse("/v1.0/organization/$count").is_err());
}

#[test]
fn the_same_resource_has_several_spellings() {
    for delta in [
        "delta",
        "delta()",
        "microsoft.graph.delta",
        "microsoft.graph.delta()",
        "Delta",
    ] {
        let path = format!("/v1.0/users/{delta}");
        assert_eq!(Resource::parse(&path), Ok(Resource::Delta(Kind::User)), "{delta}");
    }
    assert_eq!(
        Resource::parse("/beta/users('o''neill@contoso.example')"),
        Ok(Resource::User("o'neill@contoso.example".to_owned()))
    );
    assert_eq!(
        Resource::parse("/v1.0/Users/%24count"),
        Ok(Resource::Count(Box::new(Resource::Users)))
    );
}
