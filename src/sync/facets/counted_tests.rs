use super::{
    super::super::{address::address_of, facets::facets, matching::seniority},
    *,
};
use crate::model::{
    directory::{DirectoryGroup, DirectoryUser, UserType},
    facet_counts::CountedGroup,
    ids::{DirectoryUserId, GroupId, SkuId},
};
use chrono::DateTime;
use proptest::prelude::*;
use uuid::Uuid;

const WORDS: [&str; 7] = ["", "Sales", "sales", " SALES ", "Zürich", "Zu\u{308}rich", "Legal"];
const MAILS: [&str; 7] = [
    "",
    "a@x.example",
    "b@X.example",
    "nobody",
    "c@ΟΔΟΣ.example",
    "d@e@y.example",
    "e@",
];

prop_compose! {
    fn user(n: u128)(
        mail in prop::sample::select(&MAILS[..]), upn in prop::sample::select(&MAILS[..]),
        department in prop::sample::select(&WORDS[..]), office in prop::sample::select(&WORDS[..]),
        created in prop::option::of(0i64..3), deleted in prop::bool::weighted(0.2), guest in any::<bool>(),
        licensed in any::<bool>(), groups in prop::sample::subsequence(vec![1u128, 2, 3], 0..3),
    ) -> DirectoryUser {
        DirectoryUser {
            id: DirectoryUserId(Uuid::from_u128(n)),
            mail: mail.into(), upn: upn.into(), department: department.into(), office_location: office.into(),
            user_type: if guest { UserType::Guest } else { UserType::Member },
            created_at: created.and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
            deleted_at: deleted.then_some(DateTime::UNIX_EPOCH),
            licenses: if licensed { vec![SkuId::default()] } else { vec![] },
            groups: groups.into_iter().map(|id| GroupId(Uuid::from_u128(id))).collect(),
            ..DirectoryUser::default()
        }
    }
}

/// What the database does.
fn count(users: &[DirectoryUser], groups: &[DirectoryGroup]) -> Counted {
    let living: Vec<_> = users.iter().filter(|user| user.is_living()).collect();
    let number = |is: &dyn Fn(&DirectoryUser) -> bool| living.iter().filter(|user| is(user)).count() as u32;
    let domain = |user: &DirectoryUser| {
        let address = address_of(user).map(|address| address.spelling).unwrap_or_default();
        address
            .rsplit_once('@')
            .map(|(_, raw)| raw.to_owned())
            .unwrap_or_default()
    };
    let mut values: HashMap<(Section, String), RawValue> = HashMap::new();
    for user in &living {
        for (section, raw) in [
            (Section::Domain, domain(user)),
            (Section::Department, user.department.clone()),
            (Section::OfficeLocation, user.office_location.clone()),
        ] {
            let value = values.entry((section, raw.clone())).or_insert(RawValue {
                section,
                raw,
                users: 0,
                oldest: Some(seniority(user)),
            });
            value.users += 1;
            value.oldest = value.oldest.min(Some(seniority(user)));
        }
    }
    Counted {
        users: number(&|_| true),
        guests: number(&|user| user.user_type == UserType::Guest),
        licensed: number(&|user| !user.licenses.is_empty()),
        in_no_group: number(&|user| user.groups.is_empty()),
        values: values.into_values().collect(),
        groups: groups
            .iter()
            .map(|group| CountedGroup {
                id: group.id,
                name: group.name.clone(),
                gone: group.gone,
                users: number(&|user| user.groups.contains(&group.id)),
            })
            .collect(),
    }
}

proptest! {
    #[test]
    fn facets_of_counts_are_the_facets_of_the_directory(
        users in (0u128..8).prop_flat_map(|n| (0..n).map(user).collect::<Vec<_>>()), gone in any::<bool>(),
    ) {
        let groups = [1u128, 2, 3].map(|id| DirectoryGroup {
            id: GroupId(Uuid::from_u128(id)),
            name: format!("Group {}", id % 2),
            gone: gone && id == 2,
        });
        let mut counted = count(&users, &groups);
        let asked = ambiguous(&counted);
        // Who was not asked for is not told.
        for value in &mut counted.values {
            if !asked.contains(&(value.section, value.raw.clone())) {
                value.oldest = None;
            }
        }
        prop_assert_eq!(of_counts(&counted), facets(&users, &groups));
    }
}
