//! What a request costs in resource units (graph.md §8): a base cost by the resource, less with `$select`, more with
//! `$expand`, less with a `$top` below 20, each by one unless the settings say otherwise, and never less than one.

use crate::protocol::query::{Query, option, pairs};
use crate::protocol::resource::Resource;
use crate::throttle::Costs;

/// Below this `$top` a request is cheaper.
const SMALL_PAGE: usize = 20;

/// The resource units of a request.
pub fn units(costs: &Costs, resource: &Resource, query: &Query) -> u32 {
    let small = query.top.is_some_and(|top| top < SMALL_PAGE);
    // `$expand` is refused before it could cost anything.
    cost(costs, base(costs, resource), query.selected.is_some(), false, small)
}

/// The resource units of a delta query. A link holds what was selected where nobody sees it: it is no cheaper for it.
pub fn units_of_delta(costs: &Costs, query: &str) -> u32 {
    let selected = pairs(query).any(|(name, _)| option(&name) == Some("$select"));
    cost(costs, costs.delta, selected, false, false)
}

/// The cost of a request whose resource costs `base`.
pub fn cost(costs: &Costs, base: u32, selected: bool, expanded: bool, small: bool) -> u32 {
    let if_so = |is_so: bool, units: u32| if is_so { units } else { 0 };
    let less = if_so(selected, costs.select).saturating_add(if_so(small, costs.small_page));
    let more = base.saturating_add(if_so(expanded, costs.expand));
    more.saturating_sub(less).max(1)
}

fn base(costs: &Costs, resource: &Resource) -> u32 {
    match resource {
        Resource::Users => costs.users,
        Resource::MemberOf { transitive: false, .. } => costs.member_of,
        Resource::MemberOf { transitive: true, .. } => costs.transitive_member_of,
        Resource::Licenses(_) => costs.license_details,
        Resource::Members { transitive: false, .. } => costs.members,
        Resource::Members { transitive: true, .. } => costs.transitive_members,
        Resource::Skus | Resource::Sku(_) => costs.subscribed_skus,
        Resource::Contracts | Resource::Contract(_) => costs.contracts,
        Resource::Delta(_) => costs.delta,
        Resource::Count(list) => base(costs, list),
        _ => costs.other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::query::Manner;

    fn costs(path: &str, query: &str) -> u32 {
        costs_by(&Costs::default(), path, query)
    }

    fn costs_by(costs: &Costs, path: &str, query: &str) -> u32 {
        let resource = Resource::parse(path).unwrap();
        let manner = Manner {
            eventual: true,
            largest_with_activity: 500,
        };
        units(costs, &resource, &Query::parse(query, &resource, manner).unwrap())
    }

    #[test]
    fn a_page_of_changes_costs_a_unit_or_what_the_settings_say() {
        let dear = Costs {
            delta: 4,
            ..Costs::default()
        };
        for (query, usual, more) in [("", 1, 4), ("$deltatoken=x", 1, 4), ("%24select=id", 1, 3)] {
            assert_eq!(
                (units_of_delta(&Costs::default(), query), units_of_delta(&dear, query)),
                (usual, more)
            );
        }
    }

    #[test]
    fn requests_cost_what_microsofts_table_says() {
        assert_eq!(costs("/v1.0/users", ""), 2);
        assert_eq!(costs("/v1.0/users", "$select=id"), 1);
        assert_eq!(costs("/v1.0/users", "$select=id&$top=5"), 1);
        assert_eq!(costs("/v1.0/groups", ""), 1);
        assert_eq!(costs("/v1.0/groups/1/members", "$top=19"), 2);
        assert_eq!(costs("/v1.0/groups/1/members", "$top=20"), 3);
        assert_eq!(costs("/v1.0/groups/1/transitiveMembers", "$select=id&$top=1"), 3);
        assert_eq!(costs("/v1.0/subscribedSkus", ""), 3);
        assert_eq!(costs("/v1.0/organization", "$select=id"), 1);
        assert_eq!(costs("/v1.0/contracts", ""), 3);
        assert_eq!(costs("/v1.0/tenantRelationships/delegatedAdminCustomers", ""), 1);
    }

    #[test]
    fn contracts_and_what_options_take_off_are_settings() {
        let other = Costs {
            contracts: 9,
            users: 9,
            select: 3,
            small_page: 2,
            ..Costs::default()
        };
        assert_eq!(costs_by(&other, "/v1.0/contracts", ""), 9);
        assert_eq!(costs_by(&other, "/v1.0/users", "$select=id"), 6);
        assert_eq!(costs_by(&other, "/v1.0/users", "$select=id&$top=5"), 4);
    }

    proptest! {
        #[test]
        fn nothing_is_free_and_an_option_moves_a_cost_by_one(base in 1u32..10, expanded: bool, small: bool) {
            let costs = Costs::default();
            for selected in [false, true] {
                prop_assert!(cost(&costs, base, selected, expanded, small) >= 1);
            }
            let difference = cost(&costs, base, false, expanded, small) - cost(&costs, base, true, expanded, small);
            prop_assert!(difference <= 1);
            prop_assert_eq!(cost(&costs, base, false, true, false), base + 1);
        }
    }
}
