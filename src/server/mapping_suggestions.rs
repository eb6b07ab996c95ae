//! Which Tenant a Microsoft tenant probably belongs to: by equal domain, then by similar name.

use super::state::AppState;
use crate::{
    api::ApiError,
    model::{ids::MicrosoftTenantId, tenant::MappingSuggestion},
    store::{self, Now},
};
use std::collections::HashMap;

/// The unmapped Tenants, the likeliest first, each with what speaks for it.
pub async fn mapping_suggestions(
    state: &AppState,
    id: MicrosoftTenantId,
    now: &Now,
) -> Result<Vec<MappingSuggestion>, ApiError> {
    let pool = &state.engine.pool;
    let Some(microsoft) = store::microsoft_tenant::rows(pool, Some(id), now).await?.pop() else {
        return Err(ApiError::NotFound(
            "This Microsoft tenant was removed. Reload the page.".into(),
        ));
    };
    let mut domains: HashMap<_, Vec<String>> = HashMap::new();
    for (tenant, domain) in store::tenant::domains_of_unmapped(pool).await? {
        domains.entry(tenant).or_default().push(domain);
    }
    let mut ranked: Vec<_> = store::tenant::unmapped(pool)
        .await?
        .into_iter()
        .map(|tenant| {
            let same_domain = domains
                .get(&tenant.id)
                .is_some_and(|domains| domains.contains(&microsoft.default_domain));
            let (rank, why) = if same_domain {
                (0, format!("has people with addresses at {}", microsoft.default_domain))
            } else if similar(&tenant.name, &microsoft.display_name) {
                (1, "has a similar name".to_owned())
            } else {
                (2, String::new())
            };
            (rank, MappingSuggestion { tenant, why })
        })
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    Ok(ranked.into_iter().map(|(_, suggestion)| suggestion).collect())
}

/// Two names share their first telling word: legal forms and articles tell nothing.
fn similar(a: &str, b: &str) -> bool {
    let words = |name: &str| -> Vec<String> {
        name.split(|c: char| !c.is_alphanumeric())
            .map(str::to_lowercase)
            .filter(|word| word.chars().count() > 2)
            .filter(|word| {
                !matches!(
                    word.as_str(),
                    "the" | "ltd" | "inc" | "llc" | "gmbh" | "corp" | "company" | "group"
                )
            })
            .collect()
    };
    let (a, b) = (words(a), words(b));
    !a.is_empty() && a.first() == b.first()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_similar_by_their_first_telling_word() {
        assert!(similar("Northwind Dental", "northwind dental GmbH"));
        assert!(similar("The Fabrikam Company", "Fabrikam, Inc."));
        assert!(!similar("Contoso", "Fabrikam"));
        assert!(!similar("", ""));
    }
}
